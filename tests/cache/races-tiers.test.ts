import { describe, expect, it } from 'vitest'
import { memoryBackend } from '../../src/backends/memory.ts'
import { MemoryStore } from '../../src/backends/memory-store.ts'
import { type Cache, disk, memory, tier } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { openCache } from './support/caches.ts'
import { deferred, turns } from './support/deferred.ts'
import { type BeforeCall, type Records, testBackend } from './support/test-backend.ts'
import { TestBus } from './support/test-bus.ts'

/** A cache over memory and a backend whose next call of `verb` for an entry can be held up. */
function heldCache(options: object = {}) {
  const clock = manualClock()
  let held: { verb: string; gate: Promise<void>; reached: () => void } | undefined
  const before: BeforeCall = async (verb, key) => {
    if (held?.verb !== verb || !key.includes(':e:')) return
    const { gate, reached } = held
    held = undefined
    reached()
    await gate
  }
  const records: Records = new Map()
  const backend = testBackend({ clock, before, records, swap: true })
  const { cache } = openCache({ tiers: [memory(), tier(backend)], ...options }, clock)
  const { cache: other } = openCache(
    { tiers: [tier(testBackend({ clock, records, swap: true }))] },
    clock,
  )
  /** Holds up the next call of `verb`. */
  const hold = (verb: string) => {
    const gate = deferred()
    const reached = deferred()
    held = { verb, gate: gate.promise, reached: reached.resolve }
    return { reached: reached.promise, end: gate.resolve }
  }
  return { cache, other, clock, hold }
}

const changes: readonly (readonly [string, (cache: Cache) => Promise<unknown>, unknown])[] = [
  ['delete', (cache) => cache.delete('k'), undefined],
  ['expire', (cache) => cache.expire('k'), undefined],
  ['set', (cache) => cache.set('k', 'new'), 'new'],
  ['setMany', (cache) => cache.setMany([['k', 'new']]), 'new'],
  ['invalidateTags', (cache) => cache.invalidateTags('t'), undefined],
  ['invalidateTags, hard', (cache) => cache.invalidateTags('t', { hard: true }), undefined],
  ['clear', (cache) => cache.clear(), undefined],
]

describe('a slow read of a slower tier', () => {
  it.each(changes)('does not bring back what was there before %s', async (_, change, found) => {
    const { cache, hold, other } = heldCache()
    await other.set('k', 'old', { tags: ['t'] })
    // Past the look by which the write of a neighbour is known.
    const read = hold('get')
    const slow = cache.get('k')
    await read.reached
    const changing = change(cache)
    await turns()
    read.end()
    await Promise.all([slow, changing])
    expect(cache.peek('k')).toBe(found)
    expect(await cache.get('k')).toBe(found)
    expect(await cache.getOrSet('k', () => 'loaded')).toBe(found ?? 'loaded')
  })

  it.each(changes)('of several keys neither: %s', async (_, change, found) => {
    const { cache, hold, other } = heldCache()
    await other.set('k', 'old', { tags: ['t'] })
    const read = hold('getMany')
    const slow = cache.getMany(['k'])
    await read.reached
    const changing = change(cache)
    await turns()
    read.end()
    await Promise.all([slow, changing])
    expect(await cache.get('k')).toBe(found)
    expect((await cache.getMany(['k'])).get('k')).toBe(found)
  })

  it('does not take the place of what a load brought meanwhile', async () => {
    const { cache, hold, other } = heldCache()
    await other.set('k', 'old')
    const read = hold('get')
    const slow = cache.get('k')
    await read.reached
    const loading = cache.getOrSet('k', () => 'loaded', { forceFresh: true })
    await turns()
    read.end()
    await Promise.all([slow, loading])
    expect(cache.peek('k')).toBe('loaded')
  })

  it('is shared by all who ask meanwhile, and not by who asks after a change', async () => {
    const { cache, hold, other } = heldCache()
    await other.set('k', 'old')
    const read = hold('get')
    const all = [cache.get('k'), cache.get('k')]
    await read.reached
    await cache.set('k', 'new')
    expect(await cache.get('k')).toBe('new')
    read.end()
    expect(new Set(await Promise.all(all)).size).toBe(1)
  })
})

