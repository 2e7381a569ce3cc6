import type { Clock } from '../contracts/clock.ts'

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Moves time on by `ms`, running what falls due on the way, each at its time, and what that causes. */
  advance(ms: number): Promise<void>
}

interface Due {
  readonly at: number
  readonly run: () => void
}

/**
 * A clock for tests.
 * @param start milliseconds since the epoch at which it stands first. Default: 1 January 2026.
 * @example
 * const clock = manualClock()
 * const cache = new DiskCache(directory, { clock, ttl: '1s' })
 * cache.set('a', 1)
 * await clock.advance(1_000)
 * cache.has('a') // false
 */
export function manualClock(start: number = Date.UTC(2026, 0, 1)): ManualClock {
  let now = start
  const pending = new Set<Due>()
  return {
    now: () => now,
    setTimeout(run, ms) {
      const due = { at: now + Math.max(0, ms), run }
      pending.add(due)
      return { clear: () => pending.delete(due) }
    },
    async advance(ms) {
      const end = now + ms
      await settle()
      for (let due = next(pending, end); due !== undefined; due = next(pending, end)) {
        now = Math.max(now, due.at)
        pending.delete(due)
        due.run()
        await settle()
      }
      now = end
      await settle()
    },
  }
}

function next(pending: ReadonlySet<Due>, end: number): Due | undefined {
  let first: Due | undefined
  for (const due of pending)
    if (due.at <= end && (first === undefined || due.at < first.at)) first = due
  return first
}

/** Lets promises and immediate callbacks that are ready run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1)
    await new Promise<void>((resolve) => setImmediate(resolve))
}
