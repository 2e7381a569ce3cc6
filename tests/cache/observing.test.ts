import { describe, expect, it } from 'vitest'
import { cacheEventNames } from '../../src/contracts/cache-events.ts'
import {
  type Cache,
  type CacheEvent,
  type CacheOptions,
  type MissReason,
  memory,
  type StoreOptions,
  type Tier,
  tier,
} from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { openCache } from './support/caches.ts'
import { turns } from './support/deferred.ts'
import { type Records, testBackend } from './support/test-backend.ts'
import { TestBus } from './support/test-bus.ts'

const down = new Error('the tier is down')
const secret = 'never in an event'

/** A cache over memory and a backend that can be taken down. */
function downable(options: Partial<CacheOptions> = {}, own: object = {}) {
  const clock = manualClock()
  const records: Records = new Map()
  const state = { isDown: false }
  const before = () => {
    if (state.isDown) throw down
  }
  const far = tier(testBackend({ clock, records, before, ...own }), { name: 'far', ...own })
  return { ...openCache({ tiers: [memory(), far], ...options }, clock), records, state, far }
}

describe('events', () => {
  it('each is told, and none has a value in it', async () => {
    const told = new Map<string, CacheEvent[]>()
    const bus = new TestBus()
    const onEvent = (event: CacheEvent) => {
      told.set(event.type, [...(told.get(event.type) ?? []), event])
    }
    const opened = downable({ onEvent, bus, ttl: '1m', grace: '1h' })
    const { cache, clock, records, state } = opened
    await cache.getOrSet('k', () => secret)
    await cache.get('k')
    await cache.getOrSet('f', () => Promise.reject(down)).catch(() => {})
    await cache.set('d', secret)
    await cache.delete('d')
    await cache.set('x', secret)
    await cache.expire('x')
    await cache.invalidateTags('t')
    await cache.getOrSet('fn', () => () => secret)
    for (const [key, record] of records)
      if (key.endsWith('sk')) records.set(key, { ...record, bytes: Buffer.from('damaged') })
    bus.deliver('nonsense')
    bus.gap()
    await cache.get('k')
    state.isDown = true
    await cache.set('q', secret)
    state.isDown = false
    await turns()
    await clock.advance(60_000)
    const small = openCache({ onEvent, tiers: [memory({ maxEntries: 1 })] })
    for (const key of ['a', 'b']) await small.cache.set(key, secret)
    const guarded = downable({ onEvent }, { breaker: { failures: 1 } })
    guarded.state.isDown = true
    await guarded.cache.get('k')
    // What is tampered with needs encryption: see the tests of `encrypt`.
    const expected = cacheEventNames.filter((name) => name !== 'tamper')
    expect(expected.filter((name) => !told.has(name))).toEqual([])
    expect(JSON.stringify([...told])).not.toContain(secret)
    for (const [name, events] of told)
      for (const event of events)
        for (const [field, value] of Object.entries(event))
          if (field === 'key') expect(typeof value, name).toBe('string')
  })

  it('what a node does is told by the others, with tags as they were given', async () => {
    const bus = new TestBus()
    const clock = manualClock()
    const { cache } = openCache({ bus }, clock)
    const { cache: other } = openCache({ bus }, clock)
    const told: unknown[] = []
    other.on('tagInvalidate', (event) => told.push(event))
    await cache.namespace('n:/').invalidateTags('a:b', 'c', { hard: true })
    await cache.clear()
    expect(told).toEqual([{ tags: ['a:b', 'c'], hard: true, isRemote: true }])
  })

  it('on gives what ends it', async () => {
    const { cache } = openCache()
    const told: unknown[] = []
    const end = cache.on('set', ({ key }) => told.push(key))
    await cache.set('a', 1)
    end()
    await cache.set('b', 1)
    expect(told).toEqual(['a'])
  })
})