describe('a slow write', () => {
  it.each(['set', 'swap'] as const)('a delete after a slow %s ends deleted', async (verb) => {
    const { cache, hold, other } = heldCache()
    const write = hold(verb)
    const first = verb === 'set' ? cache.set('k', 1) : cache.getOrSet('k', () => 1)
    await write.reached
    const second = cache.delete('k')
    await turns()
    write.end()
    await Promise.all([first, second])
    expect(await cache.get('k')).toBeUndefined()
    expect(await other.get('k')).toBeUndefined()
  })

  it('the later of two sets stays', async () => {
    const { cache, hold, other } = heldCache()
    const write = hold('set')
    const first = cache.set('k', 1)
    await write.reached
    const second = cache.set('k', 2)
    await turns()
    write.end()
    await Promise.all([first, second])
    expect([await cache.get('k'), await other.get('k')]).toEqual([2, 2])
  })
})

describe('touch and expire do not undo a write that they meet', () => {
  it.each([
    ['touch', (cache: Cache) => cache.touch('k', '1h')],
    ['expire', (cache: Cache) => cache.expire('k')],
  ] as const)('%s', async (_, verb) => {
    for (const [change, found] of [
      [(cache: Cache) => cache.set('k', 'new'), 'new'],
      [(cache: Cache) => cache.delete('k'), undefined],
    ] as const) {
      const { cache, hold, other } = heldCache({ grace: '1h' })
      await cache.set('k', 'old')
      const read = hold('get')
      const changing = verb(cache)
      await read.reached
      await change(cache)
      read.end()
      await changing
      expect(await cache.get('k', { stale: true })).toBe(found)
      expect((await other.getEntry('k'))?.value).toBe(found)
    }
  })
})

