import { announced } from './coherence.ts'
import type { SqlValue } from './driver.ts'
import type { StoredKey } from './stored-key.ts'
import type { NewFile } from './value-files.ts'

/** Everything a row of `entries` says but its place in the queue. */
export interface NewEntry {
  readonly key: StoredKey
  readonly codec: number | string
  readonly flags: number
  readonly size: number
  /** Inline bytes, or the file that holds them. */
  readonly value: Uint8Array | NewFile
  readonly stamp: number
  /** Milliseconds since the epoch, `null` = never. */
  readonly expires: number | null
  readonly tags: readonly string[]
  readonly description: string | null
  readonly meta: Uint8Array | null
  /** What ties all of this together, where the store signs. */
  readonly signature: Uint8Array | null
}

const replacement = `codec = excluded.codec, flags = excluded.flags, size = excluded.size, written = excluded.written,
  used = excluded.written, uses = uses + 1, expires = excluded.expires, file = excluded.file, file_size = excluded.file_size,
  checksum = excluded.checksum,
  tags = excluded.tags, description = excluded.description, meta = excluded.meta,
  signature = excluded.signature, value = excluded.value`

const isPlain =
  'file IS NULL AND tags IS NULL AND expires IS NULL AND description IS NULL AND meta IS NULL AND signature IS NULL'

/** The statements that store an entry. */
export interface PutStatements {
  /** Stores an entry in place of what its key had, whose id, and so its place in the order of insertion, it takes over. */
  readonly put: string
  /** Stores an entry if its key has none, or one that expired at the time of the last parameter. */
  readonly add: string
  /**
   * Stores an entry that has nothing but an inline value, if its key has no entry or one like it; otherwise it changes no row.
   * Leaving the other columns out keeps the triggers of those columns out too: a third less time for the most common write.
   */
  readonly putPlain: string
}

/** @param uses SQL for the number that uses begin at, 0. */
function putStatements(uses: string): PutStatements {
  const put = `INSERT INTO entries
  (id, key, long_key, codec, flags, size, written, uses, expires, file, file_size, checksum, tags,
    description, meta, signature, value)
  VALUES ((SELECT next_id FROM counters), ?, ?, ?, ?, ?, ?, ${uses}, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET ${replacement}`
  return {
    put,
    add: `${put} WHERE expires <= ?`,
    putPlain: `INSERT INTO entries (id, key, long_key, codec, flags, size, written, uses, value)
  VALUES ((SELECT next_id FROM counters), ?, ?, ?, ?, ?, ?, ${uses}, ?)
  ON CONFLICT (key) DO UPDATE SET codec = excluded.codec, flags = excluded.flags, size = excluded.size,
    written = excluded.written, used = excluded.written, uses = uses + 1, value = excluded.value
  WHERE ${isPlain}`,
  }
}

/** For a transaction of their own: each announces itself to other processes, which gives 0. */
export const putAlone: PutStatements = putStatements(announced)

/** For use inside a transaction, where `Transactions.touch` has announced them. */
export const putInside: PutStatements = putStatements('0')

/** The parameters of `putPlain`; `undefined` for an entry that has more than a value. */
export function plainParameters(entry: NewEntry): SqlValue[] | undefined {
  const { key, value } = entry
  if (!(value instanceof Uint8Array) || entry.expires !== null || entry.tags.length > 0)
    return undefined
  if (entry.description !== null || entry.meta !== null || entry.signature !== null)
    return undefined
  return [key.bytes, key.long, entry.codec, entry.flags, entry.size, entry.stamp, value]
}

/** The parameters of `put` and, but for the last, of `add`. */
export function entryParameters(entry: NewEntry): SqlValue[] {
  const { key, value } = entry
  const [file, fileSize, checksum, inline] =
    value instanceof Uint8Array
      ? [null, null, null, value]
      : [value.name, value.total, value.checksum, null]
  return [
    key.bytes,
    key.long,
    entry.codec,
    entry.flags,
    entry.size,
    entry.stamp,
    entry.expires,
    file,
    fileSize,
    checksum,
    tagsColumn(entry.tags),
    entry.description,
    entry.meta,
    entry.signature,
    inline,
  ]
}

/** Tags as rows hold them. */
export function tagsColumn(tags: readonly string[]): string | null {
  return tags.length === 0 ? null : JSON.stringify(tags)
}

/** The tags that a row names. */
export function parseTags(text: unknown): readonly string[] {
  if (typeof text !== 'string') return []
  try {
    return JSON.parse(text) as string[]
  } catch {
    return [] // changed by somebody; check() finds it
  }
}
