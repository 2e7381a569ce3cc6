import { onTestFinished } from 'vitest'
import { type Cache, type CacheOptions, createCache, memory } from '../../../src/index.ts'
import { type ManualClock, manualClock } from '../../../src/testing/index.ts'

/** A cache on a clock that stands still; closed when the test ends. */
export function openCache(
  options: Partial<CacheOptions> = {},
  clock: ManualClock = manualClock(),
): { cache: Cache; clock: ManualClock } {
  const cache = createCache({ tiers: [memory()], clock, ...options })
  onTestFinished(() => cache.close())
  return { cache, clock }
}
