import { statSync } from 'node:fs'
import type { Timer } from '../contracts/clock.ts'
import type { Row } from './driver.ts'
import type { Engine } from './engine.ts'
import { findOrphans, valueFolders } from './recovery.ts'
import { isBusy } from './sqlite-errors.ts'
import { readTotals } from './totals.ts'
import { unlinkIfThere } from './value-files.ts'

/** Time between two rounds, in milliseconds. */
const roundEvery = 1_000
/** The same while there is more to remove than one round does. */
const roundWhenBehind = 20
/** Notes about uses wait at most this long. */
const usesEvery = 100
/** What one round does at most, so that none holds the event loop for long. */
const perRound = { uses: 512, expired: 256 } as const
/** Commits between two looks at the room that the database and its log take, and while the store is more than half full. */
const commitsPerLook = 128
const commitsPerLookWhenFull = 16
/** Writes between two small steps: a sweep of expired entries, some noted uses, a look at the totals. */
const commitsPerStep = 32
/** A process that never lets a timer run writes its noted uses this often, in milliseconds. */
const usesAtLeastEvery = 250
/** Entries that such a sweep removes at most. */
const expiredPerSweep = 8
/** A log of this size is emptied when nobody reads an old state of it. */
const logBytesIdle = 2 * 2 ** 20
const logBytesBusy = 16 * 2 ** 20
/** Below this the fixed cost of an empty database would count for too much. */
const smallestDiskLimit = 2 ** 20
/** How much more than its values the store may take on disk before entries go: `maxBytes` times this. */
const diskAllowance = 1.12
const evictedPerLook = 24

/** What a store does by itself: in small steps with writes, and in rounds by a timer that keeps no process alive. */
export class Maintenance {
  readonly #engine: Engine
  #round: Timer | undefined
  #usesTimer: Timer | undefined
  #commits = 0
  #expiredSeen = true
  #entriesLeft = -1
  #bytesLeft = -1
  #isHalfFull = false
  #stepping = false
  #usesWritten = 0
  #folders: string[] = []
  #emptiedAt = -1

  constructor(engine: Engine) {
    this.#engine = engine
  }

  start(): void {
    this.#round = this.#engine.options.clock.setTimeout(this.#runRound, roundEvery)
  }

  /** Makes sure that noted uses are written soon. */
  noteUse(): void {
    this.#usesTimer ??= this.#engine.options.clock.setTimeout(this.#flushUses, usesEvery)
  }

  /** Told before a value of `size` bytes is stored, so that a limit is not passed unseen between two looks at the totals. */
  notePut(size: number): void {
    this.#entriesLeft -= 1
    this.#bytesLeft -= size
  }

