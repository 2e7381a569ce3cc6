import { pause } from '../util/pause.ts'
import type { Connection } from './connection.ts'
import type { Row } from './driver.ts'
import { isBusy, toStoreError } from './sqlite-errors.ts'

/** How long a process writes without a break once it knows that others want to write too, in milliseconds. */
const slice = 1
/** The break: longer than a waiter sleeps between two tries. */
const breakMin = 0.25
/** A time between two commits in which the lock was free long enough for others. */
const naturalGap = 0.2
/** For so many commits after meeting another writer, a process takes its breaks. */
const politeCommits = 512
/** A writer asks every so many commits whether others have written. */
const commitsPerLook = 32

/**
 * SQLite's write lock, shared fairly among processes.
 *
 * SQLite's busy handler sleeps longer the longer it waits, up to 100 ms, while a busy writer leaves the lock free for a few
 * microseconds at a time: whoever waits starves. Here waiters try more often the longer they wait, and a writer that has
 * met others (they had the lock, or `data_version` says that they wrote) pauses after each slice, long enough for a waiter
 * to get in. A lone writer never pauses.
 */
export class WriteLock {
  readonly #connection: Connection
  readonly #timeout: number
  #commits = 0
  #version: number | undefined
  #polite = 0
  #sliceStart = 0
  #lastCommit = 0

  constructor(connection: Connection, timeout: number) {
    this.#connection = connection
    this.#timeout = timeout
  }

  /** Begins a write transaction, waiting its turn. @throws HoldfastError `ERR_BUSY` after the timeout. */
  acquire(what: string): void {
    if (this.tryAcquire()) return
    const start = performance.now()
    for (;;) {
      const waited = performance.now() - start
      pause(patience(waited))
      if (this.tryAcquire()) {
        this.#meet()
        this.#sliceStart = performance.now()
        return
      }
      if (waited >= this.#timeout) throw toStoreError(busyError, what)
    }
  }

  /**
   * What `start` returns as soon as it is not `undefined`: tried now and again, without blocking the event loop in between.
   * `start` begins and ends its transaction by itself, because other calls may come between any two steps of an async one.
   * @throws HoldfastError `ERR_BUSY` after the timeout.
   */
  async retry<T>(what: string, start: () => T | undefined): Promise<T> {
    const begin = performance.now()
    for (;;) {
      const result = start()
      if (result !== undefined) return result
      if (performance.now() - begin >= this.#timeout) throw toStoreError(busyError, what)
      await new Promise<void>((resolve) => {
        setTimeout(resolve, 1 + Math.random())
      })
    }
  }

  /** Begins a write transaction if nobody else is in one. */
  tryAcquire(): boolean {
    try {
      this.#connection.prepare('BEGIN IMMEDIATE').run()
      return true
    } catch (error) {
      if (isBusy(error)) return false
      throw toStoreError(error, 'Writing')
    }
  }

  /** Told after each commit. Takes the break that is due. */
  committed(): void {
    this.#commits += 1
    if (this.#commits % commitsPerLook === 0 && this.#othersWrote()) this.#meet()
    if (this.#polite === 0) return
    this.#polite -= 1
    const now = performance.now()
    // A writer that does other things between its writes leaves gaps enough.
    if (now - this.#lastCommit > naturalGap) this.#sliceStart = now
    this.#lastCommit = now
    if (now - this.#sliceStart < slice) return
    pause(breakMin + Math.random() * breakMin)
    this.#sliceStart = performance.now()
    this.#lastCommit = this.#sliceStart
  }

  #meet(): void {
    if (this.#polite === 0) this.#sliceStart = performance.now()
    this.#polite = politeCommits
  }

  /** Whether another connection has committed since this was last asked. */
  #othersWrote(): boolean {
    const version = (this.#connection.prepare('PRAGMA data_version').get() as Row)[0] as number
    const changed = this.#version !== undefined && version !== this.#version
    this.#version = version
    return changed
  }
}

/** Milliseconds to the next try: the longer somebody has waited, the less. */
function patience(waited: number): number {
  if (waited < 4) return 0.1 + Math.random() * 0.4
  if (waited < 20) return 0.05 + Math.random() * 0.2
  return 0.05
}

const busyError = Object.assign(new Error('database is locked'), { errcode: 5 })
