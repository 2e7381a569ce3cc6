import { expect, it } from 'vitest'
import { openCache } from './support/caches.ts'

const never = () => new Promise<number>(() => {})

it.each(['getOrSet', 'getOrSetMany'] as const)(
  '%s: a load that goes on after softTimeout is ended at hardTimeout, and the source is left alone for a while',
  async (verb) => {
    const { cache, clock } = openCache({
      ttl: 1_000,
      grace: '1h',
      softTimeout: 100,
      hardTimeout: 1_000,
      staleBackoff: 5_000,
    })
    let signal: AbortSignal | undefined
    let loads = 0
    const ask = async (): Promise<unknown> => {
      if (verb === 'getOrSet')
        return await cache.getOrSet('k', (context) => {
          signal = context.signal
          loads += 1
          return never()
        })
      const all = await cache.getOrSetMany(['k'], async (_, context) => {
        signal = context.signal
        loads += 1
        await never()
        return []
      })
      return all.get('k')
    }
    await cache.set('k', 1)
    await clock.advance(1_001)
    const asked = ask()
    await clock.advance(100)
    expect([await asked, loads, signal?.aborted]).toEqual([1, 1, false])
    await clock.advance(899)
    expect(signal?.aborted).toBe(false)
    await clock.advance(1)
    expect(signal?.aborted).toBe(true)
    // A load of its own, and not the one that hangs.
    await clock.advance(5_000)
    const again = ask()
    await clock.advance(100)
    expect([await again, loads]).toEqual([1, 2])
    await clock.advance(1_000)
    await cache.close()
  },
)