describe('two processes', () => {
  it('a load here does not replace what was set there meanwhile', async () => {
    const clock = manualClock()
    const records: Records = new Map()
    const open = () =>
      openCache({ tiers: [memory(), tier(testBackend({ clock, records, swap: true }))] }, clock)
        .cache
    const [a, b] = [open(), open()]
    for (const before of ['nothing', 'an older one'] as const) {
      if (before === 'an older one') {
        await b.set('k', 'first', { ttl: 100, grace: '1h' })
        await clock.advance(1_001)
      }
      const gate = deferred<string>()
      const loading = a.getOrSet('k', () => gate.promise)
      await turns()
      await b.set('k', 'theirs')
      gate.resolve('loaded')
      expect(await loading).toBe('loaded')
      expect(await open().get('k')).toBe('theirs')
      await b.delete('k')
    }
  })

  it('a load replaces a record that cannot be read', async () => {
    const clock = manualClock()
    const records: Records = new Map()
    const open = () =>
      openCache({ tiers: [tier(testBackend({ clock, records, swap: true }))] }, clock).cache
    await open().set('k', 'first')
    for (const [key, record] of records)
      if (key.includes(':e:')) records.set(key, { ...record, bytes: Buffer.from('damaged') })
    expect(await open().getOrSet('k', () => 'loaded')).toBe('loaded')
    expect(await open().get('k')).toBe('loaded')
  })

  const stores = {
    'one memory store': (clock = manualClock()) => {
      const store = new MemoryStore({ clock })
      return { clock, tiers: () => [memory(), tier(memoryBackend({ store }), { name: 'shared' })] }
    },
    'one directory': (clock = manualClock()) => {
      const directory = temporaryDirectory()
      return { clock, tiers: () => [memory(), disk({ directory })] }
    },
  }

  describe.each(Object.entries(stores))('%s', (_, make) => {
    const pair = (options: object = {}) => {
      const { clock, tiers } = make()
      const open = () => openCache({ tiers: tiers(), grace: '1h', ...options }, clock).cache
      return { clock, a: open(), b: open() }
    }

    it.each([
      ['a tag', (cache: Cache) => cache.invalidateTags('t'), 'old'],
      ['a tag, hard', (cache: Cache) => cache.invalidateTags('t', { hard: true }), undefined],
      ['clear', (cache: Cache) => cache.clear(), undefined],
    ] as const)(
      '%s is seen by the other within markerTtl, without a bus',
      async (_name, change, stale) => {
        const { a, b, clock } = pair()
        await b.set('k', 'old', { tags: ['t'] })
        expect(await a.get('k')).toBe('old')
        await clock.advance(10)
        await change(b)
        await clock.advance(1_001)
        expect(await a.get('k')).toBeUndefined()
        expect(await a.get('k', { stale: true })).toBe(stale)
        expect((await a.getMany(['k'])).size).toBe(0)
        expect(await a.getOrSet('k', () => 'new')).toBe('new')
      },
    )

    it('markerTtl says how late', async () => {
      const { a, b, clock } = pair({ markerTtl: '10s' })
      await b.set('k', 'old', { tags: ['t'] })
      expect(await a.get('k')).toBe('old')
      await b.clear()
      await clock.advance(9_000)
      expect(await a.get('k')).toBe('old')
      await clock.advance(1_001)
      expect(await a.get('k')).toBeUndefined()
    })

    it('what was stored after a clear is found at the first look', async () => {
      const { a, b, clock } = pair()
      for (const key of ['k', 'l']) {
        await b.set(key, 'old')
        expect(await a.get(key)).toBe('old')
      }
      await clock.advance(10)
      await b.clear()
      await clock.advance(10)
      for (const key of ['k', 'l']) await b.set(key, 'new')
      await clock.advance(1_001)
      expect(await a.get('k')).toBe('new')
      expect((await a.getMany(['l'])).get('l')).toBe('new')
    })

    it('several keys are found below what memory has of an older state', async () => {
      const { a, b, clock } = pair()
      await b.set('k', 'old')
      expect(await a.get('k')).toBe('old')
      await clock.advance(10)
      await b.clear()
      await clock.advance(1_001)
      await a.get('other')
      expect(await a.get('k')).toBeUndefined()
      await b.set('k', 'new')
      expect((await a.getMany(['k'])).get('k')).toBe('new')
    })

    it('add is refused by what the other has stored, not by what it has cleared', async () => {
      const { a, b, clock } = pair()
      expect(await b.add('k', 1)).toBe(true)
      expect(await a.add('k', 2)).toBe(false)
      await clock.advance(10)
      await b.clear()
      await clock.advance(1_001)
      expect(await a.add('k', 3)).toBe(true)
      expect(await a.get('k')).toBe(3)
    })
  })

  it('a bus tells of keys, tags and clears at once; a middle tier is not believed either', async () => {
    const clock = manualClock()
    const bus = new TestBus()
    const store = new MemoryStore({ clock })
    const open = () =>
      openCache(
        {
          bus,
          tiers: [
            memory(),
            tier(memoryBackend({ clock }), { name: 'own' }),
            tier(memoryBackend({ store }), { name: 'shared' }),
          ],
        },
        clock,
      ).cache
    const [a, b] = [open(), open()]
    await a.set('k', 1, { tags: ['t'] })
    expect(await b.get('k')).toBe(1)
    await turns()
    await clock.advance(1)
    await a.set('k', 2, { tags: ['t'] })
    await turns()
    expect(await b.get('k')).toBe(2)
    await clock.advance(1)
    await a.invalidateTags('t', ...Array.from({ length: 600 }, (_, n) => `t${n}`))
    await turns()
    expect(await b.get('k')).toBeUndefined()
    await clock.advance(1)
    await a.set('k', 3, { tags: ['t599'] })
    expect(await b.get('k')).toBe(3)
    await clock.advance(1)
    await a.invalidateTags(...Array.from({ length: 600 }, (_, n) => `t${n}`))
    expect(await b.get('k')).toBeUndefined()
    await a.set('k', 4)
    await b.get('k')
    await clock.advance(1)
    await a.clear()
    expect(await b.get('k')).toBeUndefined()
    for (const text of bus.sent) expect(JSON.parse(text)).not.toHaveProperty('value')
  })
})

it('a backend never gets a key of more than 65,536 characters', async () => {
  const clock = manualClock()
  const { cache } = openCache({ tiers: [tier(testBackend({ clock, swap: true }))] }, clock)
  const keys = ['x'.repeat(70_000), `${'x'.repeat(69_999)}y`]
  await cache.set(keys[0] ?? '', 'first')
  await cache.getOrSet(keys[1] ?? '', () => 'second')
  expect([...(await cache.getMany(keys)).values()]).toEqual(['first', 'second'])
})
