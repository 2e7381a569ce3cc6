import { describe, expect, it } from 'vitest'
import {
  type CacheOptions,
  encryption,
  json,
  memory,
  type StoreOptions,
  tier,
} from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { openCache } from './support/caches.ts'
import { deferred, turns } from './support/deferred.ts'
import { entryIn, type Records, testBackend } from './support/test-backend.ts'
import { TestBus } from './support/test-bus.ts'

const down = new Error('the tier is down')

describe('CacheOptions', () => {
  const onBackend = (options: Partial<CacheOptions>) => {
    const clock = manualClock()
    const records: Records = new Map()
    const tiers = [tier(testBackend({ clock, records }))]
    return { ...openCache({ tiers, ...options }, clock), records, tiers }
  }

  it('tiers: where entries are, fastest first', async () => {
    const clock = manualClock()
    const tiers = [memory({ name: 'one' }), tier(testBackend({ clock }), { name: 'two' })]
    const { cache } = openCache({ tiers }, clock)
    await cache.set('k', 1)
    expect((await cache.explain('k')).tiers.map(({ name, found }) => [name, found])).toEqual([
      ['one', true],
      ['two', true],
    ])
    expect((await cache.getEntry('k'))?.tier).toBe('one')
  })

  it('bus: tells other caches of changes', async () => {
    for (const bus of [undefined, new TestBus()]) {
      const [a, b] = [openCache({ bus }).cache, openCache({ bus }).cache]
      await b.set('k', 'old')
      await a.set('k', 'new')
      expect(await b.get('k')).toBe(bus === undefined ? 'old' : undefined)
    }
  })

  it('name: caches of one name share entries, others do not', async () => {
    const clock = manualClock()
    const records: Records = new Map()
    const open = (name?: string) =>
      openCache({ name, tiers: [tier(testBackend({ clock, records }))] }, clock).cache
    await open('a').set('k', 1)
    expect([await open('a').get('k'), await open('b').get('k'), await open().get('k')]).toEqual([
      1,
      undefined,
      undefined,
    ])
  })

  it('codec: encodes every value', async () => {
    const { cache, records } = onBackend({ codec: json() })
    await cache.set('k', { a: 1 })
    expect(entryIn(records).toString('latin1')).toContain('{"a":1}')
    await expect(cache.set('m', new Map())).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED_VALUE' })
  })

  it('compress: makes what is stored smaller', async () => {
    const { cache, records } = onBackend({ compress: 'gzip' })
    await cache.set('k', 'x'.repeat(10_000))
    expect(entryIn(records).byteLength).toBeLessThan(1_000)
    expect(await cache.get('k')).toBe('x'.repeat(10_000))
  })

  it('encrypt: hides values, binds them to their key', async () => {
    const encrypt = encryption({ keys: [new Uint8Array(32).fill(7)] })
    const { cache, records } = onBackend({ encrypt })
    await cache.set('k', 'a secret')
    expect(entryIn(records).includes('secret')).toBe(false)
    expect(await cache.get('k')).toBe('a secret')
    const [key] = [...records.keys()].filter((one) => one.includes(':e:'))
    records.set(`${key}2`, records.get(key ?? '') as never)
    const told: unknown[] = []
    cache.on('tamper', ({ key: of }) => told.push(of))
    expect(await cache.get('k2')).toBeUndefined()
    expect(told).toEqual(['k2'])
  })

  it('markerTtl: how late a clear by another is noticed', async () => {
    const clock = manualClock()
    const records: Records = new Map()
    const open = () => {
      const tiers = [memory(), tier(testBackend({ clock, records }))]
      return openCache({ tiers, markerTtl: '5s' }, clock).cache
    }
    const [a, b] = [open(), open()]
    await a.set('k', 1)
    await b.clear()
    await clock.advance(4_999)
    expect(await a.get('k')).toBe(1)
    await clock.advance(1)
    expect(await a.get('k')).toBeUndefined()
  })

  it('clockSkew: what another stored within it after an invalidation counts as older', async () => {
    for (const [clockSkew, found] of [
      [0, 'theirs'],
      ['50ms', undefined],
    ] as const) {
      const clock = manualClock()
      const records: Records = new Map()
      const open = () =>
        openCache({ clockSkew, tiers: [tier(testBackend({ clock, records }))] }, clock).cache
      const [a, b] = [open(), open()]
      await a.clear()
      await clock.advance(20)
      await b.set('k', 'theirs')
      expect(await a.get('k')).toBe(found)
    }
  })

  it('maxBackground: more refreshes are left to the next read', async () => {
    const { cache, clock } = openCache({ maxBackground: 2, ttl: '1m', grace: '1h', swr: true })
    const keys = ['a', 'b', 'c']
    await cache.setMany(keys.map((key) => [key, 'old'] as const))
    await clock.advance(60_001)
    let loads = 0
    const gate = deferred<string>()
    const load = () => {
      loads += 1
      return gate.promise
    }
    for (const key of keys) expect(await cache.getOrSet(key, load)).toBe('old')
    await turns()
    expect(loads).toBe(2)
    gate.resolve('new')
    await turns()
    expect(await cache.getMany(keys)).toEqual(
      new Map([
        ['a', 'new'],
        ['b', 'new'],
      ]),
    )
  })

  it('clock: where time comes from', async () => {
    const { cache } = openCache({}, manualClock(5_000))
    await cache.set('k', 1)
    expect((await cache.getEntry('k'))?.createdAt).toBe(5_000)
  })

  it('random: draws jitter', async () => {
    const { cache, clock } = openCache({ random: () => 0.25, jitter: 1, ttl: 1_000 })
    await cache.set('k', 1)
    expect((await cache.getEntry('k'))?.expiresAt).toBe(clock.now() + 750)
  })

  it('onEvent: is told of every event', async () => {
    const told: string[] = []
    const { cache } = openCache({ onEvent: ({ type }) => told.push(type) })
    await cache.getOrSet('k', () => 1)
    await cache.get('k')
    expect(told).toEqual(['miss', 'load', 'set', 'hit'])
  })
})

