import { HoldfastError } from '../contracts/errors.ts'
import { pause } from '../util/pause.ts'
import { type Database, type Row, type SqlValue, type Statement, sqlite } from './driver.ts'
import { isBusy, toStoreError } from './sqlite-errors.ts'

/** Memory that SQLite may keep pages in, per open store: enough for the inner pages of some ten million entries. */
const pageCacheKib = 16_384

/** The log is copied into the database at this many 4 KiB pages, so it seldom grows beyond 4 MiB. */
export const checkpointPages = 1_000

/** After a checkpoint that emptied the log, its file is cut back to this. */
const logBytesKept = 4 * 2 ** 20

export interface ConnectionOptions {
  readonly readonly: boolean
  readonly durability: 'process' | 'machine'
  readonly busyTimeout: number
}

/** One open database with its prepared statements. Knows SQL errors and waiting, nothing of entries. */
export class Connection {
  readonly database: Database
  readonly #busyTimeout: number
  readonly #statements = new Map<string, Statement>()
  #open = true

  constructor(path: string, options: ConnectionOptions) {
    this.#busyTimeout = options.busyTimeout
    const { DatabaseSync } = sqlite()
    this.database = new DatabaseSync(path, { readOnly: options.readonly })
    // SQLite's own waiting is unfair to whoever waits (see write-lock.ts), so it is off.
    this.database.exec(`
      PRAGMA busy_timeout = 0;
      PRAGMA cache_size = -${pageCacheKib};
      PRAGMA temp_store = MEMORY;
      PRAGMA trusted_schema = OFF;
      PRAGMA synchronous = ${options.durability === 'machine' ? 'FULL' : 'NORMAL'};
      PRAGMA wal_autocheckpoint = ${checkpointPages};
      PRAGMA journal_size_limit = ${logBytesKept};
    `)
  }

  get isOpen(): boolean {
    return this.#open
  }

  /** The prepared statement for `sql`, made at its first use. Rows come as arrays. */
  prepare(sql: string): Statement {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.database.prepare(sql)
    statement.setReturnArrays(true)
    this.#statements.set(sql, statement)
    return statement
  }

  /** Makes `run` a function that statements can call. */
  define(name: string, run: () => SqlValue): void {
    this.database.function(name, run)
  }

  /** The first row that `sql` yields, waiting while another process is in the way. */
  row(sql: string, ...parameters: SqlValue[]): Row | undefined {
    return this.retry(() => this.prepare(sql).get(...parameters) as Row | undefined)
  }

  /** Every row that `sql` yields, waiting while another process is in the way. */
  rows(sql: string, ...parameters: SqlValue[]): Row[] {
    return this.retry(() => this.prepare(sql).all(...parameters) as Row[])
  }

  /** How many rows `sql` changed. For use inside a transaction: it does not wait. */
  run(sql: string, ...parameters: SqlValue[]): number {
    return Number(this.prepare(sql).run(...parameters).changes)
  }

  /** As {@link run}, with the parameters as they are: writes are made of enough copies. */
  runWith(sql: string, parameters: readonly SqlValue[]): number {
    return Number(this.prepare(sql).run(...parameters).changes)
  }

  /**
   * What `work` returns, tried again while another connection is in the way.
   * In WAL mode readers seldom wait: only while a log is recovered, restarted or removed.
   * @throws HoldfastError `ERR_BUSY` after `busyTimeout`; `ERR_CORRUPT`, `ERR_IO`.
   */
  retry<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error)) throw toStoreError(error, 'Reading')
      return retryUntil(performance.now() + this.#busyTimeout, work)
    }
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#statements.clear()
    this.database.close()
  }
}

/**
 * What `work` returns, tried again every millisecond or so until `deadline` (on the clock of `performance.now()`).
 * @throws HoldfastError `ERR_BUSY`.
 */
export function retryUntil<T>(deadline: number, work: () => T): T {
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error)) throw error
      if (performance.now() >= deadline) throw toStoreError(error, 'Waiting for another process')
      pause(0.5 + Math.random())
    }
  }
}

/** The error of a store that was closed. */
export function closedError(what: string): HoldfastError {
  return new HoldfastError(
    'ERR_CLOSED',
    `${what}: the store is closed. Open a new one with new ${what}(directory).`,
  )
}