  /** After each commit: what must not wait for a timer, because a busy process may never let one run. */
  readonly afterCommit = (): void => {
    // What is done here commits too.
    if (this.#stepping) return
    this.#stepping = true
    this.#commits += 1
    if (this.#entriesLeft < 0 || this.#bytesLeft < 0 || this.#commits % commitsPerStep === 0) {
      this.#quietly(this.#lookAtTotals)
    }
    if (this.#commits % commitsPerStep === 0) this.#quietly(this.#step)
    const perLook = this.#isHalfFull ? commitsPerLookWhenFull : commitsPerLook
    if (this.#commits % perLook === 0) this.#quietly(this.#lookAtRoom)
    this.#stepping = false
  }

  /** Runs `work` without doing anything beside its commits, because it counts what it removes. */
  without<T>(work: () => T): T {
    const before = this.#stepping
    this.#stepping = true
    try {
      return work()
    } finally {
      this.#stepping = before
    }
  }

  close(): void {
    this.#round?.clear()
    this.#usesTimer?.clear()
    if (this.#engine.options.readonly) return
    this.#quietly(() => this.#writeUses(Number.POSITIVE_INFINITY))
    // One driver keeps the log until the connection is collected, so it is emptied by hand.
    this.#quietly(() => this.#checkpoint())
  }

  /** Gives the reserved room to `work`, which removes something, and what was removed before and by it to the disk. */
  withReserve<T>(work: () => T): T {
    const { now, reserve, trash } = this.#engine
    reserve.release()
    this.#quietly(() => trash.empty(now()))
    const result = work()
    this.#quietly(() => trash.empty(now()))
    this.#quietly(() => this.#checkpoint())
    reserve.hold()
    return result
  }

  /** Gives the room of a database back that has just been emptied: there is little left to copy then. */
  shrink(): void {
    this.#quietly(() => this.#engine.connection.database.exec('VACUUM'))
  }

  /** Bytes of the log file. */
  logBytes(): number {
    return statSync(`${this.#engine.layout.database}-wal`, { throwIfNoEntry: false })?.size ?? 0
  }

  readonly #runRound = (): void => {
    if (this.#engine.isClosed) return
    this.#engine.checkPlace()
    this.#engine.checkPage()
    if (this.#engine.options.readonly) {
      this.start()
      return
    }
    this.#engine.reserve.hold()
    let moreDue = false
    this.#quietly(() => this.#writeUses(perRound.uses))
    this.#quietly(() => {
      moreDue = this.#expireSome() === perRound.expired
    })
    this.#quietly(() => {
      moreDue = this.#engine.trash.drain(this.#engine.now()) || moreDue
    })
    this.#quietly(this.#removeOrphans)
    this.#quietly(this.#emptyLog)
    this.#round = this.#engine.options.clock.setTimeout(
      this.#runRound,
      moreDue ? roundWhenBehind : roundEvery,
    )
  }

  readonly #flushUses = (): void => {
    this.#usesTimer = undefined
    if (this.#engine.isClosed) return
    this.#quietly(() => this.#writeUses(perRound.uses))
    if (this.#engine.uses.size > 0 || (this.#engine.hot?.uses.size ?? 0) > 0) this.noteUse()
  }

  /** Never waits for the write lock: what is not written now is written later. */
  #writeUses(limit: number): void {
    const { connection, hot, tally, transactions, uses } = this.#engine
    this.#usesWritten = performance.now()
    if (uses.size === 0 && tally.isEmpty && (hot?.uses.size ?? 0) === 0) return
    transactions.tryWrite('note uses', () => {
      uses.write(connection, limit)
      hot?.uses.write(connection, limit)
      tally.write(connection)
    })
  }

  #expireSome(): number | undefined {
    const { now, removal, transactions } = this.#engine
    if (!removal.hasExpired(now())) return 0
    return transactions.tryWrite('expire', () => removal.expire(now(), perRound.expired))
  }

  readonly #step = (): void => {
    const { now, removal, transactions } = this.#engine
    if (performance.now() - this.#usesWritten > usesAtLeastEvery) this.#writeUses(perRound.uses)
    // Most stores have nothing that expires, so those that had nothing lately are asked less often.
    if (!this.#expiredSeen && this.#commits % commitsPerLook !== 0) return
    this.#expiredSeen = removal.hasExpired(now())
    if (this.#expiredSeen)
      transactions.tryWrite('expire', () => removal.expire(now(), expiredPerSweep))
  }

  /** Evicts where a limit is passed, and finds out how much may be written before that can be again. */
  readonly #lookAtTotals = (): void => {
    const { connection, now, options, removal, transactions, trash } = this.#engine
    let totals = readTotals(connection)
    trash.relieve(now(), totals.trashBytes)
    if (removal.isOver(totals)) {
      transactions.write('evict', () => removal.evict(now()))
      totals = readTotals(connection)
    }
    this.#isHalfFull = totals.bytes > options.maxBytes / 2
    const isBound = options.eviction !== 'none'
    this.#entriesLeft = isBound ? options.maxEntries - totals.entries : Number.POSITIVE_INFINITY
    this.#bytesLeft = isBound ? options.maxBytes - totals.bytes : Number.POSITIVE_INFINITY
    this.#bytesLeft = Math.min(this.#bytesLeft, trash.room(totals.trashBytes))
  }

  readonly #lookAtRoom = (): void => {
    this.#engine.checkPlace()
    if (this.logBytes() > logBytesBusy) this.#checkpoint()
    const { maxBytes, eviction } = this.#engine.options
    if (
      eviction === 'none' ||
      maxBytes < smallestDiskLimit ||
      maxBytes === Number.POSITIVE_INFINITY
    )
      return
    const excess = this.#roomTaken() - maxBytes * diskAllowance
    if (excess <= 0) return
    this.#engine.transactions.tryWrite('evict', () =>
      this.#engine.removal.evictSome(excess, evictedPerLook),
    )
  }

  /** Bytes of the database's used pages and of the value files; files that wait to be unlinked have a bound of their own. */
  #roomTaken(): number {
    const pages = this.#pragma('page_count') - this.#pragma('freelist_count')
    return pages * this.#pragma('page_size') + readTotals(this.#engine.connection).fileBytes
  }

  #pragma(name: string): number {
    return Number(this.#engine.connection.row(`PRAGMA ${name}`)?.[0])
  }

  /** One folder a round: the whole store is seen about every four minutes. */
  readonly #removeOrphans = (): void => {
    const { connection, layout, options } = this.#engine
    if (this.#folders.length === 0) this.#folders = valueFolders(layout)
    const folder = this.#folders.pop()
    if (folder === undefined) return
    for (const orphan of findOrphans(layout, connection, folder, Date.now())) {
      if (orphan.age >= options.orphanAge) unlinkIfThere(orphan.path)
    }
  }

  readonly #emptyLog = (): void => {
    // Only when it is idle: emptying a log that is about to grow again is work for nothing.
    const quiet = this.#commits === this.#emptiedAt
    this.#emptiedAt = this.#commits
    const size = this.logBytes()
    if (size > logBytesBusy || (quiet && size > logBytesIdle)) this.#checkpoint()
  }

  /** @returns whether the whole log was copied and cut. */
  #checkpoint(): boolean {
    const row = this.#engine.connection.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as Row
    return row[0] === 0
  }

  /** Failures of this kind of work are met again by the caller's next write, which reports them. */
  #quietly(work: () => unknown): void {
    try {
      work()
    } catch (error) {
      if (isBusy(error)) return
      this.#engine.emit({
        type: 'drop',
        reason: 'maintenance failed and will be tried again',
        detail: error,
      })
    }
  }
}
