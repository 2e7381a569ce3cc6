import type { Clock, Timer } from '../contracts/clock.ts'

/** Waits before a tier is tried again, in milliseconds: doubled from the first to the last. */
const firstWait = 250
const longestWait = 5_000

/** A write that a tier has missed. */
interface Missed<Op> {
  op: Op
  /** Calls that were given up and may still take effect: what they left must be written over when they have ended. */
  unsettled: number
}

export interface RecoveryParts<Op> {
  readonly clock: Clock
  /** Missed writes that are kept, by key. */
  readonly most: number
  /** Makes one write good, unless what is there is newer. @returns that which is newer. @throws what keeps it from being written. */
  readonly replay: (key: string, op: Op) => Promise<Op | undefined>
  /** Whether a write is still worth making good, other than by removing what it was to replace. */
  readonly isWanted: (op: Op) => boolean
  /** So many were made good, and so many were not worth it any more. */
  readonly onRecover: (replayed: number, dropped: number) => void
  /** There were more than `most`: all were dropped, and what stands in the tier must count for nothing. */
  readonly onOverflow: () => void
}

/**
 * The writes that one tier has missed while it was down: the newest for each key, made good when it is back. While a key
 * waits here, what the tier says of it is not believed.
 */
export class RecoveryQueue<Op> {
  readonly #parts: RecoveryParts<Op>
  readonly #missed = new Map<string, Missed<Op>>()
  #timer: Timer | undefined
  #wait = firstWait
  #running: Promise<void> | undefined
  #isClosed = false

  constructor(parts: RecoveryParts<Op>) {
    this.#parts = parts
  }

  get size(): number {
    return this.#missed.size
  }

  /** What is to be written under `key`. */
  get(key: string): Op | undefined {
    return this.#missed.get(key)?.op
  }

  /**
   * Keeps a write that failed.
   * @param rest settles when the failed call has really ended.
   */
  add(key: string, op: Op, rest: Promise<unknown> | undefined): void {
    const before = this.#missed.get(key)
    const missed: Missed<Op> = { op, unsettled: before?.unsettled ?? 0 }
    // The newest is replayed last: it may be what tells others to look at the rest.
    this.#missed.delete(key)
    this.#missed.set(key, missed)
    if (rest !== undefined) this.#awaitRest(key, rest)
    if (this.#missed.size > this.#parts.most) {
      this.#missed.clear()
      this.#parts.onOverflow()
    }
    this.#schedule()
  }

  /** A newer write of `key` succeeded: it is what counts, should an older one still take effect. */
  supersede(key: string, op: Op): void {
    const before = this.#missed.get(key)
    if (before !== undefined) this.#missed.set(key, { op, unsettled: before.unsettled })
  }

  /** Tries to make good what waits. @returns when it has tried. */
  flush(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Tries once more, then stops. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.clear()
    await this.flush()
  }

  #awaitRest(key: string, rest: Promise<unknown>): void {
    const count = (by: number): void => {
      const missed = this.#missed.get(key)
      if (missed !== undefined) missed.unsettled = Math.max(0, missed.unsettled + by)
    }
    count(1)
    const end = (): void => count(-1)
    rest.then(end, end)
  }

  async #run(): Promise<void> {
    this.#timer?.clear()
    this.#timer = undefined
    let replayed = 0
    let dropped = 0
    try {
      for (const [key, missed] of [...this.#missed]) {
        // Also what would have ended by now: what it was to replace must not come back.
        const newer = await this.#parts.replay(key, missed.op)
        if (this.#parts.isWanted(missed.op)) replayed += 1
        else dropped += 1
        if (this.#missed.get(key) !== missed) continue
        // It counts from now on, also against what is late.
        if (newer !== undefined) missed.op = newer
        if (missed.unsettled === 0) this.#missed.delete(key)
      }
      this.#wait = firstWait
    } catch {
      this.#wait = Math.min(longestWait, this.#wait * 2)
    }
    if (replayed + dropped > 0) this.#parts.onRecover(replayed, dropped)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isClosed || this.#missed.size === 0 || this.#timer !== undefined) return
    this.#timer = this.#parts.clock.setTimeout(() => {
      this.#timer = undefined
      void this.flush()
    }, this.#wait)
  }
}
