import type { Connection } from './connection.ts'
import type { Row, SqlValue } from './driver.ts'
import type { StoredKey } from './stored-key.ts'
import type { Transaction } from './transactions.ts'
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
}

/** What removing or replacing a row needs to know of it. */
export interface OldEntry {
  readonly id: number
  readonly size: number
  readonly file: string | null
  readonly tags: string | null
  readonly expires: number | null
}

const oldColumns = 'id, size, file, tags, expires'
const findOld = `SELECT ${oldColumns} FROM entries WHERE key = ?`
const insert = `INSERT INTO entries
  (id, key, long_key, codec, flags, size, written, uses, expires, file, checksum, tags, description, meta, value)
  VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?)`
const replace = `UPDATE entries SET codec = ?, flags = ?, size = ?, written = ?, used = ?, uses = uses + 1, expires = ?, file = ?,
  checksum = ?, tags = ?, description = ?, meta = ?, value = ? WHERE id = ?`

/** The row of `key` as writes need it; expired or not. */
export function findEntry(connection: Connection, key: StoredKey): OldEntry | undefined {
  return toOldEntry(connection.prepare(findOld).get(key.bytes) as Row | undefined)
}

/** @param row begins with the columns `id, size, file, tags, expires`. */
export function toOldEntry(row: Row | undefined): OldEntry | undefined {
  if (row === undefined) return undefined
  const [id, size, file, tags, expires] = row as [number, number, string | null, string | null, number | null]
  return { id, size, file, tags, expires }
}

/** Puts `entry` into the place of `old`, or behind all others. The caller says which row is there. */
export function writeEntry(connection: Connection, transaction: Transaction, entry: NewEntry, old: OldEntry | undefined): void {
  const { totals } = transaction
  const tags = entry.tags.length === 0 ? null : JSON.stringify(entry.tags)
  const [file, checksum, value] = placeOf(entry.value)
  const id = old?.id ?? totals.nextId
  if (old === undefined) {
    const key: SqlValue[] = [id, entry.key.bytes, entry.key.long, entry.codec, entry.flags, entry.size, entry.stamp]
    connection.run(insert, ...key, entry.expires, file, checksum, tags, entry.description, entry.meta, value)
    totals.nextId += 1
    totals.entries += 1
  } else {
    const times: SqlValue[] = [entry.codec, entry.flags, entry.size, entry.stamp, entry.stamp, entry.expires]
    connection.run(replace, ...times, file, checksum, tags, entry.description, entry.meta, value, id)
    discardFile(connection, transaction, old, entry.stamp)
    totals.bytes -= old.size
  }
  totals.bytes += entry.size
  totals.sets += 1
  if (file !== null) totals.fileBytes += entry.size
  if (tags !== (old?.tags ?? null)) writeTags(connection, id, parseTags(old?.tags), entry.tags)
  transaction.written.add(id)
  transaction.dirty = true
}

/** Removes a row with its tags; its file goes to the trash. */
export function removeEntry(connection: Connection, transaction: Transaction, old: OldEntry, stamp: number): void {
  connection.run('DELETE FROM entries WHERE id = ?', old.id)
  if (old.tags !== null) writeTags(connection, old.id, parseTags(old.tags), [])
  discardFile(connection, transaction, old, stamp)
  transaction.totals.entries -= 1
  transaction.totals.bytes -= old.size
  transaction.dirty = true
}

/** Names the file of `old` as trash in the same transaction that unnames it: a crash leaves an orphan, never a row without file. */
function discardFile(connection: Connection, transaction: Transaction, old: OldEntry, stamp: number): void {
  if (old.file === null) return
  const since = Math.floor(stamp / 1_000)
  connection.run('INSERT OR IGNORE INTO trash (file, size, since) VALUES (?, ?, ?)', old.file, old.size, since)
  transaction.totals.fileBytes -= old.size
  transaction.totals.trashBytes += old.size
}

function writeTags(connection: Connection, id: number, before: readonly string[], after: readonly string[]): void {
  for (const tag of before) if (!after.includes(tag)) connection.run('DELETE FROM tags WHERE tag = ? AND id = ?', tag, id)
  for (const tag of after) {
    if (!before.includes(tag)) connection.run('INSERT OR IGNORE INTO tags (tag, id) VALUES (?, ?)', tag, id)
  }
}

/** The tags that a row names. */
export function parseTags(text: string | null | undefined): readonly string[] {
  return text === null || text === undefined ? [] : (JSON.parse(text) as string[])
}

function placeOf(value: Uint8Array | NewFile): [string | null, Uint8Array | null, Uint8Array | null] {
  return value instanceof Uint8Array ? [null, null, value] : [value.name, value.checksum, null]
}
