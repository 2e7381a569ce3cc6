import type { Connection } from './connection.ts'
import type { SqlValue } from './driver.ts'

/**
 * What a store knows of itself without counting: the one row of `counters`, read when a write transaction begins, changed in
 * memory, and written once before its commit, so it is always exact.
 */
export interface Totals {
  entries: number
  /** Stored bytes of all values. */
  bytes: number
  /** Of these, bytes in value files. */
  fileBytes: number
  /** Bytes of files that wait to be unlinked. */
  trashBytes: number
  /** Id of the next entry: ids are never used twice. */
  nextId: number
  /** Entries with smaller ids have left the insertion-order part of the eviction queue. */
  hand: number
  /** Loads in progress that a write could outdate. */
  loads: number
  /** The last fencing number given out. */
  fence: number
  /** Who committed last. */
  writer: number
  hits: number
  misses: number
  sets: number
  deletes: number
  evictions: number
  expirations: number
}

const names = [
  'entries',
  'bytes',
  'fileBytes',
  'trashBytes',
  'nextId',
  'hand',
  'loads',
  'fence',
  'writer',
  'hits',
  'misses',
  'sets',
  'deletes',
  'evictions',
  'expirations',
] as const satisfies readonly (keyof Totals)[]

const columns = names.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
const select = `SELECT ${columns.join(', ')} FROM counters`
const update = `UPDATE counters SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE one = 1`

/** The totals as of the last commit, or as this connection's open transaction sees them. */
export function readTotals(connection: Connection): Totals {
  const [entries, bytes, fileBytes, trashBytes, nextId, hand, loads, fence, writer, ...rest] = (connection.row(select) ??
    []) as readonly number[]
  const [hits, misses, sets, deletes, evictions, expirations] = rest
  return {
    entries: entries ?? 0,
    bytes: bytes ?? 0,
    fileBytes: fileBytes ?? 0,
    trashBytes: trashBytes ?? 0,
    nextId: nextId ?? 1,
    hand: hand ?? 0,
    loads: loads ?? 0,
    fence: fence ?? 0,
    writer: writer ?? 0,
    hits: hits ?? 0,
    misses: misses ?? 0,
    sets: sets ?? 0,
    deletes: deletes ?? 0,
    evictions: evictions ?? 0,
    expirations: expirations ?? 0,
  }
}

/** Writes `totals` into the open transaction. */
export function writeTotals(connection: Connection, totals: Totals): void {
  const values: SqlValue[] = names.map((name) => totals[name])
  connection.run(update, ...values)
}
