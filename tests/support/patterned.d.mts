/** A value of `size` bytes (at least 40) that names the write it comes from in every few bytes. */
export declare function patterned(key: string, sequence: number, size: number): Buffer

/** The sequence number of a complete value of `key`; `undefined` for anything else. */
export declare function sequenceOf(key: string, value: unknown): number | undefined
