import { isHoldfastError } from '../contracts/errors.ts'
import type { Connection } from './connection.ts'
import type { Row } from './driver.ts'
import type { Transactions } from './transactions.ts'
import { isFileName, type ValueFiles } from './value-files.ts'

const batch = 64
const fewAtOnce = 4

/** Files unlinked at one go at most: each takes some tens of microseconds, and more for large ones. */
const mostAtOnce = 512

/**
 * Unlinks the files of deleted values. They wait a little, because a reader in any process may have read the row and be about
 * to open the file; it looks again if the file is gone, so the wait saves work and is not needed for correctness. That is
 * why it may be cut short where the files would take too much room.
 */
export class Trash {
  readonly #connection: Connection
  readonly #transactions: Transactions
  readonly #files: ValueFiles
  readonly #delay: number
  readonly #largest: number

  /** @param largest bytes of waiting files beyond which the oldest are unlinked at once. */
  constructor(
    connection: Connection,
    transactions: Transactions,
    files: ValueFiles,
    delay: number,
    largest: number,
  ) {
    this.#connection = connection
    this.#transactions = transactions
    this.#files = files
    this.#delay = delay
    this.#largest = largest
  }

  /** Unlinks what has waited long enough at `now`; the wait of what is new begins. @returns whether more is due. */
  drain(now: number): boolean {
    if (!this.#has('1')) return false
    const sql = 'SELECT file, size FROM trash WHERE since <= ? ORDER BY since LIMIT ?'
    const more = this.#unlink(now, () => this.#connection.rows(sql, now - this.#delay, batch))
    if (this.#has('since IS NULL')) {
      const stamp = 'UPDATE trash SET since = ? WHERE since IS NULL'
      this.#transactions.tryWrite('unlink', () => this.#connection.run(stamp, now))
    }
    return more
  }

  /** How many more bytes may wait, given those that do. */
  room(waiting: number): number {
    return this.#largest - waiting
  }

  /** Unlinks the oldest of `waiting` bytes, if these are too many: a few, so that the write that comes by hardly notices. */
  relieve(now: number, waiting: number): void {
    if (waiting <= this.#largest) return
    const sql = 'SELECT file, size FROM trash ORDER BY id LIMIT ?'
    let excess = waiting - (this.#largest / 16) * 15
    this.#unlink(now, () => {
      const rows = excess > 0 ? this.#connection.rows(sql, fewAtOnce) : []
      for (const row of rows) excess -= row[1] as number
      return rows
    })
  }

  /** Unlinks everything, for when no other process can be reading. @returns whether more is left. */
  empty(now: number): boolean {
    return this.#unlink(now, () =>
      this.#connection.rows('SELECT file, size FROM trash LIMIT ?', batch),
    )
  }

  /**
   * Unlinks batch after batch. The files go first: a crash in between leaves rows without files, which the next round removes.
   * @returns whether it stopped before the last.
   */
  #unlink(now: number, next: () => Row[]): boolean {
    if (this.#isPinned(now)) return false
    for (let left = mostAtOnce; ; left -= batch) {
      const rows = next()
      if (rows.length === 0) return false
      if (left <= 0) return true
      for (const row of rows) this.#unlinkUnnamed(row[0])
      const done = this.#transactions.tryWrite('unlink', () => this.#forget(rows))
      if (done === undefined) return true // somebody writes; the rows stay for the next round
    }
  }

  /** A row that somebody else wrote may have named a file of another entry, or none of ours. */
  #unlinkUnnamed(file: unknown): void {
    if (!isFileName(file)) return
    const isNamed = this.#connection.row('SELECT 1 FROM entries WHERE file = ?', file) !== undefined
    if (isNamed) return
    try {
      this.#files.unlink(file)
    } catch (error) {
      // A link in its folder's place: what lies behind it is not ours, and must not hold up the rest.
      if (!isHoldfastError(error, 'ERR_UNSAFE_DIRECTORY')) throw error
    }
  }

  #forget(rows: readonly Row[]): true {
    for (const row of rows) {
      this.#connection.run('DELETE FROM trash WHERE file = ?', row[0] as string)
    }
    return true
  }

  #has(condition: string): boolean {
    return this.#connection.row(`SELECT 1 FROM trash WHERE ${condition} LIMIT 1`) !== undefined
  }

  /** A backup in progress reads the files of an earlier state. */
  #isPinned(now: number): boolean {
    const sql = "SELECT 1 FROM leases WHERE name = 'holdfast:backup' AND expires > ?"
    return this.#connection.row(sql, now) !== undefined
  }
}
