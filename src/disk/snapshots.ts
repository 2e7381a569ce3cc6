import type { Connection } from './connection.ts'

/** Runs several reads on one state of the store, and what reads must not do, repairs and events, after them. */
export class Snapshots {
  readonly #later: (() => void)[] = []
  #isOpen = false

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Runs `work` on one state; within a transaction or another snapshot it has one already. */
  run<T>(connection: Connection, isInTransaction: boolean, work: () => T): T {
    if (isInTransaction || this.#isOpen) return work()
    connection.retry(() => connection.run('BEGIN'))
    this.#isOpen = true
    try {
      return work()
    } finally {
      this.#isOpen = false
      connection.run('COMMIT')
      for (const run of this.#later.splice(0)) run()
    }
  }

  /** Runs `work` now, or at the end of the snapshot that is open: it may write, or close the store. */
  outside(work: () => void): void {
    if (this.#isOpen) this.#later.push(work)
    else work()
  }
}
