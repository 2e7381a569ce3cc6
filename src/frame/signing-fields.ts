import type { Field } from './canonical-fields.ts'

/** All that is stored of an entry beside its value, as the database has it. */
export interface SignedFields {
  /** The stored key. */
  readonly key: Uint8Array
  /** Number of a built-in codec, or the id of another. */
  readonly codec: number | string
  readonly flags: number
  /** Bytes of the value. */
  readonly size: number
  /** When it was written: a stamp, microseconds since the epoch. */
  readonly written: number
  /** Milliseconds since the epoch; `null` = never. */
  readonly expires: number | null
  /** Name of the value file; `null` = the value is in the row. */
  readonly file: string | null
  readonly checksum: Uint8Array | null
  readonly tags: string | null
  readonly description: string | null
  readonly meta: Uint8Array | null
}

/** What every signed list begins with, so that it is never taken for another. */
export const rowLabel = 'holdfast/row/1'

/**
 * What is signed behind {@link rowLabel}: the fields in the order of {@link SignedFields}, then the SHA-256 of the value.
 * Their types are those of the row at run time, so a text where a number belongs is another thing.
 */
export function signedList(fields: SignedFields, valueDigest: Uint8Array): Field[] {
  return [
    fields.key,
    fields.codec,
    fields.flags,
    fields.size,
    fields.written,
    fields.expires,
    fields.file,
    fields.checksum,
    fields.tags,
    fields.description,
    fields.meta,
    valueDigest,
  ]
}