describe('StoreOptions', () => {
  const entry = async (options: StoreOptions, defaults: object = {}) => {
    const { cache, clock } = openCache(defaults)
    await cache.set('k', 1, options)
    return { cache, clock, found: await cache.getEntry('k') }
  }

  it('ttl: how long it lives; 0 removes what was there', async () => {
    const { cache, clock, found } = await entry({ ttl: '2s' }, { ttl: '1h' })
    expect(found?.expiresAt).toBe(clock.now() + 2_000)
    await cache.set('k', 2, { ttl: 0 })
    expect(await cache.has('k')).toBe(false)
  })

  it('expiresAt: when it ends; a past one removes what was there', async () => {
    const end = Date.UTC(2026, 0, 2)
    const { cache, found } = await entry({ expiresAt: end }, { ttl: 1 })
    expect(found?.expiresAt).toBe(end)
    expect((await entry({ expiresAt: new Date(end) })).found?.expiresAt).toBe(end)
    await cache.set('k', 2, { expiresAt: 0 })
    expect(await cache.has('k')).toBe(false)
  })

  it('grace: how long it may be served stale', async () => {
    const { cache, clock, found } = await entry({ ttl: 100, grace: 50 }, { grace: '1h' })
    expect(found?.staleUntil).toBe(clock.now() + 150)
    await clock.advance(149)
    expect(await cache.get('k', { stale: true })).toBe(1)
    await clock.advance(1)
    expect(await cache.get('k', { stale: true })).toBeUndefined()
  })

  it('grace: begins when an entry without an end is expired', async () => {
    const { cache, clock } = await entry({}, { grace: '1h' })
    await cache.expire('k')
    await clock.advance(3_599_999)
    expect(await cache.get('k', { stale: true })).toBe(1)
    await clock.advance(1)
    expect(await cache.get('k', { stale: true })).toBeUndefined()
  })

  it('grace: of the entry itself wins over that of the cache', async () => {
    const { cache, clock } = await entry({ grace: 100 }, { grace: '1h' })
    await cache.touch('k', Number.POSITIVE_INFINITY)
    await cache.expire('k')
    await clock.advance(99)
    expect(await cache.get('k', { stale: true })).toBe(1)
    await clock.advance(1)
    expect(await cache.get('k', { stale: true })).toBeUndefined()
  })

  it('tag: one tag; tags: several', async () => {
    expect((await entry({ tag: 'a' })).found?.tags).toEqual(['a'])
    const { cache, found } = await entry({ tag: 'a', tags: ['b', 'a'] })
    expect(found?.tags).toEqual(['a', 'b'])
    await cache.invalidateTags('b')
    expect(await cache.has('k')).toBe(false)
  })

  it.each([
    ['etag', '"e"'],
    ['lastModified', 'then'],
    ['description', 'a sentence'],
    ['meta', { a: { b: [1, null] } }],
  ])('%s: is kept with the entry', async (name, value) => {
    expect((await entry({ [name]: value })).found).toMatchObject({ [name]: value })
  })

  it('version: of what shape the value is', async () => {
    expect((await entry({ version: 2 }, { version: 2 })).found?.version).toBe(2)
    expect((await entry({}, { version: 'a' })).found?.version).toBe('a')
    const { cache, found } = await entry({ version: 1 }, { version: 2 })
    expect(found).toBeUndefined()
    expect(await cache.has('k')).toBe(false)
  })

  it('strict: rejects if a tier did not take it', async () => {
    const clock = manualClock()
    const backend = testBackend({
      clock,
      before: (verb) => {
        if (verb === 'set' || verb === 'add') throw down
      },
    })
    const { cache } = openCache({ tiers: [memory(), tier(backend)] }, clock)
    const results: string[] = []
    cache.on('set', ({ result }) => results.push(result))
    await cache.set('k', 1)
    expect(await cache.add('l', 1)).toBe(true)
    expect(results).toEqual(['queued', 'queued'])
    await expect(cache.set('m', 1, { strict: true })).rejects.toBe(down)
    await expect(cache.add('n', 1, { strict: true })).rejects.toBe(down)
  })

  it('signal: one that is aborted stores nothing', async () => {
    const { cache } = openCache()
    const signal = AbortSignal.abort(down)
    await expect(cache.set('k', 1, { signal })).rejects.toBe(down)
    await expect(
      cache.setMany([
        ['j', 1],
        ['k', 1, { signal }],
      ]),
    ).rejects.toBe(down)
    await expect(cache.add('k', 1, { signal })).rejects.toBe(down)
    expect((await cache.getMany(['j', 'k'])).size).toBe(0)
  })
})

