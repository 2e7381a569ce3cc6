import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type Backend,
  type CacheOptions,
  type DiskTierOptions,
  disk,
  encryption,
  json,
  type MemoryOptions,
  memory,
  type TierOptions,
  tier,
} from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { openCache } from './support/caches.ts'
import { deferred, turns } from './support/deferred.ts'
import { type BeforeCall, entryIn, type Records, testBackend } from './support/test-backend.ts'

const down = new Error('the tier is down')

describe('MemoryOptions', () => {
  const filled = async (
    options: MemoryOptions,
    entries = 100,
    value: unknown = 'x'.repeat(100),
  ) => {
    const { cache, clock } = openCache({ tiers: [memory(options)] })
    const drops: string[] = []
    cache.on('drop', ({ reason }) => drops.push(reason))
    for (let key = 0; key < entries; key += 1) await cache.set(key, value)
    const all = Array.from({ length: entries }, (_, key) => key)
    return { cache, clock, kept: await cache.getMany(all), drops }
  }

  it('name: what it is called', async () => {
    const { cache } = await filled({ name: 'near' }, 1)
    expect(Object.keys(cache.stats().tiers)).toEqual(['near'])
    expect((await cache.getEntry(0))?.tier).toBe('near')
  })

  it('maxBytes: how much it holds', async () => {
    const { cache, kept } = await filled({ maxBytes: '16KiB' })
    expect(kept.size).toBeGreaterThan(5)
    expect(kept.size).toBeLessThan(60)
    expect(cache.stats().evictions).toBe(100 - kept.size)
  })

  it('maxEntries: how many it holds', async () => {
    expect((await filled({ maxEntries: 10 })).kept.size).toBe(10)
  })

  it('maxEntryShare: how large one may be', async () => {
    const large = 'x'.repeat(3_000)
    const few = await filled({ maxBytes: '16KiB', maxEntryShare: 0.1 }, 1, large)
    expect([few.kept.size, few.drops.length]).toEqual([0, 1])
    expect((await filled({ maxBytes: '16KiB', maxEntryShare: 1 }, 1, large)).kept.size).toBe(1)
  })

  it('policy: which entries go', async () => {
    const open = (policy: MemoryOptions['policy']) =>
      openCache({ tiers: [memory({ policy, maxEntries: 20 })], random: () => 0.5 }).cache
    /** Of what is asked for often, how much a scan leaves. */
    const left = async (policy: MemoryOptions['policy']) => {
      const cache = open(policy)
      for (let key = 0; key < 20; key += 1) await cache.set(key, key)
      for (let round = 0; round < 5; round += 1)
        for (let key = 0; key < 10; key += 1) await cache.get(key)
      for (let key = 100; key < 200; key += 1) await cache.set(key, key)
      return (await cache.getMany(Array.from({ length: 10 }, (_, key) => key))).size
    }
    /** How much is found of more keys than there is room for, asked for one after the other again and again. */
    const looped = async (policy: MemoryOptions['policy']) => {
      const cache = open(policy)
      let found = 0
      for (let round = 0; round < 200; round += 1)
        for (let key = 0; key < 25; key += 1)
          if ((await cache.get(key)) === undefined) await cache.set(key, key)
          else if (round >= 150) found += 1
      return found
    }
    expect([await left('lru'), await looped('lru')]).toEqual([0, 0])
    expect(await left('s3fifo')).toBeGreaterThan(4)
    expect(await looped('tinylfu')).toBeGreaterThan(200)
    expect(await looped(undefined)).toBe(await looped('tinylfu'))
  })

  it('share: whether readers share a value', async () => {
    const isShared = async (share: MemoryOptions['share']) => {
      const { cache } = openCache({ tiers: [memory({ share })] })
      const own = { a: [1] }
      await cache.set('k', own)
      const first = await cache.get('k')
      return [first === (await cache.get('k')), first === own, Object.isFrozen(first)]
    }
    expect(await isShared(undefined)).toEqual([false, false, false])
    expect(await isShared('copy')).toEqual([false, false, false])
    expect(await isShared('frozen')).toEqual([true, false, true])
    expect(await isShared('reference')).toEqual([true, true, false])
  })

  it('ttl: the longest life in this tier', async () => {
    const clock = manualClock()
    const tiers = [memory({ ttl: '1s' }), tier(testBackend({ clock }), { name: 'far' })]
    const { cache } = openCache({ tiers }, clock)
    await cache.set('k', 1)
    await clock.advance(999)
    expect((await cache.getEntry('k'))?.tier).toBe('memory')
    await clock.advance(1)
    expect((await cache.getEntry('k'))?.tier).toBe('far')
  })
})

