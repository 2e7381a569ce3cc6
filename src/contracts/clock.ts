/** A pending {@link Clock.setTimeout}. */
export interface Timer {
  /** Cancels the call; harmless when it has already run. */
  clear(): void
}

/** Where time comes from. Injected so that tests advance it by hand instead of sleeping. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls `run` once, `ms` milliseconds from now. Never keeps the process alive. */
  setTimeout(run: () => void, ms: number): Timer
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout(run, ms) {
    const timer = setTimeout(run, ms)
    timer.unref()
    return { clear: () => clearTimeout(timer) }
  },
}
