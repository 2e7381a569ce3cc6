import { expect, it } from 'vitest'
import { memory } from '../../src/index.ts'
import { openCache } from './support/caches.ts'

it('the signal of a loader that has returned is not aborted', async () => {
  const { cache } = openCache({ tiers: [memory()] })
  const signals: AbortSignal[] = []
  await cache.getOrSet('a', ({ signal }) => {
    signals.push(signal)
    return 1
  })
  await cache.getOrSetMany(['b', 'c'], async (keys, { signal }) => {
    signals.push(signal)
    return keys.map(() => 1)
  })
  await undefined
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false])
})

it('the signal of a loader is aborted when its last caller has gone, also if it is looked at only then', async () => {
  const { cache } = openCache({ tiers: [memory()] })
  const gone = new AbortController()
  let context: { readonly signal: AbortSignal } | undefined
  const started = new Promise<void>((resolve) => {
    const waits = cache.getOrSet(
      'a',
      (given) => {
        context = given
        resolve()
        return new Promise(() => {})
      },
      { signal: gone.signal },
    )
    waits.catch(() => {})
  })
  await started
  gone.abort(new Error('enough'))
  for (let turn = 0; turn < 10; turn += 1) await undefined
  expect(context?.signal.aborted).toBe(true)
  // Nothing of it stands in the way of the next.
  expect(await cache.getOrSet('a', () => 2)).toBe(2)
})
