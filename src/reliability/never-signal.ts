import { setMaxListeners } from 'node:events'

/** After so many uses another takes its place, and what others have left on it can go. */
const USES = 1_000

let signal: AbortSignal | undefined
let usesLeft = 0

/**
 * A signal that nobody aborts, for work that asks for one where nothing could. It is shared because making one takes 5 us on
 * Node 20, and replaced now and then because work that does not remove its listeners would fill its list for ever.
 */
export function neverSignal(): AbortSignal {
  if (signal === undefined || usesLeft === 0) {
    signal = new AbortController().signal
    setMaxListeners(0, signal)
    usesLeft = USES
  }
  usesLeft -= 1
  return signal
}
