import { RollingHistogram } from '../util/rolling-histogram.ts'

/** How long calls may take: none, always the same, or by how long they took lately. Durations are milliseconds. */
export type DeadlineSettings = false | { readonly ms: number } | AdaptiveSettings

/** See `AdaptiveTimeout` of the options. */
export interface AdaptiveSettings {
  readonly p99: number
  readonly min: number
  readonly max: number
  readonly window: number
}

/** With fewer recent calls than this, a percentile says nothing. */
const ENOUGH_CALLS = 20
/** Calls after which the percentile is computed again: that takes microseconds. */
const CALLS_PER_LOOK = 32
/** What {@link Latencies} remember where the deadline does not say otherwise: a minute. */
const USUAL_WINDOW = 60_000

/**
 * How long recent calls took, and the deadline that follows from it.
 *
 * A call that was given up counts with the time that it was given, and this is what keeps an adaptive deadline from a trap: when a
 * tier becomes slower than its deadline nothing else would be recorded, and every call would time out until the old
 * times are forgotten. So the deadline grows by its factor until calls succeed again or `max` is reached.
 */
export class Latencies {
  readonly #settings: DeadlineSettings
  readonly #recent: RollingHistogram
  #callsUntilLook = 0
  #deadline: number
  #lookedAt = Number.NEGATIVE_INFINITY
  readonly #now: () => number
  readonly #window: number

  constructor(settings: DeadlineSettings, now: () => number) {
    this.#settings = settings
    this.#window = settings !== false && 'p99' in settings ? settings.window : USUAL_WINDOW
    this.#now = now
    this.#recent = new RollingHistogram({
      window: this.#window,
      now,
      // A sixteenth of a millisecond to 70 minutes.
      lowest: 2 ** -4,
      highest: 2 ** 22,
    })
    this.#deadline = settings === false ? Number.POSITIVE_INFINITY : maxOf(settings)
  }

  /** Milliseconds that a call may take now; `Infinity` = as long as it likes. */
  get deadline(): number {
    if (this.#settings !== false && 'p99' in this.#settings) this.#adapt(this.#settings)
    return this.#deadline
  }

  record(ms: number): void {
    this.#recent.record(ms)
    this.#callsUntilLook -= 1
  }

  /** Notes a call that was given up after `ms`. The next one gets the deadline that follows from it. */
  recordTimeout(ms: number): void {
    this.#recent.record(ms)
    this.#callsUntilLook = 0
  }

  percentile(share: number): number {
    return this.#recent.percentile(share)
  }

  #adapt({ p99, min, max }: AdaptiveSettings): void {
    const now = this.#now()
    const sinceLook = now - this.#lookedAt
    const isKnown = sinceLook >= 0 && sinceLook < this.#window / 8
    if (isKnown && this.#callsUntilLook > 0) return
    this.#lookedAt = now
    this.#callsUntilLook = this.#recent.count < ENOUGH_CALLS ? 1 : CALLS_PER_LOOK
    const wanted =
      this.#recent.count < ENOUGH_CALLS ? max : Math.ceil(this.#recent.percentile(0.99) * p99)
    this.#deadline = Math.min(max, Math.max(min, wanted))
  }
}

function maxOf(settings: { readonly ms: number } | AdaptiveSettings): number {
  return 'ms' in settings ? settings.ms : settings.max
}
