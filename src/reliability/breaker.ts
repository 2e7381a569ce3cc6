/** What a {@link Breaker} does with calls. Times are milliseconds since the epoch. */
export type BreakerState =
  | {
      /** Calls go through. */
      readonly state: 'closed'
      /** How many failed within the window. */
      readonly failures: number
    }
  | {
      /** Calls are refused. The first one after `until` is a probe: until then it stays open, however late that is. */
      readonly state: 'open'
      readonly until: number
      readonly openedAt: number
      /** What the last failure was. */
      readonly cause: unknown
    }
  | {
      /** So many calls as there are probes go through, to find out whether the tier is back; others are refused. */
      readonly state: 'half-open'
      /** Probes that are under way. */
      readonly probes: number
    }

/** When a {@link Breaker} opens and how long it stays open. Durations are milliseconds. */
export interface BreakerSettings {
  readonly failures: number
  readonly window: number
  readonly openFor: number
  readonly maxOpenFor: number
  readonly probes: number
}

/** A change of state. */
export interface BreakerChange {
  readonly from: BreakerState['state']
  readonly to: BreakerState['state']
  /** The failure that opened it. */
  readonly cause?: unknown
}

/**
 * Allows a call. It names the state that allowed it: what comes of a call after the state has changed, such as a failure of
 * an old call while a probe is under way, says nothing about the present.
 */
export type Pass = number

/**
 * A circuit breaker (Nygard, Release It!, chapter "Stability Patterns"; https://martinfowler.com/bliki/CircuitBreaker.html). It opens
 * when `failures` calls have failed within `window`; after `openFor` some probes go through; if all of them succeed it
 * closes, if one fails it opens for twice as long as before, up to `maxOpenFor`.
 *
 * It has no timers: states change when a call asks or ends.
 */
export class Breaker {
  readonly #settings: BreakerSettings
  readonly #now: () => number
  readonly #onChange: ((change: BreakerChange) => void) | undefined
  /** When the last failures were, in a ring: as many as open it. */
  readonly #failedAt: Float64Array
  #nextFailure = 0
  #lastCause: unknown
  #state: BreakerState['state'] = 'closed'
  #generation: Pass = 0
  #openedAt = 0
  #openFor: number
  #probesGiven = 0
  #probesPassed = 0
  #probesGivenAt = 0

  constructor(
    settings: BreakerSettings,
    now: () => number,
    onChange?: (change: BreakerChange) => void,
  ) {
    this.#settings = settings
    this.#now = now
    this.#onChange = onChange
    this.#failedAt = new Float64Array(settings.failures).fill(Number.NEGATIVE_INFINITY)
    this.#openFor = settings.openFor
  }

  get state(): BreakerState {
    if (this.#state === 'closed') return { state: 'closed', failures: this.#recentFailures() }
    if (this.#state === 'half-open')
      return { state: 'half-open', probes: this.#probesGiven - this.#probesPassed }
    return {
      state: 'open',
      until: this.#openedAt + this.#openFor,
      openedAt: this.#openedAt,
      cause: this.#lastCause,
    }
  }

  /** What the last failure was, while it is not closed. */
  get cause(): unknown {
    return this.#lastCause
  }

  /** Milliseconds until it may be asked again with hope; 0 where a call would go through, or waits for a probe. */
  get retryIn(): number {
    if (this.#state !== 'open' || this.#isOver(this.#openedAt)) return 0
    return this.#openedAt + this.#openFor - this.#now()
  }

  /** Whether a call would be refused now. Changes nothing. */
  get refuses(): boolean {
    if (this.#state === 'closed') return false
    if (this.#state === 'open') return !this.#isOver(this.#openedAt)
    return this.#probesGiven >= this.#settings.probes && !this.#isOver(this.#probesGivenAt)
  }

  /** Whether a call that was allowed by `pass` is still one of the present state, and that is closed. */
  isClosedSince(pass: Pass): boolean {
    return this.#state === 'closed' && pass === this.#generation
  }

  /** Allows a call, which must tell by {@link succeed}, {@link fail} or {@link giveBack} what came of it. */
  tryPass(): Pass | undefined {
    if (this.#state === 'closed') return this.#generation
    if (this.refuses) return undefined
    // In place of probes that did not come back in all that time.
    const isReplaced = this.#state === 'half-open' && this.#probesGiven >= this.#settings.probes
    const isFirst = this.#state === 'open' || isReplaced
    this.#probesGiven = isFirst ? 1 : this.#probesGiven + 1
    this.#probesGivenAt = this.#now()
    if (!isFirst) return this.#generation
    this.#probesPassed = 0
    return this.#change('half-open')
  }

  succeed(pass: Pass): void {
    if (pass !== this.#generation || this.#state !== 'half-open') return
    this.#probesPassed += 1
    if (this.#probesPassed < this.#settings.probes) return
    this.#openFor = this.#settings.openFor
    this.#failedAt.fill(Number.NEGATIVE_INFINITY)
    this.#lastCause = undefined
    this.#change('closed')
  }

  fail(pass: Pass, cause: unknown): void {
    if (pass !== this.#generation || this.#state === 'open') return
    const now = this.#now()
    if (this.#state === 'half-open') {
      this.#openFor = Math.min(this.#openFor * 2, this.#settings.maxOpenFor)
      this.#open(now, cause)
      return
    }
    this.#failedAt[this.#nextFailure] = now
    this.#nextFailure = (this.#nextFailure + 1) % this.#failedAt.length
    // The next to be overwritten is the oldest of so many failures as open it.
    const oldest = this.#failedAt[this.#nextFailure] as number
    if (now - oldest < this.#settings.window) this.#open(now, cause)
  }

  /** For a call that tells nothing about the tier. A probe may be tried again at once. */
  giveBack(pass: Pass): void {
    if (pass === this.#generation && this.#state === 'half-open') this.#probesGiven -= 1
  }

  #open(now: number, cause: unknown): void {
    this.#openedAt = now
    this.#lastCause = cause
    this.#change('open', cause)
  }

  /** @returns the pass of the new state, whatever a listener makes of it. */
  #change(to: BreakerState['state'], cause?: unknown): Pass {
    const from = this.#state
    this.#state = to
    this.#generation += 1
    const pass = this.#generation
    if (from !== to) this.#onChange?.(cause === undefined ? { from, to } : { from, to, cause })
    return pass
  }

  /** Whether `openFor` has passed. Where the machine's clock was set back it has: nobody knows how long ago that was. */
  #isOver(since: number): boolean {
    const now = this.#now()
    return now >= since + this.#openFor || now < since
  }

  #recentFailures(): number {
    const now = this.#now()
    let recent = 0
    for (const at of this.#failedAt) if (now - at < this.#settings.window) recent += 1
    return recent
  }
}
