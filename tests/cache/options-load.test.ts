import { describe, expect, it } from 'vitest'
import type { StandardSchema } from '../../src/contracts/standard-schema.ts'
import { type LoadOptions, memory, NotFound, tier } from '../../src/index.ts'
import { type ManualClock, manualClock } from '../../src/testing/index.ts'
import { rejectionOf } from '../support/code-of.ts'
import { openCache } from './support/caches.ts'
import { deferred, turns } from './support/deferred.ts'
import { testBackend } from './support/test-backend.ts'

const down = new Error('the source is down')
const fails = (): Promise<never> => Promise.reject(down)
const hangs = (): Promise<never> => new Promise(() => {})

/** Where an option that a cache may give for all loads is given. */
const levels: readonly (readonly [string, boolean])[] = [
  ['of the cache', false],
  ['of the call', true],
]

describe.each(levels)('LoadDefaults, %s', (_, isOfCall) => {
  const open = (given: LoadOptions<never>, others: object = {}) => {
    const { cache, clock } = openCache({ ...others, ...(isOfCall ? {} : given) } as object)
    const load = <T>(loader: Parameters<typeof cache.getOrSet<T>>[1], own: object = {}) =>
      cache.getOrSet<T>('k', loader, { ...(isOfCall ? given : {}), ...own } as LoadOptions<T>)
    return { cache, clock, load }
  }
  /** An entry of a minute that has ended a millisecond ago. */
  const expired = async (given: LoadOptions<never>, others: object = {}) => {
    const opened = open(given, { ttl: '1m', grace: '1h', ...others })
    await opened.cache.set('k', 'old')
    await opened.clock.advance(60_001)
    return opened
  }

  it('ttl: how long the entry lives', async () => {
    const { cache, clock, load } = open({ ttl: '2s' })
    await load(() => 1)
    await clock.advance(1_999)
    expect(await cache.get('k')).toBe(1)
    await clock.advance(1)
    expect(await cache.get('k')).toBeUndefined()
  })

  it('grace: how long it is served when its loader fails', async () => {
    const { clock, load } = open({ ttl: '2s', grace: '10s', staleBackoff: 0 })
    await load(() => 1)
    await clock.advance(11_999)
    expect(await load(fails)).toBe(1)
    await clock.advance(1)
    await expect(load(fails)).rejects.toBe(down)
  })

  it('staleBackoff: how long the source is left alone after it failed', async () => {
    const { clock, load } = await expired({ staleBackoff: '5s' })
    let loads = 0
    const failing = () => {
      loads += 1
      throw down
    }
    for (let read = 0; read < 3; read += 1) expect(await load(failing)).toBe('old')
    expect(loads).toBe(1)
    await clock.advance(5_000)
    expect(await load(failing)).toBe('old')
    expect(loads).toBe(2)
  })

  it('swr: stale at once, refreshed once in the background', async () => {
    for (const [swr, isServed] of [
      [true, true],
      ['2s', true],
      [1, false],
      [false, false],
    ] as const) {
      const { cache, load } = await expired({ swr })
      const gate = deferred<string>()
      let loads = 0
      const refresh = () => {
        loads += 1
        return gate.promise
      }
      const reads = [load(refresh), load(refresh)]
      await turns()
      gate.resolve('new')
      expect(await Promise.all(reads)).toEqual(isServed ? ['old', 'old'] : ['new', 'new'])
      await turns()
      expect(loads).toBe(1)
      expect(await cache.get('k')).toBe('new')
    }
  })

  it('swr: keeps entries for as long as it may serve them', async () => {
    const { clock, load } = open({ ttl: '1s', swr: '10s' })
    await load(() => 'old')
    await clock.advance(10_999)
    expect(await load(() => 'new')).toBe('old')
  })

  it('eager: refreshes in the background from that share of the life on', async () => {
    const { cache, clock, load } = open({ ttl: '10s', eager: 0.5 }, { random: () => 0 })
    await load(() => 'old')
    await clock.advance(4_999)
    expect(await load(() => 'early')).toBe('old')
    await turns()
    expect(await cache.get('k')).toBe('old')
    await clock.advance(1)
    expect(await load(() => 'new')).toBe('old')
    await turns()
    expect(await cache.get('k')).toBe('new')
  })

  it('eager: { beta } refreshes the sooner the longer the load took', async () => {
    for (const [beta, isDue] of [
      [1, false],
      [100, true],
    ] as const) {
      const { cache, clock, load } = open({ ttl: '10s', eager: { beta } } as never, {
        random: () => Math.exp(-1),
      })
      const gate = deferred<string>()
      const first = load(() => gate.promise)
      await turns()
      await clock.advance(100)
      gate.resolve('old')
      await first
      await clock.advance(1_000)
      expect(await load(() => 'new')).toBe('old')
      await turns()
      expect(await cache.get('k')).toBe(isDue ? 'new' : 'old')
    }
  })

  it('jitter: shortens lives by up to that share', async () => {
    for (const [random, end] of [
      [0, 10_000],
      [0.5, 8_000],
    ] as const) {
      const { cache, clock, load } = open({ ttl: '10s', jitter: 0.4 }, { random: () => random })
      await load(() => 1)
      const entry = await cache.getEntry('k')
      expect((entry?.expiresAt ?? 0) - clock.now()).toBe(end)
    }
  })

  it('negativeTtl: how long an absence is remembered', async () => {
    const { cache, clock, load } = open({ negativeTtl: '2s' })
    let loads = 0
    const absent = () => {
      loads += 1
      throw new NotFound('k')
    }
    for (let read = 0; read < 2; read += 1)
      await expect(load(absent)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' })
    expect(loads).toBe(1)
    expect([await cache.get('k'), await cache.has('k'), await cache.getEntry('k')]).toEqual([
      undefined,
      false,
      undefined,
    ])
    expect(await cache.add('k', 'here')).toBe(true)
    expect(await load(absent)).toBe('here')
    await cache.delete('k')
    await expect(load(absent)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' })
    await clock.advance(2_000)
    expect(await load(() => 'there')).toBe('there')
  })

  it('isNegative: which errors say that there is no such thing', async () => {
    const { load } = open({ negativeTtl: '2s', isNegative: (error) => error === down })
    await expect(load(fails)).rejects.toBe(down)
    await expect(load(() => 1)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' })
  })

  it('softTimeout: answers stale, and keeps what comes later', async () => {
    const { cache, clock, load } = await expired({ softTimeout: 100 })
    const gate = deferred<string>()
    const value = load(() => gate.promise)
    await turns()
    await clock.advance(99)
    const joined = load(fails)
    await clock.advance(1)
    expect(await value).toBe('old')
    gate.resolve('new')
    expect(await joined).toBe('new')
    expect(await cache.get('k')).toBe('new')
  })

  it('softTimeout: without anything stale the caller waits', async () => {
    const { clock, load } = open({ softTimeout: 100 })
    const gate = deferred<string>()
    const value = load(() => gate.promise)
    await turns()
    await clock.advance(1_000)
    gate.resolve('new')
    expect(await value).toBe('new')
  })

  it('hardTimeout: ends the wait and the load', async () => {
    const { clock, load } = open({ hardTimeout: 100 })
    let signal: AbortSignal | undefined
    const value = load((context) => {
      signal = context.signal
      return hangs()
    })
    const ended = expect(value).rejects.toMatchObject({ code: 'ERR_LOAD_TIMEOUT' })
    await turns()
    await clock.advance(99)
    expect(signal?.aborted).toBe(false)
    await clock.advance(1)
    await ended
    await turns()
    expect(signal?.aborted).toBe(true)
    expect(await load(() => 'next')).toBe('next')
  })

  it('hardTimeout: answers stale, and leaves the source alone for staleBackoff', async () => {
    const { clock, load } = await expired({ hardTimeout: 100, staleBackoff: '5s' })
    const value = load(hangs)
    await turns()
    await clock.advance(100)
    expect(await value).toBe('old')
    expect(await load(hangs)).toBe('old')
    await clock.advance(5_000)
    expect(await load(() => 'new')).toBe('new')
  })

  it('cacheIf: whether a value is stored', async () => {
    const { cache, load } = open({ cacheIf: (value: unknown) => value === 'good' } as never)
    expect(await load(() => 'bad')).toBe('bad')
    expect(await cache.get('k')).toBeUndefined()
    expect(await load(() => 'good')).toBe('good')
    expect(await cache.get('k')).toBe('good')
  })

  it.each([
    ['at once', (value: boolean) => value],
    ['later', async (value: boolean) => value],
  ])(
    'schema: a stored value that fails %s is a miss, a loaded one an error',
    async (_name, soon) => {
      const schema: StandardSchema = {
        '~standard': {
          ...{ version: 1, vendor: 'test' },
          validate: (value) => {
            const isText = typeof value === 'string'
            const result = isText ? { value } : { issues: [{ message: 'no text' }] }
            return soon(isText) instanceof Promise ? Promise.resolve(result) : result
          },
        },
      }
      const { cache, load } = open({ schema })
      const drops: string[] = []
      cache.on('drop', ({ reason }) => drops.push(reason))
      await cache.set('k', 1)
      expect((await rejectionOf(() => load(() => 2))).code).toBe('ERR_SCHEMA')
      expect(await load(() => 'text')).toBe('text')
      expect(await load(() => 'other')).toBe('text')
      expect(drops).toContain('stored value does not fit the schema')
    },
  )

  it('version: entries of another are not found', async () => {
    const { cache, load } = open({ version: 2 })
    await cache.set('k', 'first', { version: 1 })
    expect(await load(() => 'second')).toBe('second')
    expect((await (isOfCall ? undefined : cache.getEntry('k')))?.version).toBe(
      isOfCall ? undefined : 2,
    )
    expect(await load(() => 'third')).toBe('second')
  })

  it('version: a stale value of another is not for the loader', async () => {
    const { cache, clock, load } = open({ version: 2 }, { ttl: '1m', grace: '1h' })
    await cache.set('k', 'first', { version: 1 })
    await clock.advance(60_001)
    expect(await load(({ stale }) => stale?.value ?? 'none')).toBe('none')
  })

  it('migrate: makes a value of this version of one of another', async () => {
    const seen: unknown[] = []
    const migrate = (stored: { value: unknown }) => {
      seen.push(stored)
      return stored.value === 'bad' ? undefined : `${stored.value} again`
    }
    const { cache, load } = open({ version: 2, migrate } as never)
    await cache.set('k', 'first', { version: 1 })
    expect(await load(() => 'loaded')).toBe('first again')
    expect(await load(() => 'loaded')).toBe('first again')
    expect(seen).toEqual([{ value: 'first', version: 1 }])
    await cache.set('k', 'bad', { version: 1 })
    expect(await load(() => 'loaded')).toBe('loaded')
  })

  it('migrate: one that throws makes a miss', async () => {
    const throwing = open({
      version: 2,
      migrate: () => {
        throw down
      },
    } as never)
    await throwing.cache.set('k', 'first', { version: 1 })
    expect(await throwing.load(() => 'loaded')).toBe('loaded')
  })

  it('lock: one of two processes loads; lockWait: how long the other waits', async () => {
    for (const [lockWait, expected] of [
      ['10s', ['first', 'first']],
      [10, ['first', 'second']],
    ] as const) {
      const clock = manualClock()
      const leases = leasesOf(clock)
      const records = new Map()
      const opened = () =>
        open(
          { lock: 'cluster', lockWait },
          { clock, tiers: [memory(), tier({ ...testBackend({ clock, records }), leases })] },
        )
      const [a, b] = [opened(), opened()]
      const gate = deferred<string>()
      const first = a.load(() => gate.promise)
      await turns()
      const second = b.load(() => 'second')
      await turns()
      await clock.advance(100)
      gate.resolve('first')
      await turns()
      await clock.advance(100)
      expect(await Promise.all([first, second])).toEqual(expected)
    }
  })

  it('lock: one of the whole cluster needs a tier that leases', async () => {
    const error = await rejectionOf(async () => {
      const { load } = open({ lock: 'cluster' })
      await load(() => 1)
    })
    expect(error.code).toBe('ERR_INVALID_OPTION')
    expect(error.message).toContain('lock')
  })
})

function leasesOf(clock: ManualClock) {
  const held = new Map<string, number>()
  return {
    async acquire(name: string, ttl: number) {
      if ((held.get(name) ?? 0) > clock.now()) return undefined
      held.set(name, clock.now() + ttl)
      return 'token'
    },
    async renew(name: string, _token: string, ttl: number) {
      held.set(name, clock.now() + ttl)
      return true
    },
    async release(name: string) {
      held.delete(name)
    },
  }
}

describe('LoadOptions', () => {
  it('forceFresh: loads although there is a fresh value, and tells the others', async () => {
    const { cache } = openCache()
    await cache.set('k', 'old')
    expect(await cache.getOrSet('k', () => 'new', { forceFresh: false })).toBe('old')
    expect(await cache.getOrSet('k', () => 'new', { forceFresh: true })).toBe('new')
    expect(await cache.get('k')).toBe('new')
    expect(await cache.getOrSetMany(['k'], async () => ['newer'], { forceFresh: true })).toEqual(
      new Map([['k', 'newer']]),
    )
  })

  it('signal: detaches the caller', async () => {
    const { cache } = openCache()
    const controller = new AbortController()
    const value = cache.getOrSet('k', hangs, { signal: controller.signal })
    const ended = expect(value).rejects.toBe('enough')
    await turns()
    controller.abort('enough')
    await ended
    const several = cache.getOrSetMany(['k'], hangs, { signal: AbortSignal.abort('enough') })
    await expect(several).rejects.toBe('enough')
  })

  it('tags: fixed, from the value, and with tag beside them', async () => {
    const { cache } = openCache()
    const tagsOf = async (options: LoadOptions<{ id: number }>) => {
      await cache.getOrSet('k', () => ({ id: 7 }), { forceFresh: true, ...options })
      return (await cache.getEntry('k'))?.tags
    }
    expect(await tagsOf({ tags: ['a', 'b', 'a'] })).toEqual(['a', 'b'])
    expect(await tagsOf({ tags: ({ id }) => [`user:${id}`] })).toEqual(['user:7'])
    expect(await tagsOf({ tag: 'one' })).toEqual(['one'])
    expect(await tagsOf({ tag: 'one', tags: ['a'] })).toEqual(['one', 'a'])
    expect(await tagsOf({ tag: 'one', tags: ({ id }) => [`user:${id}`] })).toEqual([
      'one',
      'user:7',
    ])
  })

  it('tags: what a function gives is checked', async () => {
    const { cache } = openCache()
    const error = await rejectionOf(() => cache.getOrSet('k', () => 1, { tags: () => [''] }))
    expect(error.code).toBe('ERR_INVALID_OPTION')
    expect(error.message).toContain('tag')
  })

  it('tag: is invalidated like those of tags', async () => {
    const { cache } = openCache()
    await cache.getOrSet('k', () => 1, { tag: 'one' })
    await cache.invalidateTags('one')
    expect(await cache.get('k')).toBeUndefined()
  })

  it.each([
    [
      'expiresAt: the end of its life',
      { expiresAt: new Date(Date.UTC(2026, 0, 2)) },
      {
        expiresAt: Date.UTC(2026, 0, 2),
      },
    ],
    ['etag: is kept', { etag: '"e"' }, { etag: '"e"' }],
    ['lastModified: is kept', { lastModified: 'then' }, { lastModified: 'then' }],
    ['description: is kept', { description: 'a sentence' }, { description: 'a sentence' }],
    ['meta: is kept', { meta: { a: [1] } }, { meta: { a: [1] } }],
  ])('%s', async (_, options, expected) => {
    const { cache } = openCache()
    await cache.getOrSet('k', () => 1, options)
    expect(await cache.getEntry('k')).toMatchObject(expected)
  })

  it('strict: rejects if a tier did not take the value', async () => {
    const clock = manualClock()
    const backend = testBackend({
      clock,
      before: (verb) => {
        if (verb === 'set') throw down
      },
    })
    const { cache } = openCache({ tiers: [memory(), tier(backend)] }, clock)
    expect(await cache.getOrSet('k', () => 1)).toBe(1)
    await expect(cache.getOrSet('j', () => 1, { strict: true })).rejects.toBe(down)
  })
})
