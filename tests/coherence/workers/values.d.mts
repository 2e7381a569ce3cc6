/** The number of a value read under `key`, 0 for none. @throws if it is not as it was written, in every part. */
export declare function numberOf(key: string, value: unknown): number
