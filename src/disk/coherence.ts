import { randomInt } from 'node:crypto'
import type { Connection } from './connection.ts'
import type { Row } from './driver.ts'
import type { PageFile } from './page-file.ts'
import { SharedPage } from './shared-page.ts'
import { slotOf, type VersionPage } from './version-page.ts'

/** What the page said before a row was read. */
export interface Ticket {
  readonly epoch: number
  readonly slot: number
  readonly version: number
}

/** Told of what makes all hot entries void, and of what makes hits dearer. */
export interface CoherenceListener {
  /** No version that was remembered means anything any more. */
  pageChanged(): void
  /** Hits ask the database from now on, and why. */
  fellBack(reason: string, detail: unknown): void
}

/** SQL that makes a statement {@link Coherence.announce} its write; its value is 0. Never `DETERMINISTIC`: it must run. */
export const announced = 'holdfast_announce()'

/** A transaction that touches more slots than this makes all hot entries void: that costs others less than so many bumps. */
const mostSlots = 1_024

/**
 * Keeps hot entries true across processes: whoever writes changes versions on a page that all processes share, before and
 * after his commit, and whoever reads compares. The order of the steps is that of decision 0018, and every one of them is
 * needed; `tests/coherence` drives this code through all interleavings.
 *
 * Where the page cannot be mapped, the words are this process's own, and `PRAGMA data_version` says when they must all change.
 */
export class Coherence {
  /** The words that a hit compares, if it may do so without {@link ask}ing. */
  live: Int32Array | undefined
  /** How many transactions changed entries and were committed. */
  commits = 0
  listener: CoherenceListener | undefined
  #isPaused = false
  #isFixed = false
  readonly #connection: Connection
  readonly #store: SharedPage
  /** Never 0, and not that of any other handle. */
  readonly #token: number = randomInt(1, 2 ** 31 - 1)
  /** Slots that the next statement writes to; whether it may write to any. */
  readonly #pending: number[] = []
  #isAllPending = false
  /** Slots bumped in this transaction, with the versions they got; after it, with those they had if nobody came between. */
  readonly #bumped = new Map<number, number>()
  #isAll = false
  #hasBegun = false
  #epoch = 0
  #dataVersion: unknown
  #failure: unknown

  constructor(connection: Connection, file: PageFile, readonly: boolean) {
    this.#connection = connection
    this.#store = new SharedPage(connection, file, readonly)
    if (!readonly) connection.define('holdfast_announce', this.announce)
  }

  /** The page that hits compare with; another one when the store's page was replaced. */
  get page(): VersionPage {
    return this.#store.words
  }

  /** Whether a hit must ask the database whether somebody has written. */
  get isFallback(): boolean {
    return this.#store.isFallback
  }

  /** While a transaction is open here, its reads see what others must not: nothing is hot, and nothing is kept. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  set isPaused(value: boolean) {
    this.#isPaused = value
    this.#setLive()
  }

  /** Runs reads of one state of the store, which may be older than what others have written since: what it finds is not kept. */
  whileFixed<T>(work: () => T): T {
    const before = this.#isFixed
    this.#isFixed = true
    this.#setLive()
    try {
      return work()
    } finally {
      this.#isFixed = before
      this.#setLive()
    }
  }

