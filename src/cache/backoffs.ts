import type { Clock } from '../contracts/clock.ts'

/** Failures that are remembered, at most. */
const most = 10_000

/** Which keys' sources have failed lately: until when they are left alone, and stale values are served instead. */
export class Backoffs {
  readonly #clock: Clock
  readonly #until = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  has(id: string): boolean {
    const until = this.#until.get(id)
    if (until === undefined) return false
    if (this.#clock.now() < until) return true
    this.#until.delete(id)
    return false
  }

  /** The source has failed, and is left alone for `ms`. */
  add(id: string, ms: number): void {
    if (ms === 0) return
    this.#until.delete(id)
    this.#until.set(id, this.#clock.now() + ms)
    if (this.#until.size <= most) return
    const [oldest] = this.#until.keys()
    if (oldest !== undefined) this.#until.delete(oldest)
  }

  /** The source has answered, or somebody has stored a value. */
  delete(id: string): void {
    if (this.#until.size > 0) this.#until.delete(id)
  }
}
