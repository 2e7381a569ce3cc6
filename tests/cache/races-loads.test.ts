import { describe, expect, it } from 'vitest'
import { disk, memory, type Tier } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { openCache } from './support/caches.ts'
import { deferred, turns } from './support/deferred.ts'
import { raceForms } from './support/forms.ts'
import { unhandledRejections } from './support/rejections.ts'

const down = new Error('the source is down')
const fails = (): Promise<never> => Promise.reject(down)

describe.each(raceForms)('loads, %s', (_, tiersOf) => {
  const open = (options: object = {}) => {
    const clock = manualClock()
    return openCache({ tiers: tiersOf(clock), ...options }, clock)
  }

  it('50 waiters on a loader that fails: one call, the same error, nothing kept', async () => {
    const unhandled = unhandledRejections()
    const { cache } = open()
    let loads = 0
    const load = async () => {
      loads += 1
      await turns(1)
      throw down
    }
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, () => cache.getOrSet('k', load)),
    )
    expect(loads).toBe(1)
    for (const result of results) expect(result).toMatchObject({ reason: down })
    expect(await cache.has('k')).toBe(false)
    expect(await cache.getOrSet('k', () => 'next')).toBe('next')
    expect(await unhandled()).toEqual([])
  })

  it('one caller who gives up leaves the others their load', async () => {
    const { cache } = open()
    const began = deferred()
    const gate = deferred<string>()
    const signals: AbortSignal[] = []
    const load = (context: { signal: AbortSignal }) => {
      signals.push(context.signal)
      began.resolve()
      return gate.promise
    }
    const controller = new AbortController()
    const first = cache.getOrSet('k', load, { signal: controller.signal })
    const second = cache.getOrSet('k', load)
    const ended = expect(first).rejects.toBe('enough')
    await began.promise
    controller.abort('enough')
    await ended
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
    gate.resolve('value')
    expect(await second).toBe('value')
    expect(await cache.get('k')).toBe('value')
    await turns()
    expect(signals[0]?.aborted).toBe(false)
  })

  it('the load is aborted with its last waiter, and who comes then begins another', async () => {
    const unhandled = unhandledRejections()
    const { cache } = open()
    const signals: AbortSignal[] = []
    const never = (context: { signal: AbortSignal }) => {
      signals.push(context.signal)
      return new Promise<never>(() => {})
    }
    const controllers = [new AbortController(), new AbortController()]
    const began = controllers.map(({ signal }) => cache.getOrSet('k', never, { signal }))
    const ended = Promise.allSettled(began)
    await turns()
    for (const controller of controllers) controller.abort(down)
    // At any distance from the abort.
    for (let turn = 0; turn < 12; turn += 1) {
      expect(await cache.getOrSet(`${turn}`, () => 1)).toBe(1)
      const controller = new AbortController()
      const aborted = cache.getOrSet(`late ${turn}`, never, { signal: controller.signal })
      aborted.catch(() => {})
      await turns(2)
      controller.abort(down)
      for (let tick = 0; tick < turn; tick += 1) await undefined
      expect(await cache.getOrSet(`late ${turn}`, () => 'new')).toBe('new')
    }
    expect(await cache.getOrSet('k', () => 'new')).toBe('new')
    for (const result of await ended) expect(result).toMatchObject({ reason: down })
    expect(signals[0]?.aborted).toBe(true)
    expect(await unhandled()).toEqual([])
  })

  it('a signal that is aborted already: nothing is loaded', async () => {
    const { cache } = open()
    const signal = AbortSignal.abort(down)
    const load = () => Promise.reject(new Error('called'))
    await expect(cache.getOrSet('k', load, { signal })).rejects.toBe(down)
    await expect(cache.getOrSetMany(['k'], load, { signal })).rejects.toBe(down)
    expect(cache.stats().loads).toBe(0)
  })

  it('close ends the loads that callers wait for, and waits for what nobody waits for', async () => {
    const unhandled = unhandledRejections()
    const { cache, clock } = open({ ttl: '1m', grace: '1h', swr: true })
    await cache.set('stale', 'old')
    await clock.advance(60_001)
    const gate = deferred<string>()
    const signals: AbortSignal[] = []
    expect(await cache.getOrSet('stale', () => gate.promise)).toBe('old')
    const waiting = cache.getOrSet('k', ({ signal }) => {
      signals.push(signal)
      return new Promise<never>(() => {})
    })
    const ended = expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    await turns()
    let isClosed = false
    const closing = cache.close().then(() => {
      isClosed = true
    })
    const again = cache.close()
    await ended
    expect(signals[0]?.aborted).toBe(true)
    await turns()
    expect(isClosed).toBe(false)
    gate.resolve('new')
    await Promise.all([closing, again])
    expect(await unhandled()).toEqual([])
  })

  it('failures in the background reach nobody but the listeners', async () => {
    const unhandled = unhandledRejections()
    const { cache, clock } = open({ ttl: '1m', grace: '1h', staleBackoff: 0 })
    const told: boolean[] = []
    cache.on('loadError', ({ background }) => told.push(background))
    await cache.set('k', 'old')
    await clock.advance(50_000)
    expect(await cache.getOrSet('k', fails, { eager: 0.5 })).toBe('old')
    await turns()
    await clock.advance(10_001)
    expect(await cache.getOrSet('k', fails, { swr: true })).toBe('old')
    await turns()
    const gate = deferred<never>()
    const soft = cache.getOrSet('k', () => gate.promise, { softTimeout: 10 })
    await turns()
    await clock.advance(11)
    expect(await soft).toBe('old')
    gate.reject(down)
    await turns()
    const hard = cache.getOrSet('k', () => new Promise<never>(() => {}), { hardTimeout: 10 })
    await turns()
    await clock.advance(11)
    expect(await hard).toBe('old')
    await turns()
    expect(told).toEqual([true, true, false, false])
    expect(await unhandled()).toEqual([])
  })

  it('a value that cannot be stored: each of 10 waiters gets one, and listeners are told', async () => {
    const { cache } = open()
    const drops: unknown[] = []
    cache.on('drop', ({ key }) => drops.push(key))
    let loads = 0
    const values = await Promise.all(
      Array.from({ length: 10 }, () =>
        cache.getOrSet('k', () => {
          loads += 1
          return { call: () => 1 }
        }),
      ),
    )
    expect(values.map(({ call }) => call())).toEqual(new Array(10).fill(1))
    expect(new Set(values).size).toBe(10)
    expect(loads).toBe(10)
    expect(drops).toEqual(new Array(10).fill('k'))
    expect(await cache.get('k')).toBeUndefined()
  })

  it('a load that began earlier does not take the place of one that began later', async () => {
    const { cache } = open()
    const gate = deferred<string>()
    const early = cache.getOrSet('k', () => gate.promise)
    await turns()
    expect(await cache.getOrSet('k', () => 'later', { forceFresh: true })).toBe('later')
    gate.resolve('earlier')
    expect(await early).toBe('earlier')
    expect(await cache.get('k')).toBe('later')
  })
})