describe('explain', () => {
  /** The reason of the last miss of `k`. */
  const reason = async (cache: Cache) => {
    expect(await cache.get('k')).toBeUndefined()
    const { lastMiss, state } = await cache.explain('k')
    return [lastMiss?.reason, state]
  }
  const set = (cache: Cache, options: StoreOptions = {}) =>
    cache.set('k', 1, { tags: ['t'], ...options })

  const cases: readonly (readonly [
    MissReason,
    (opened: ReturnType<typeof openCache>) => Promise<unknown>,
    string,
  ])[] = [
    ['never-stored', async () => {}, 'absent'],
    [
      'expired',
      async ({ cache, clock }) => {
        await set(cache, { ttl: 10 })
        await clock.advance(10)
      },
      'absent',
    ],
    [
      'expired',
      async ({ cache, clock }) => {
        await set(cache, { ttl: 10, grace: 100 })
        await clock.advance(10)
      },
      'stale',
    ],
    [
      'expired',
      async ({ cache }) => {
        await set(cache, { ttl: 10 })
        await cache.expire('k')
      },
      'absent',
    ],
    [
      'deleted',
      async ({ cache }) => {
        await set(cache)
        await cache.delete('k')
      },
      'absent',
    ],
    [
      'tag',
      async ({ cache }) => {
        await set(cache)
        await cache.invalidateTags('t')
      },
      'stale',
    ],
    [
      'tag',
      async ({ cache }) => {
        await set(cache)
        await cache.invalidateTags('t', { hard: true })
      },
      'absent',
    ],
    [
      'cleared',
      async ({ cache }) => {
        await set(cache)
        await cache.clear()
      },
      'absent',
    ],
    [
      'schema',
      async ({ cache }) => {
        await set(cache, { version: 2 })
      },
      'fresh',
    ],
  ]
  const forms: readonly (readonly [string, (clock: ReturnType<typeof manualClock>) => Tier[]])[] = [
    ['memory', () => [memory()]],
    ['memory and a backend', (clock) => [memory(), tier(testBackend({ clock }))]],
  ]

  describe.each(forms)('%s', (_, tiersOf) => {
    it.each(cases)('%s', async (expected, prepare, state) => {
      const clock = manualClock()
      const opened = openCache({ tiers: tiersOf(clock) }, clock)
      await prepare(opened)
      expect(await reason(opened.cache)).toEqual([expected, state])
      await set(opened.cache)
      expect(await opened.cache.get('k')).toBe(1)
      expect((await opened.cache.explain('k')).state).toBe('fresh')
    })
  })

  it('evicted', async () => {
    const { cache } = openCache({ tiers: [memory({ maxEntries: 1, policy: 'lru' })] })
    await cache.set('k', 1)
    await cache.set('other', 1)
    expect(await reason(cache)).toEqual(['evicted', 'absent'])
    expect((await cache.explain('k')).recent.join()).toContain('evicted: memory')
  })

  it('corrupt', async () => {
    const { cache, records } = downable()
    await cache.set('k', 1)
    for (const [key, record] of records)
      if (key.includes(':e:')) records.set(key, { ...record, bytes: Buffer.from('damaged') })
    const { cache: second } = openCache({
      tiers: [tier(testBackend({ clock: manualClock(), records }))],
    })
    expect(await reason(second)).toEqual(['corrupt', 'absent'])
  })

  it('tier-down', async () => {
    const { cache, state } = downable()
    state.isDown = true
    expect(await reason(cache)).toEqual(['tier-down', 'absent'])
  })

  it('says where it is, how old and how large', async () => {
    const { cache, clock } = downable()
    await cache.set('k', 'x'.repeat(1_000), { ttl: 100 })
    await clock.advance(40)
    const before = cache.stats()
    const { tiers, state } = await cache.explain('k')
    expect(state).toBe('fresh')
    expect(tiers).toMatchObject([
      { name: 'memory', found: true, age: 40, expiresIn: 60 },
      { name: 'far', found: true, age: 40, expiresIn: 60 },
    ])
    expect(tiers[0]?.size).toBeGreaterThan(1_000)
    // It counts as no read.
    expect(cache.stats()).toEqual(before)
  })
})

