import type { Clock } from '../contracts/clock.ts'

/** So many milliseconds between two stamps of one node that fall on the same millisecond; a float64 holds such times exactly. */
const step = 1 / 1_024

/**
 * Times that order what happens in one node: milliseconds since the epoch, each later than all before it even when the clock
 * stands still or goes back. Those of two nodes are compared by the millisecond and with a margin, see `markers.ts`.
 */
export class Stamps {
  readonly #clock: Clock
  /** Milliseconds by which the shared tier's clock is ahead of ours. */
  offset = 0
  #last = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  next(): number {
    this.#last = Math.max(this.#clock.now() + this.offset, this.#last + step)
    return this.#last
  }
}
