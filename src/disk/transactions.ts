import { types } from 'node:util'
import { HoldfastError } from '../contracts/errors.ts'
import { ignoreRejection, isThenable } from '../util/is-thenable.ts'
import type { Coherence } from './coherence.ts'
import type { Connection } from './connection.ts'
import type { SqlValue } from './driver.ts'
import { isBusy, isFromDatabase, toStoreError } from './sqlite-errors.ts'
import type { Tally } from './tally.ts'
import type { NewFile, ValueFiles } from './value-files.ts'
import type { WriteLock } from './write-lock.ts'

/** One write transaction while it is open. */
interface Transaction {
  /** Files that rows written in it name: removed if it rolls back. */
  readonly files: NewFile[]
  /** Entries stored and deleted in it: they count when it is committed. */
  sets: number
  deletes: number
  /** The storage error that one of its parts met. SQLite may have rolled back by itself then, so it cannot commit. */
  failure: unknown
}

/** Told of writes, and how transactions of several statements end. */
export interface TransactionListener {
  /** The entry of `key` is about to be changed. */
  touched(key: Uint8Array): void
  committed(): void
  /** All of it, or a part. */
  rolledBack(): void
}

/** Runs the writes of one connection: single statements, and transactions, one at a time, re-entrant. */
export class Transactions {
  /** Called after each commit, outside of the transaction. */
  afterCommit: () => void = () => {}
  listener: TransactionListener | undefined
  readonly #connection: Connection
  readonly #lock: WriteLock
  readonly #coherence: Coherence
  readonly #files: ValueFiles
  readonly #tally: Tally
  readonly #readonly: boolean
  #current: Transaction | undefined
  #depth = 0

  constructor(
    connection: Connection,
    lock: WriteLock,
    coherence: Coherence,
    files: ValueFiles,
    tally: Tally,
    readonly: boolean,
  ) {
    this.#tally = tally
    this.#readonly = readonly
    this.#connection = connection
    this.#lock = lock
    this.#coherence = coherence
    this.#files = files
  }

  /** Whether a transaction is open. */
  get isOpen(): boolean {
    return this.#current !== undefined
  }

  /**
   * Runs one statement that changes rows, as a transaction of its own or as part of the open one.
   * @param what names the call in errors.
   * @returns how many rows it changed, those changed by triggers left out.
   */
  run(what: string, sql: string, ...parameters: SqlValue[]): number {
    return this.runNow(what, sql, () => parameters)
  }

