import type { Connection } from './connection.ts'

/** What a store knows of itself without counting: the row of `counters`, kept by triggers with every change. */
export interface Totals {
  readonly entries: number
  /** Stored bytes of all values. */
  readonly bytes: number
  /** Of these, bytes in value files. */
  readonly fileBytes: number
  /** Bytes of files that wait to be unlinked. */
  readonly trashBytes: number
}

/** The totals as of the last commit, or as this connection's open transaction sees them. */
export function readTotals(connection: Connection): Totals {
  const row = connection.row('SELECT entries, bytes, file_bytes, trash_bytes FROM counters') ?? []
  const [entries = 0, bytes = 0, fileBytes = 0, trashBytes = 0] = row as readonly number[]
  return { entries, bytes, fileBytes, trashBytes }
}

/** How many entries are live at `now`: the counter less those that expired and were not removed yet. */
export function countLive(connection: Connection, now: number): number {
  const sql = 'SELECT entries - (SELECT count(*) FROM entries WHERE expires <= ?) FROM counters'
  return (connection.row(sql, now)?.[0] as number | undefined) ?? 0
}

/** Stored bytes of the entries that are live at `now`. */
export function liveBytes(connection: Connection, now: number): number {
  const sql = 'SELECT bytes - (SELECT total(size) FROM entries WHERE expires <= ?) FROM counters'
  return (connection.row(sql, now)?.[0] as number | undefined) ?? 0
}