describe('ReadOptions', () => {
  it('stale: gives what has expired too', async () => {
    const { cache, clock } = openCache({ ttl: 100, grace: 100 })
    await cache.set('k', 1)
    await clock.advance(100)
    expect([await cache.get('k'), await cache.get('k', { stale: false })]).toEqual([
      undefined,
      undefined,
    ])
    expect(await cache.get('k', { stale: true })).toBe(1)
    expect((await cache.getMany(['k'])).size).toBe(0)
    expect(await cache.getMany(['k'], { stale: true })).toEqual(new Map([['k', 1]]))
    expect((await cache.getEntry('k'))?.stale).toBe(true)
    expect(await cache.getEntry('k', { stale: false })).toBeUndefined()
  })

  it('signal: ends the wait for a slow tier', async () => {
    const clock = manualClock()
    const gate = deferred()
    const { cache } = openCache(
      { tiers: [tier(testBackend({ clock, before: () => gate.promise }))] },
      clock,
    )
    const { signal, ...controller } = controllerOf()
    const reads = [
      cache.get('k', { signal }),
      cache.getEntry('k', { signal }),
      cache.getMany(['k'], { signal }),
    ]
    const ended = Promise.all(reads.map((read) => expect(read).rejects.toBe('enough')))
    await turns()
    controller.abort()
    await ended
    await expect(cache.get('k', { signal })).rejects.toBe('enough')
    gate.resolve()
  })
})

function controllerOf() {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort('enough') }
}

describe('InvalidateOptions', () => {
  it('hard: absent at once, instead of stale', async () => {
    for (const hard of [undefined, false, true]) {
      const { cache } = openCache({ grace: '1h' })
      await cache.set('k', 1, { tags: ['t'] })
      await cache.invalidateTags('t', { hard })
      expect(await cache.get('k', { stale: true })).toBe(hard === true ? undefined : 1)
    }
  })
})