  /**
   * As {@link run}, with parameters that are asked for when the write begins, perhaps again after waiting for the lock: what
   * the clock said before does not hold then, and an entry that others saw end must not come back.
   */
  runNow(what: string, sql: string, parameters: () => readonly SqlValue[]): number {
    const work = (): number => this.#connection.runWith(sql, parameters())
    if (this.#current !== undefined) return this.#join(what, this.#current, work)
    this.#checkWritable(what)
    let changes: number
    try {
      changes = work()
    } catch (error) {
      if (isBusy(error)) return this.write(what, work)
      this.#coherence.rolledBack()
      throw toStoreError(this.#coherence.takeFailure() ?? error, what)
    }
    this.#coherence.committed()
    this.#lock.committed()
    this.afterCommit()
    return changes
  }

  /**
   * Runs `work` as one write: in a transaction of its own, or as part of the open one.
   * @throws HoldfastError `ERR_BUSY`, `ERR_NO_SPACE`, `ERR_READONLY`, `ERR_CORRUPT`, `ERR_IO`; what `work` throws.
   */
  write<T>(what: string, work: () => T): T {
    if (this.#current !== undefined) return this.#join(what, this.#current, work)
    this.#checkWritable(what)
    try {
      this.#lock.acquire(what)
    } catch (error) {
      this.#coherence.forget()
      throw error
    }
    return this.#runLocked(what, work)
  }

  /** As {@link write} if the lock is free now; otherwise `undefined`, and nothing was done. */
  tryWrite<T>(what: string, work: () => T): T | undefined {
    if (this.#current !== undefined || !this.#lock.tryAcquire()) return undefined
    return this.#runLocked(what, work)
  }

  /** As {@link write}, waiting for the lock without blocking the event loop; `work` itself is synchronous. */
  async writeAsync<T>(what: string, work: () => T): Promise<T> {
    this.#checkWritable(what)
    const done = await this.#lock.retry(what, () => this.tryWrite(what, () => ({ result: work() })))
    return done.result
  }

  /**
   * Runs the caller's `work` atomically; a nested call that throws goes back to its own start.
   * @throws HoldfastError `ERR_ASYNC_TRANSACTION` if `work` is asynchronous.
   */
  transact<T>(work: () => T): T {
    if (types.isAsyncFunction(work)) throw asyncError()
    return this.write('transact', () => this.#savepoint(() => refusePromise(work())))
  }

  /**
   * To be called before a statement that changes the entry of `key`; see `Coherence.touch`.
   * @param key as a row holds it, so it may be anything in a row that somebody changed.
   */
  readonly touch = (key: SqlValue | undefined): void => {
    // The statement will be refused.
    if (this.#readonly) return
    if (!(key instanceof Uint8Array)) {
      this.#coherence.touchAll()
      return
    }
    this.#coherence.touch(key)
    this.listener?.touched(key)
  }

  /** Counts an entry that was stored or deleted: at once, or when the open transaction is committed. */
  count(what: 'sets' | 'deletes', number = 1): void {
    const book = this.#current ?? this.#tally
    book[what] += number
  }

  #checkWritable(what: string): void {
    if (!this.#readonly) return
    throw new HoldfastError(
      'ERR_READONLY',
      `${what}: this store was opened with readonly: true. Open it without to write to it; nothing was changed.`,
    )
  }

  /** Hands a file over to the open transaction, whose end decides over it. */
  adopt(file: NewFile): void {
    this.#current?.files.push(file)
  }

  #runLocked<T>(what: string, work: () => T): T {
    const transaction: Transaction = { files: [], sets: 0, deletes: 0, failure: undefined }
    this.#current = transaction
    this.#coherence.isPaused = true
    let result: T
    try {
      result = work()
      if (transaction.failure !== undefined) throw transaction.failure
      this.#connection.prepare('COMMIT').run()
    } catch (error) {
      this.#rollback(transaction)
      throw toStoreError(error, what)
    }
    this.#current = undefined
    this.#coherence.isPaused = false
    this.#coherence.committed()
    this.listener?.committed()
    for (const file of transaction.files) this.#files.release(file.slot)
    this.#tally.sets += transaction.sets
    this.#tally.deletes += transaction.deletes
    this.#lock.committed()
    this.afterCommit()
    return result
  }

  #rollback(transaction: Transaction): void {
    this.#current = undefined
    try {
      this.#connection.prepare('ROLLBACK').run()
    } catch {
      // SQLite rolled back by itself when the disk was full or failed.
    }
    this.#coherence.isPaused = false
    this.#coherence.rolledBack()
    this.listener?.rolledBack()
    for (const file of transaction.files) this.#discard(file)
  }

  #discard(file: NewFile): void {
    try {
      this.#files.abandon(file.name, file.slot)
    } catch {
      // It stays registered until this store closes, and is an orphan then.
    }
  }

  #join<T>(what: string, transaction: Transaction, work: () => T): T {
    try {
      return work()
    } catch (error) {
      const coded = toStoreError(this.#coherence.takeFailure() ?? error, what)
      if (isFromDatabase(error)) transaction.failure ??= coded
      throw coded
    }
  }

  #savepoint<T>(work: () => T): T {
    const transaction = this.#current
    // The outermost level needs none: its rollback is the transaction's.
    if (this.#depth === 0 || transaction === undefined) return this.#deeper(work)
    const name = `level_${this.#depth}`
    const fileCount = transaction.files.length
    const { sets, deletes } = transaction
    this.#connection.run(`SAVEPOINT ${name}`)
    try {
      return this.#deeper(work)
    } catch (error) {
      if (transaction.failure === undefined) {
        this.#connection.run(`ROLLBACK TO ${name}`)
        this.listener?.rolledBack()
        for (const file of transaction.files.splice(fileCount)) this.#discard(file)
        Object.assign(transaction, { sets, deletes })
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
  if (!isThenable(result)) return result
  ignoreRejection(result)
  throw asyncError()
}

function asyncError(): HoldfastError {
  return new HoldfastError(
    'ERR_ASYNC_TRANSACTION',
    'transact: the work must be synchronous, because the store is locked for every process meanwhile. Await first, then transact; nothing was changed.',
  )
}
