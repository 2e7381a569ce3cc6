/**
 * How often a test of a claim about time is tried again before it fails. A neighbour on the machine can only make calls
 * longer, so one run that keeps the claim shows that the store can; a store at fault breaks it every time.
 */
export const timingRetries = 2
