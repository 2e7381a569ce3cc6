import type { Clock } from '../contracts/clock.ts'

/**
 * Moments in the order in which they are asked for: microseconds since the epoch, of which the last three digits only tell
 * apart what happens within one millisecond. Two stamps of a process are never equal; a safe integer until the year 2255.
 */
export class Stamps {
  readonly #clock: Clock
  #last = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  next(): number {
    const now = Math.floor(this.#clock.now()) * 1_000
    this.#last = now > this.#last ? now : this.#last + 1
    return this.#last
  }
}

/** The millisecond of `stamp`. */
export function millisOf(stamp: number): number {
  return Math.floor(stamp / 1_000)
}