describe('stats', () => {
  it('counts what the verbs do', async () => {
    const { cache, clock, state } = downable({ ttl: 100, grace: 100 })
    await cache.getOrSet('k', () => 1)
    await cache.get('k')
    cache.peek('k')
    await cache.get('none')
    await cache.getMany(['k', 'none'])
    await cache.delete('k')
    await cache.set('s', 1)
    await clock.advance(100)
    await cache.get('s', { stale: true })
    await cache.getOrSet('f', () => Promise.reject(down)).catch(() => {})
    state.isDown = true
    await cache.get('none')
    expect(cache.stats()).toEqual({
      ...{ hits: 3, misses: 5, staleHits: 1, loads: 2, loadErrors: 1, sets: 2, deletes: 1 },
      evictions: 0,
      tiers: {
        memory: { hits: 4, misses: 5, errors: 0, breaker: 'closed' },
        far: { hits: 0, misses: 5, errors: 1, breaker: 'closed' },
      },
    })
    expect(cache.namespace('n').stats()).toEqual(cache.stats())
  })
})

describe('health', () => {
  it('is ok, degraded or down', async () => {
    const { cache, clock, state } = downable()
    expect(await cache.health()).toMatchObject({ state: 'ok', bus: undefined })
    state.isDown = true
    await cache.set('k', 1)
    expect(await cache.health()).toMatchObject({
      state: 'degraded',
      tiers: [
        { name: 'memory', isUp: true, queued: 0 },
        { name: 'far', isUp: false, queued: 1, error: down.message },
      ],
    })
    state.isDown = false
    await turns()
    await clock.advance(10_000)
    expect((await cache.health()).state).toBe('ok')
    const only = downable()
    only.state.isDown = true
    const { cache: far } = openCache({ tiers: [only.far] }, only.clock)
    expect((await far.health()).state).toBe('down')
  })

  it('tells of the bus', async () => {
    const bus = new TestBus()
    const { cache } = openCache({ bus })
    expect(await cache.health()).toMatchObject({
      state: 'ok',
      bus: { isConnected: true, queued: 0 },
    })
    bus.isConnected = false
    await cache.set('k', 1)
    expect(await cache.health()).toMatchObject({
      state: 'degraded',
      bus: { isConnected: false, queued: 1 },
    })
  })
})

describe('checkSetup', () => {
  const codes = (options: Partial<CacheOptions>) =>
    openCache(options)
      .cache.checkSetup()
      .map(({ code }) => code)
  const remote = () => tier(testBackend({ clock: manualClock(), isRemote: true }))
  const good: Partial<CacheOptions> = { ttl: '1m', grace: '1h' }

  it.each([
    ['memory-without-bus', { tiers: [memory(), tier(testBackend({ clock: manualClock() }))] }],
    ['no-grace', { grace: 0 }],
    ['no-ttl', { ttl: Number.POSITIVE_INFINITY }],
    ['no-memory', { tiers: [tier(testBackend({ clock: manualClock() }))] }],
    ['timeout-without-grace', { grace: 0, softTimeout: 10 }],
    ['unencrypted-network', { tiers: [memory(), remote()], bus: new TestBus() }],
  ] as const)('%s', (code, options) => {
    expect(codes(good)).toEqual([])
    expect(codes({ ...good, ...options })).toContain(code)
  })
})

describe('close', () => {
  it('writes what waits to be written', async () => {
    const { cache, records, state } = downable()
    state.isDown = true
    await cache.set('k', 1)
    state.isDown = false
    await turns()
    expect([...records.keys()].some((key) => key.includes(':e:'))).toBe(false)
    await cache.close()
    expect([...records.keys()].some((key) => key.includes(':e:'))).toBe(true)
  })
})
