import type { Connection } from './connection.ts'
import type { Row } from './driver.ts'
import type { Transactions } from './transactions.ts'
import type { ValueFiles } from './value-files.ts'

const batch = 64

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

  /** Unlinks what has waited long enough at `now`; the wait of what is new begins. */
  drain(now: number): void {
    if (this.#connection.row('SELECT 1 FROM trash LIMIT 1') === undefined) return
    const sql = 'SELECT file, size FROM trash WHERE since <= ? ORDER BY since LIMIT ?'
    this.#unlink(() => this.#connection.rows(sql, now - this.#delay, batch))
    if (this.#connection.row('SELECT 1 FROM trash WHERE since IS NULL LIMIT 1') === undefined)
      return
    this.#transactions.tryWrite('unlink', () =>
      this.#connection.run('UPDATE trash SET since = ? WHERE since IS NULL', now),
    )
  }

  /** Unlinks the oldest of `waiting` bytes, if these are too many, until they are few again. */
  relieve(waiting: number): void {
    if (waiting <= this.#largest) return
    let excess = waiting - this.#largest / 2
    this.#unlink(() => {
      const rows =
        excess > 0
          ? this.#connection.rows('SELECT file, size FROM trash ORDER BY id LIMIT ?', batch)
          : []
      for (const row of rows) excess -= row[1] as number
      return rows
    })
  }

  /** Unlinks everything, for when no other process can be reading. */
  empty(): void {
    this.#unlink(() => this.#connection.rows('SELECT file, size FROM trash LIMIT ?', batch))
  }

  /** The files go first: a crash in between leaves rows without files, which the next round removes. */
  #unlink(next: () => Row[]): void {
    if (this.#isPinned()) return
    for (let rows = next(); rows.length > 0; rows = next()) {
      for (const row of rows) this.#files.unlink(row[0] as string)
      const done = this.#transactions.tryWrite('unlink', () => {
        for (const row of rows)
          this.#connection.run('DELETE FROM trash WHERE file = ?', row[0] as string)
        return true
      })
      if (done === undefined) return // somebody writes; the rows stay for the next round
    }
  }

  /** A backup in progress reads the files of an earlier state. */
  #isPinned(): boolean {
    return this.#connection.row("SELECT 1 FROM leases WHERE name = 'holdfast:backup'") !== undefined
  }
}
