/** What a record tells of; see `record.mjs`. */
export declare const code: Readonly<
  Record<
    | 'read'
    | 'has'
    | 'set'
    | 'add'
    | 'remove'
    | 'pop'
    | 'count'
    | 'update'
    | 'touch'
    | 'evict'
    | 'clear'
    | 'failed',
    number
  >
>
/** Fields of a record in their order. */
export declare const fields: readonly string[]
/** Tags by their bit. */
export declare const tagNames: readonly string[]
/** So many values one client may write; the number of the client is the rest of a value's number. */
export declare const valuesPerClient: number