describe('TierOptions', () => {
  const open = (options: TierOptions, before?: BeforeCall, others: Partial<CacheOptions> = {}) => {
    const clock = manualClock()
    const records: Records = new Map()
    const backend = testBackend({ clock, records, ...(before === undefined ? {} : { before }) })
    return { ...openCache({ tiers: [tier(backend, options)], ...others }, clock), records }
  }

  it('name: what it is called', async () => {
    const { cache } = open({ name: 'far' })
    expect(Object.keys(cache.stats().tiers)).toEqual(['far'])
  })

  it('ttl: the longest life in this tier', async () => {
    const { cache, clock } = open({ ttl: '1s' })
    await cache.set('k', 1)
    await clock.advance(1_000)
    expect(await cache.get('k')).toBeUndefined()
  })

  it('codec: encodes values of this tier', async () => {
    const { cache, records } = open({ codec: json() })
    await cache.set('k', { a: 1 })
    expect(entryIn(records).toString('latin1')).toContain('{"a":1}')
    // What it refuses is refused for good, and not kept for later.
    await expect(cache.set('m', new Map())).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED_VALUE' })
    expect((await cache.health()).tiers[0]?.queued).toBe(0)
  })

  it('compress: makes what this tier stores smaller, or not', async () => {
    const { cache, records } = open({ compress: 'gzip' })
    await cache.set('k', 'x'.repeat(10_000))
    expect(entryIn(records).byteLength).toBeLessThan(1_000)
    const plain = open({ compress: 'none' }, undefined, { compress: 'gzip' })
    await plain.cache.set('k', 'x'.repeat(10_000))
    expect(entryIn(plain.records).byteLength).toBeGreaterThan(10_000)
  })

  it('encrypt: hides values of this tier', async () => {
    const { cache, records } = open({ encrypt: encryption({ keys: [new Uint8Array(32).fill(7)] }) })
    await cache.set('k', 'a secret')
    expect(entryIn(records).includes('secret')).toBe(false)
    expect(await cache.get('k')).toBe('a secret')
  })

  it('queueSize: more missed writes make everything in the tier void', async () => {
    for (const [queueSize, isLost] of [
      [2, true],
      [10, false],
    ] as const) {
      let isDown = false
      const { cache, clock } = open({ queueSize }, () => {
        if (isDown) throw down
      })
      await cache.set('before', 1)
      isDown = true
      for (const key of ['a', 'b', 'c']) await cache.set(key, 1)
      isDown = false
      await turns()
      await clock.advance(60_000)
      expect(await cache.get('before')).toBe(isLost ? undefined : 1)
    }
  })

  it('timeout: how long a call may take', async () => {
    const { cache, clock } = open({ timeout: 100 }, () => new Promise(() => {}))
    const told: unknown[] = []
    cache.on('degrade', ({ error }) => told.push((error as { code?: string }).code))
    const value = cache.get('k')
    await turns()
    await clock.advance(99)
    expect(told).toEqual([])
    await clock.advance(1)
    expect(await value).toBeUndefined()
    expect(told[0]).toBe('ERR_TIER_TIMEOUT')
  })

  it('breaker: stops asking a tier that fails', async () => {
    let calls = 0
    const { cache, clock } = open({ breaker: { failures: 2, openFor: '5s' } }, () => {
      calls += 1
      throw down
    })
    for (let read = 0; read < 6; read += 1) await cache.get('k')
    expect(calls).toBe(2)
    expect(cache.stats().tiers['test']?.breaker).toBe('open')
    await clock.advance(5_000)
    await cache.get('k')
    expect(calls).toBeGreaterThan(2)
  })

  it('retry: how often a call is tried', async () => {
    let calls = 0
    const { cache, clock } = open({ retry: { attempts: 3, delay: 0 } }, () => {
      calls += 1
      if (calls < 3) throw down
    })
    const value = cache.get('k')
    await clock.advance(1_000)
    await value
    expect(calls).toBe(3)
    expect(cache.stats().tiers['test']?.errors).toBe(0)
  })

  it('bulkhead: how many calls at once', async () => {
    let calls = 0
    const gate = deferred()
    const { cache } = open({ bulkhead: { concurrent: 2, queue: 10 } }, () => {
      calls += 1
      return gate.promise
    })
    const all = [1, 2, 3, 4].map((key) => cache.get(key))
    await turns()
    expect(calls).toBe(2)
    gate.resolve()
    await Promise.all(all)
    expect(calls).toBe(4)
  })
})

