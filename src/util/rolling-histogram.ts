import { Histogram, type HistogramOptions } from './histogram.ts'

const SLICES = 4

/** For {@link RollingHistogram}. */
export interface RollingHistogramOptions extends HistogramOptions {
  /** Milliseconds that values are remembered, give or take a quarter. */
  readonly window: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * A {@link Histogram} of what was recorded lately: four of them that take turns, of which the oldest is emptied when its turn
 * comes. So a value is forgotten after three quarters of the window at the earliest, and after all of it at the latest.
 */
export class RollingHistogram {
  readonly #slices: readonly Histogram[]
  readonly #merged: Histogram
  readonly #clock: () => number
  readonly #sliceLength: number
  #turn: number
  /** Grows when anything changes, so that readers may keep what they computed. */
  #version = 0
  #mergedVersion = -1

  constructor({ window, now, ...range }: RollingHistogramOptions) {
    this.#slices = Array.from({ length: SLICES }, () => new Histogram(range))
    this.#merged = new Histogram(range)
    this.#clock = now
    this.#sliceLength = window / SLICES
    this.#turn = this.#now()
  }

  /** How many values are remembered. */
  get count(): number {
    this.#rotate()
    let count = 0
    for (const slice of this.#slices) count += slice.count
    return count
  }

  record(value: number): void {
    this.#rotate()
    this.#slice(this.#turn).record(value)
    this.#version += 1
  }

  /** As {@link Histogram.percentile}. */
  percentile(share: number): number {
    this.#rotate()
    if (this.#mergedVersion !== this.#version) {
      this.#merged.reset()
      for (const slice of this.#slices) this.#merged.merge(slice)
      this.#mergedVersion = this.#version
    }
    return this.#merged.percentile(share)
  }

  #rotate(): void {
    const turn = this.#now()
    if (turn === this.#turn) return
    // A clock that was set back, or not looked at for long: nothing that is here is recent.
    const passed = turn < this.#turn ? SLICES : Math.min(SLICES, turn - this.#turn)
    for (let step = 0; step < passed; step += 1) this.#slice(turn - step).reset()
    this.#turn = turn
    this.#version += 1
  }

  #slice(turn: number): Histogram {
    return this.#slices[((turn % SLICES) + SLICES) % SLICES] as Histogram
  }

  #now(): number {
    return Math.floor(this.#clock() / this.#sliceLength)
  }
}