  #setLive(): void {
    const mayHit = !this.#isPaused && !this.#isFixed && !this.isFallback
    this.live = mayHit ? this.page.words : undefined
  }

  /** The words that a hit compares, after a look whether they still hold; `undefined` while a transaction is open here. */
  ask(): Int32Array | undefined {
    if (this.#isPaused || this.#isFixed) return undefined
    if (this.isFallback) this.refresh()
    return this.page.words
  }

  /** Opens the page of the store, or makes one. @param write runs work as a write transaction. */
  attach(write: (work: () => void) => void): void {
    const fallback = this.#store.attach(write, () => {
      this.#setLive()
      this.listener?.pageChanged()
      if (this.isFallback) this.refresh()
    })
    if (fallback !== undefined) this.listener?.fellBack(fallback.reason, fallback.detail)
  }

  /** Whether the page that is in use is no longer the store's, or there is none: {@link attach} again. */
  get isDetached(): boolean {
    return this.#store.isDetached
  }

  close(): void {
    this.#store.close()
  }

  /** Makes the words void if another connection has written. For use before they are compared, where they are this process's own. */
  refresh(): void {
    let version: unknown
    try {
      version = (this.#connection.prepare('PRAGMA data_version').get() as Row)[0]
    } catch {
      // Nobody knows what was written: the read that follows will say what is wrong.
    }
    if (version !== undefined && version === this.#dataVersion) return
    this.#dataVersion = version
    this.page.bumpEpoch()
  }

  /** What the page says now, to be compared after a row was read; `undefined` where what is read must not be kept. */
  ticket(key: Uint8Array): Ticket | undefined {
    if (this.#isPaused || this.#isFixed) return undefined
    if (this.isFallback) this.refresh()
    const slot = slotOf(key)
    return { epoch: this.page.epoch(), slot, version: this.page.version(slot) }
  }

  /** Whether nothing was written to that slot since `ticket`, nor is being written anywhere. */
  holds({ epoch, slot, version }: Ticket): boolean {
    const page = this.page
    if (page.epoch() !== epoch || page.version(slot) !== version) return false
    return page.writer() === 0 && !page.isRetired()
  }

  /** Before a statement that changes the entry of `key`. It must call {@link announced}, unless a transaction is open. */
  touch(key: Uint8Array): void {
    this.#pending.push(slotOf(key))
    if (this.#isPaused) this.announce()
  }

  /** As {@link touch}, for entries whose keys are not known. */
  touchAll(): void {
    this.#isAllPending = true
    if (this.#isPaused) this.announce()
  }

  /** The statement that was announced by {@link touch} is not going to run. */
  forget(): void {
    this.#pending.length = 0
    this.#isAllPending = false
  }

  /** Runs while the write lock is held and nothing is committed yet: inside the statement that writes. */
  readonly announce = (): number => {
    try {
      if (!this.#hasBegun) this.#begin()
      if (this.#isAllPending && !this.#isAll) this.#bumpAllFirst()
      for (const slot of this.#pending) if (!this.#isAll) this.#bumpFirst(slot)
      this.forget()
      return 0
    } catch (error) {
      this.#failure = error
      throw error
    }
  }

  /** After a commit. */
  committed(): void {
    this.forget()
    if (!this.#hasBegun) return
    this.#hasBegun = false
    this.commits += 1
    try {
      if (this.#isAll) this.#bumpAll()
      else for (const [slot, first] of this.#bumped) this.#bumpAgain(slot, first)
      this.#release()
    } catch {
      // Our token stays: no reader keeps anything until the next writer has found it and made all entries void.
    }
    this.#isAll = false
  }

  /** After a rollback, or a statement that failed. */
  rolledBack(): void {
    this.forget()
    if (!this.#hasBegun) return
    this.#hasBegun = false
    this.#isAll = false
    this.#bumped.clear()
    this.#release()
  }

  /**
   * The version of a slot that was written to by the last commit, if nobody else has written to it since we had the lock:
   * what we stored is still true as long as it stays. On a page that was replaced before we had the lock it would stay for
   * ever; one that is replaced later has another epoch before anybody else can write.
   */
  settled(slot: number): number | undefined {
    return this.page.isRetired() ? undefined : this.#bumped.get(slot)
  }

  /** The epoch that goes with {@link settled}. */
  get settledEpoch(): number {
    return this.#epoch
  }

  /** Why {@link announce} failed, once. */
  takeFailure(): unknown {
    const failure = this.#failure
    this.#failure = undefined
    return failure
  }

  #begin(): void {
    this.#bumped.clear()
    this.#isAll = false
    const shared = this.#store.current()
    if (shared !== undefined) {
      // Somebody died here, or has committed and is about to release: what he bumped and what not is unknown.
      if (shared.writer() !== 0) shared.bumpEpoch()
      shared.claim(this.#token)
    }
    this.#hasBegun = true
    this.#epoch = this.page.epoch()
  }

  #release(): void {
    try {
      this.#store.shared?.release(this.#token)
    } catch {} // The next writer finds our token.
  }

  #bumpFirst(slot: number): void {
    if (this.#bumped.has(slot)) return
    if (this.#bumped.size >= mostSlots) {
      this.#bumpAllFirst()
      return
    }
    if (this.#store.shared !== this.page) this.#store.shared?.bump(slot)
    this.#bumped.set(slot, this.page.bump(slot))
  }

  #bumpAgain(slot: number, first: number): void {
    if (this.#store.shared !== this.page) this.#store.shared?.bump(slot)
    const second = this.page.bump(slot)
    if (second === ((first + 1) | 0)) this.#bumped.set(slot, second)
    else this.#bumped.delete(slot)
  }

  #bumpAllFirst(): void {
    this.#bumpAll()
    this.#isAll = true
    this.#bumped.clear()
  }

  #bumpAll(): void {
    if (this.#store.shared !== this.page) this.#store.shared?.bumpEpoch()
    this.page.bumpEpoch()
  }
}