describe('DiskTierOptions', () => {
  const open = (options: Partial<DiskTierOptions>) => {
    const directory = temporaryDirectory()
    const { cache, clock } = openCache({ tiers: [disk({ directory, ...options })] })
    return { cache, clock, directory }
  }
  const keys = Array.from({ length: 40 }, (_, key) => key)
  const fill = async (options: Partial<DiskTierOptions>) => {
    const { cache, clock } = open(options)
    for (const key of keys) await cache.set(key, 'x'.repeat(1_000))
    void clock
    return (await cache.getMany(keys)).size
  }

  it('directory: where it lies; another cache that names it has the entries', async () => {
    const { cache, directory } = open({})
    await cache.set('k', 1)
    expect(existsSync(directory)).toBe(true)
    expect(await openCache({ tiers: [disk({ directory })] }).cache.get('k')).toBe(1)
  })

  it('maxBytes, maxEntries, eviction: how much it holds', async () => {
    expect(await fill({})).toBe(40)
    expect(await fill({ maxEntries: 10 })).toBeLessThan(20)
    expect(await fill({ maxBytes: 10_000 })).toBeLessThan(20)
    expect(await fill({ maxEntries: 10, eviction: 'none' })).toBe(40)
  })

  it('ttl: the longest life in this tier; name: what it is called', async () => {
    const { cache, clock } = open({ ttl: '1s', name: 'here' })
    await cache.set('k', 1)
    expect((await cache.getEntry('k'))?.tier).toBe('here')
    await clock.advance(1_000)
    expect(await cache.get('k')).toBeUndefined()
  })

  it('inlineBytes: what lies in files', async () => {
    const files = async (inlineBytes: number) => {
      const { cache, directory } = open({ inlineBytes })
      await cache.set('k', 'x'.repeat(10_000))
      return readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((file) => file.isFile() && !file.name.startsWith('holdfast.db'))
        .map(({ name, parentPath }) => join(parentPath, name)).length
    }
    expect(await files(100_000)).toBeLessThan(await files(1_000))
  })

  it('maxValueBytes: larger ones are refused', async () => {
    const { cache } = open({ maxValueBytes: 1_000 })
    await cache.set('k', 'x')
    await expect(cache.set('l', 'x'.repeat(10_000))).rejects.toMatchObject({
      code: 'ERR_VALUE_TOO_LARGE',
    })
  })
})

describe('a backend', () => {
  it('without swap, leases and clear is a tier too', async () => {
    const clock = manualClock()
    const { get, getMany, set, add, delete: remove, close } = testBackend({ clock })
    const least: Backend = {
      ...{ kind: 'least', isRemote: false, isShared: false },
      ...{ get, getMany, set, add, delete: remove, close },
    }
    const { cache } = openCache({ tiers: [tier(least)] }, clock)
    expect(await cache.getOrSet('k', () => 1)).toBe(1)
    await cache.clear()
    expect(await cache.get('k')).toBeUndefined()
  })
})