/** Values that can be changed, and a change. */
const mutable: readonly (readonly [string, () => unknown, (value: never) => void])[] = [
  ['an object', () => ({ a: [1] }), (value: { a: number[] }) => value.a.push(2)],
  ['an array', () => [[1]], (value: number[][]) => value[0]?.push(2)],
  ['a date', () => new Date(5), (value: Date) => value.setTime(6)],
  ['a map', () => new Map([['a', 1]]), (value: Map<string, number>) => value.set('a', 2)],
  ['a set', () => new Set([1]), (value: Set<number>) => value.add(2)],
  ['a buffer', () => Buffer.from('abc'), (value: Buffer) => value.fill(0)],
  ['a typed array', () => new Float64Array([1, 2]), (value: Float64Array) => value.fill(0)],
  [
    'bytes in an object',
    () => ({ bytes: new Uint8Array([1]) }),
    (value: { bytes: Uint8Array }) => value.bytes.fill(0),
  ],
  [
    'an error',
    () => new Error('a'),
    (value: Error) => {
      value.message = 'b'
    },
  ],
]

const sharing: readonly (readonly [string, () => readonly Tier[]])[] = [
  ['memory', () => [memory()]],
  ['disk', () => [disk({ directory: temporaryDirectory() })]],
  ['memory and disk', () => [memory(), disk({ directory: temporaryDirectory() })]],
]

describe.each(sharing)('what one caller does to a value, %s', (_, tiers) => {
  it.each(mutable)('changes it for nobody else: %s', async (_kind, make, change) => {
    const { cache } = openCache({ tiers: tiers() })
    const own = make()
    const load = async () => {
      await turns(1)
      return own
    }
    const all = await Promise.all([0, 1, 2].map(() => cache.getOrSet('k', load)))
    expect(new Set(all).size).toBe(3)
    for (const value of all) change(value as never)
    const read = [
      () => cache.get('k'),
      async () => (await cache.getEntry('k'))?.value,
      async () => (await cache.getMany(['k'])).get('k'),
      () => cache.getOrSet('k', load),
      async () => (await cache.getOrSetMany(['k'], async () => [])).get('k'),
    ]
    for (const verb of [...read, ...read]) {
      const value = await verb()
      expect(value).toEqual(make())
      change(value as never)
    }
    const stored = make()
    await cache.set('k', stored)
    change(stored as never)
    expect(await cache.get('k')).toEqual(make())
    const several = make()
    await cache.setMany([['k', several]])
    change(several as never)
    expect(await cache.get('k')).toEqual(make())
  })

  it('the stale entry of a loader is its own', async () => {
    const { cache, clock } = openCache({ tiers: tiers(), ttl: '1m', grace: '1h' })
    await cache.set('k', [1])
    await clock.advance(60_001)
    const failing = cache.getOrSet<number[]>('k', ({ stale }) => {
      stale?.value.push(2)
      throw down
    })
    expect(await failing).toEqual([1])
  })
})

describe('share', () => {
  const values = { a: [1] }

  it("'frozen' gives all the same frozen value, and leaves the loader's alone", async () => {
    const { cache } = openCache({ tiers: [memory({ share: 'frozen' })] })
    const own = { a: [1] }
    const all = await Promise.all([0, 1].map(() => cache.getOrSet('k', async () => own)))
    const later = await cache.get<typeof values>('k')
    expect(all).toEqual([values, values])
    expect(new Set([...all, later]).size).toBe(1)
    expect(Object.isFrozen(later?.a)).toBe(true)
    expect(Object.isFrozen(own)).toBe(false)
    expect(later).not.toBe(own)
    // What no freezing reaches is copied.
    await cache.set('d', new Map([[1, 1]]))
    expect(await cache.get('d')).not.toBe(await cache.get('d'))
  })

  it("'reference' gives all the very object, functions too", async () => {
    const { cache } = openCache({ tiers: [memory({ share: 'reference' })] })
    const own = { call: () => 1 }
    expect(await cache.getOrSet('k', () => own)).toBe(own)
    expect(await cache.get('k')).toBe(own)
  })
})
