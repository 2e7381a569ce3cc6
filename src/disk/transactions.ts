import { randomInt } from 'node:crypto'
import { types } from 'node:util'
import { HoldfastError } from '../contracts/errors.ts'
import type { Connection } from './connection.ts'
import { toStoreError } from './sqlite-errors.ts'
import { readTotals, type Totals, writeTotals } from './totals.ts'
import type { NewFile, ValueFiles } from './value-files.ts'
import type { WriteLock } from './write-lock.ts'

/** One write transaction while it is open. */
export interface Transaction {
  /** Changed in place; written before the commit. */
  totals: Totals
  /** Files that rows written here name: removed if it rolls back. */
  readonly files: NewFile[]
  /** Ids of entries written here: they are not evicted before it ended. */
  readonly written: Set<number>
  /** Whether there is anything to commit. */
  dirty: boolean
  /** The storage error that one of its parts met. SQLite may have rolled back by itself then, so it cannot commit. */
  failure: unknown
}

/** Runs write transactions on one connection, one at a time, re-entrant. */
export class Transactions {
  /** Called in each transaction that has something to commit, just before it does. */
  beforeCommit: (transaction: Transaction) => void = () => {}
  /** Called after each transaction with what it committed, `undefined` if it did not. */
  settled: (committed: Totals | undefined) => void = () => {}
  readonly #connection: Connection
  readonly #lock: WriteLock
  readonly #files: ValueFiles
  readonly #writer = randomInt(1, 2 ** 47)
  #current: Transaction | undefined
  #depth = 0

  constructor(connection: Connection, lock: WriteLock, files: ValueFiles) {
    this.#connection = connection
    this.#lock = lock
    this.#files = files
  }

  /** The open transaction, if there is one. */
  get current(): Transaction | undefined {
    return this.#current
  }

  /**
   * Runs `work` as one write: in a transaction of its own, or as part of the open one.
   * @param what names the call in errors.
   * @throws HoldfastError `ERR_BUSY`, `ERR_NO_SPACE`, `ERR_READONLY`, `ERR_CORRUPT`, `ERR_IO`; what `work` throws.
   */
  write<T>(what: string, work: (transaction: Transaction) => T): T {
    if (this.#current !== undefined) return this.#join(what, this.#current, work)
    this.#lock.acquire(what)
    return this.#runLocked(what, work)
  }

  /** As {@link write} if the lock is free now; otherwise `undefined`, and nothing was done. */
  tryWrite<T>(what: string, work: (transaction: Transaction) => T): T | undefined {
    if (this.#current !== undefined || !this.#lock.tryAcquire()) return undefined
    return this.#runLocked(what, work)
  }

  /** As {@link write}, waiting for the lock without blocking the event loop; `work` itself is synchronous. */
  async writeAsync<T>(what: string, work: (transaction: Transaction) => T): Promise<T> {
    await this.#lock.acquireAsync(what)
    return this.#runLocked(what, work)
  }

  /**
   * Runs the caller's `work` atomically; a nested call that throws goes back to its own start.
   * @throws HoldfastError `ERR_ASYNC_TRANSACTION` if `work` is asynchronous.
   */
  transact<T>(work: () => T): T {
    if (types.isAsyncFunction(work)) throw asyncError()
    return this.write('transact', (transaction) => this.#savepoint(transaction, () => refusePromise(work())))
  }

  #runLocked<T>(what: string, work: (transaction: Transaction) => T): T {
    let transaction: Transaction | undefined
    let lastWriter: number
    let result: T
    try {
      transaction = this.#begin()
      lastWriter = transaction.totals.writer
      result = work(transaction)
      if (transaction.failure !== undefined) throw transaction.failure
      this.#commit(transaction)
    } catch (error) {
      this.#rollback(transaction)
      throw toStoreError(error, what)
    }
    this.#current = undefined
    for (const file of transaction.files) this.#files.release(file.slot)
    if (!transaction.dirty) return result
    this.#lock.committed(lastWriter !== this.#writer && lastWriter !== 0)
    this.settled(transaction.totals)
    return result
  }

  #begin(): Transaction {
    const totals = readTotals(this.#connection)
    this.#current = { totals, files: [], written: new Set(), dirty: false, failure: undefined }
    return this.#current
  }

  #commit(transaction: Transaction): void {
    if (!transaction.dirty) {
      this.#connection.prepare('ROLLBACK').run()
      return
    }
    this.beforeCommit(transaction)
    transaction.totals.writer = this.#writer
    writeTotals(this.#connection, transaction.totals)
    this.#connection.prepare('COMMIT').run()
  }

  #rollback(transaction: Transaction | undefined): void {
    this.#current = undefined
    try {
      this.#connection.prepare('ROLLBACK').run()
    } catch {
      // SQLite rolled back by itself when the disk was full or failed.
    }
    for (const file of transaction?.files ?? []) this.#discard(file)
    this.settled(undefined)
  }

  #discard(file: NewFile): void {
    try {
      this.#files.abandon(file.name, file.slot)
    } catch {
      // It stays registered until this store closes, and is an orphan then.
    }
  }

  #join<T>(what: string, transaction: Transaction, work: (transaction: Transaction) => T): T {
    try {
      return work(transaction)
    } catch (error) {
      const coded = toStoreError(error, what)
      if (coded !== error) transaction.failure ??= coded
      throw coded
    }
  }

  #savepoint<T>(transaction: Transaction, work: () => T): T {
    // The outermost level needs none: its rollback is the transaction's.
    if (this.#depth === 0) return this.#deeper(work)
    const name = `level_${this.#depth}`
    const before = { ...transaction.totals }
    const fileCount = transaction.files.length
    this.#connection.run(`SAVEPOINT ${name}`)
    try {
      return this.#deeper(work)
    } catch (error) {
      if (transaction.failure === undefined) {
        this.#connection.run(`ROLLBACK TO ${name}`)
        transaction.totals = before
        for (const file of transaction.files.splice(fileCount)) this.#discard(file)
      }
      throw error
    } finally {
      if (transaction.failure === undefined) this.#connection.run(`RELEASE ${name}`)
    }
  }

  #deeper<T>(work: () => T): T {
    this.#depth += 1
    try {
      return work()
    } finally {
      this.#depth -= 1
    }
  }
}

function refusePromise<T>(result: T): T {
  if (typeof (result as { then?: unknown } | null | undefined)?.then !== 'function') return result
  // Its rejection, if any, is a consequence of this error.
  Promise.resolve(result).catch(() => {})
  throw asyncError()
}

function asyncError(): HoldfastError {
  return new HoldfastError(
    'ERR_ASYNC_TRANSACTION',
    'transact: the work must be synchronous, because the store is locked for every process meanwhile. Await first, then transact; nothing was changed.',
  )
}
