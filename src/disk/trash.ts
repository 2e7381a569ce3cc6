import type { Connection } from './connection.ts'
import type { Row } from './driver.ts'
import type { Totals } from './totals.ts'
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
  constructor(connection: Connection, transactions: Transactions, files: ValueFiles, delay: number, largest: number) {
    this.#connection = connection
    this.#transactions = transactions
    this.#files = files
    this.#delay = delay
    this.#largest = largest
  }

  isFull(totals: Totals): boolean {
    return totals.trashBytes > this.#largest
  }

  /** Unlinks what has waited long enough at `now`. */
  drain(now: number): void {
    this.#unlink(() => this.#connection.rows('SELECT file, size FROM trash WHERE since <= ? ORDER BY since LIMIT ?', now - this.#delay, batch))
  }

  /** Unlinks the oldest until what waits is small again. */
  relieve(totals: Totals): void {
    let excess = totals.trashBytes - this.#largest / 2
    this.#unlink(() => {
      const rows = excess > 0 ? this.#connection.rows('SELECT file, size FROM trash ORDER BY since LIMIT ?', batch) : []
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
      const done = this.#transactions.tryWrite('unlink', (transaction) => {
        for (const [file, size] of rows as [string, number][]) {
          if (this.#connection.run('DELETE FROM trash WHERE file = ?', file) === 0) continue
          transaction.totals.trashBytes -= size
          transaction.dirty = true
        }
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
