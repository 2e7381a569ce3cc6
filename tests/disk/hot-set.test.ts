import { describe, expect, it } from 'vitest'
import { DiskCache } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { openDatabase } from '../support/sqlite-driver.mjs'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { atomically, type CacheVerbs, cacheForms, openCache } from './support/forms.ts'
import { hitsOf, hotPair } from './support/hot.ts'

/** Set by `hot-set-polling.test.ts`, which runs all of this where the version page cannot be mapped. */
const isPolling = process.env['HOLDFAST_MAPS'] === 'off'

/** Whether `read` is answered without the database. */
function isHot(cache: DiskCache, read: () => unknown): boolean {
  const before = hitsOf(cache)
  read()
  return hitsOf(cache) > before
}

describe('what is kept', () => {
  it(`is checked ${isPolling ? 'by asking the database' : 'without the database'}`, () => {
    const [cache] = hotPair()
    expect(cache.engine.coherence.isFallback).toBe(isPolling)
  })

  it('is what was read and what was written', () => {
    const [a, b] = hotPair()
    a.set('k', 'v')
    expect(isHot(a, () => expect(a.get('k')).toBe('v'))).toBe(true)
    expect(isHot(b, () => expect(b.get('k')).toBe('v'))).toBe(false)
    expect(isHot(b, () => expect(b.get('k')).toBe('v'))).toBe(true)
  })

  // Where hits ask the database whether anybody has written, they notice that its table is gone.
  it.skipIf(isPolling)('needs no database', async () => {
    const [a] = hotPair()
    a.set('k', { deep: ['value'] })
    a.set(7, 7)
    a.get('none')
    a.get(['a', 1])
    const damaged = await openDatabase(`${a.directory}/holdfast.db`)
    damaged.exec('DROP TABLE entries')
    damaged.close()
    expect(a.get('k')).toEqual({ deep: ['value'] })
    expect([a.get(7), a.get('none'), a.get(['a', 1])]).toEqual([7, undefined, undefined])
    expect(a.getMany(['k', 7])).toEqual(
      new Map<unknown, unknown>([
        ['k', { deep: ['value'] }],
        [7, 7],
      ]),
    )
    expect(() => a.get('unknown')).toThrow()
  })

  it.each([
    ['text', 'schön'],
    ['a number', -0],
    ['NaN', Number.NaN],
    ['undefined', undefined],
    ['null', null],
    ['a bigint', 2n ** 70n],
    ['an object', { a: [1, { b: null }] }],
    ['a date', new Date(5)],
    ['a map', new Map([[{ a: 1 }, new Set([1])]])],
    ['bytes', Buffer.from('abc')],
    ['a typed array', new Float64Array([1, 2.5])],
    ['bytes in an object', { deep: [new Uint8Array([1, 2, 3])] }],
    ['a large text', 'x'.repeat(100_000)],
  ])('comes back as %s', (_, value) => {
    const [a, b] = hotPair()
    a.set('k', value)
    for (const cache of [a, a, a, b, b, b]) expect(cache.get('k')).toStrictEqual(value)
  })

  it('is found by every kind of key, and keys that look alike stay apart', () => {
    const [cache] = hotPair()
    const keys = ['1', 1, 1n, 'n1', 's1', true, 't', null, 'z', ['1'], { a: 1 }, new Date(1), -0]
    for (const [index, key] of keys.entries()) cache.set(key, index)
    const read = () => keys.map((key) => cache.get(key))
    expect(read()).toEqual(keys.map((_, index) => index))
    const before = hitsOf(cache)
    expect(read()).toEqual(keys.map((_, index) => index))
    expect(hitsOf(cache) - before).toBe(keys.length)
    expect(cache.get(0)).toBe(keys.length - 1)
    expect(() => cache.get(Number.NaN)).toThrow(/NaN/)
    expect(() => cache.get('\ud800')).toThrow(/surrogate/)
  })

  it('includes that there is nothing', () => {
    const [a, b] = hotPair()
    a.get('k')
    expect(isHot(a, () => expect(a.get('k')).toBeUndefined())).toBe(true)
    expect(a.has('k')).toBe(false)
    b.set('k', 1)
    expect([a.has('k'), a.get('k')]).toEqual([true, 1])
    b.delete('k')
    expect([a.get('k'), a.get('k'), b.get('k')]).toEqual([undefined, undefined, undefined])
    expect(a.add('k', 2)).toBe(true)
    expect(b.get('k')).toBe(2)
  })

  it('is nothing with hot: false', () => {
    const [a, b] = hotPair({ hot: false }, {})
    a.set('k', 1)
    a.get('k')
    expect(a.engine.hot).toBeUndefined()
    expect(b.get('k')).toBe(1)
    a.set('k', 2)
    expect(b.get('k')).toBe(2)
  })

  it('is not what a transaction has not committed, nor what it rolled back', () => {
    const [a, b] = hotPair()
    a.set('k', 'old')
    expect(() =>
      a.transact(() => {
        a.set('k', 'new')
        expect(a.get('k')).toBe('new')
        expect(b.get('k')).toBe('old')
        throw new Error('no')
      }),
    ).toThrow('no')
    expect([a.get('k'), a.get('k'), b.get('k')]).toEqual(['old', 'old', 'old'])
    a.transact(() => {
      a.set('outer', 1)
      expect(() =>
        a.transact(() => {
          a.set('k', 'inner')
          throw new Error('no')
        }),
      ).toThrow('no')
      a.set('last', 1)
      a.delete('last')
    })
    expect([a.get('k'), a.get('outer'), a.get('last')]).toEqual(['old', 1, undefined])
    expect([b.get('k'), b.get('outer'), b.get('last')]).toEqual(['old', 1, undefined])
  })

  it('ends with its time to live, to the millisecond', () => {
    const clock = manualClock()
    const [a, b] = hotPair({ clock })
    a.set('k', 1, { ttl: 10 })
    const read = () => [a.get('k'), b.get('k'), a.has('k'), b.getMany(['k']).size]
    read()
    expect(read()).toEqual([1, 1, true, 1])
    return clock.advance(9).then(async () => {
      expect(read()).toEqual([1, 1, true, 1])
      await clock.advance(1)
      expect(read()).toEqual([undefined, undefined, false, 0])
    })
  })

  it('is gone when the store is closed', () => {
    const [a] = hotPair()
    a.set('k', 1)
    a.get('k')
    a.close()
    expect(() => a.get('k')).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
    expect(a.engine.hot?.set.size).toBe(0)
  })
})

describe('every way to change an entry is seen by the other', () => {
  const ways: readonly (readonly [string, (cache: DiskCache) => unknown, unknown])[] = [
    ['set', (cache) => cache.set('k', 'new'), 'new'],
    ['set with a tag', (cache) => cache.set('k', 'new', { tag: 't' }), 'new'],
    ['set of a large value', (cache) => cache.set('k', 'x'.repeat(50_000)), 'x'.repeat(50_000)],
    ['setAsync', (cache) => cache.setAsync('k', 'new'), 'new'],
    ['setMany', (cache) => cache.setMany([['k', 'new']]), 'new'],
    ['update', (cache) => cache.update('k', () => 'new'), 'new'],
    ['transact', (cache) => cache.transact(() => cache.set('k', 'new')), 'new'],
    ['delete', (cache) => cache.delete('k'), undefined],
    ['deleteMany', (cache) => cache.deleteMany(['k']), undefined],
    ['pop', (cache) => cache.pop('k'), undefined],
    ['evictTag', (cache) => cache.evictTag('tag'), undefined],
    ['clear', (cache) => cache.clear(), undefined],
    ['touch into the past', (cache) => cache.touch('k', 0), undefined],
    ['set into the past', (cache) => cache.set('k', 1, { ttl: 0 }), undefined],
    ['load', (cache) => cache.load('k', async () => 'new', { forceFresh: true }), 'new'],
    [
      'writeStream',
      async (cache) => {
        const stream = cache.writeStream('k')
        await new Promise<void>((resolve) => stream.end('new', () => resolve()))
      },
      Buffer.from('new'),
    ],
  ]
  it.each(ways)('%s', async (_, change, expected) => {
    const [a, b] = hotPair()
    a.set('k', 'old', { tag: 'tag' })
    for (const cache of [a, b, a, b]) expect(cache.get('k')).toBe('old')
    await change(a)
    expect([b.get('k'), a.get('k')]).toEqual([expected, expected])
    expect([b.get('k'), a.get('k')]).toEqual([expected, expected])
    expect([b.getMany(['k']).get('k'), b.has('k')]).toEqual([expected, expected !== undefined])
  })

  it('add and incr', () => {
    const [a, b] = hotPair()
    expect([b.get('n'), b.get('n')]).toEqual([undefined, undefined])
    expect(a.incr('n')).toBe(1)
    expect([b.get('n'), a.get('n')]).toEqual([1, 1])
    expect(b.decr('n', 5)).toBe(-4)
    expect([a.get('n'), b.get('n')]).toEqual([-4, -4])
    expect(a.add('n', 1)).toBe(false)
    expect(a.get('n')).toBe(-4)
  })

  it('a new end, and memoized results', () => {
    const clock = manualClock()
    const [a, b] = hotPair({ clock })
    a.set('k', 1)
    b.get('k')
    a.touch('k', 5)
    let calls = 0
    const twice = b.memoize(
      (n: number) => {
        calls += 1
        return n * 2
      },
      { name: 'twice' },
    )
    expect([twice(2), twice(2), calls]).toEqual([4, 4, 1])
    a.delete(twice.keyOf(2))
    expect([twice(2), calls]).toEqual([4, 2])
    return clock.advance(5).then(() => expect(b.get('k')).toBeUndefined())
  })

  it('eviction, expiry and culling', async () => {
    const clock = manualClock()
    const [a, b] = hotPair({ clock, maxEntries: 100 })
    for (let index = 0; index < 100; index += 1) a.set(index, index, { ttl: index === 0 ? 5 : 100 })
    for (let index = 0; index < 100; index += 1) expect(b.get(index)).toBe(index)
    for (let index = 100; index < 300; index += 1) a.set(index, index)
    const left = new Set(a.keys())
    expect(left.size).toBeLessThanOrEqual(100)
    for (let index = 0; index < 300; index += 1)
      expect(b.get(index)).toBe(left.has(index) ? index : undefined)
    await clock.advance(200)
    a.expire()
    a.cull()
    for (const key of left) expect(b.get(key)).toBe(Number(key) < 100 ? undefined : key)
  })

  it('repair of a damaged row', async () => {
    const [a, b] = hotPair()
    a.set('k', 'old')
    const fresh = openCache({ hot: false }, a.directory)
    b.get('k')
    const database = await openDatabase(`${a.directory}/holdfast.db`)
    database.exec(`UPDATE entries SET value = x'00'`)
    database.close()
    expect(fresh.get('k')).toBeUndefined()
    expect([a.get('k'), b.get('k')]).toEqual([undefined, undefined])
  })
})

describe.each(cacheForms)('$name', ({ open }) => {
  it('stays coherent through every verb, with thousands of keys', () => {
    const a: CacheVerbs = open({ hot: {} })
    const b: CacheVerbs = open({ hot: {} }, a.directory)
    const expected = new Map<number, number>()
    let seed = 7
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
      return Math.floor((seed / 2 ** 32) * below)
    }
    for (let step = 0; step < 6_000; step += 1) {
      const [writer, reader] = random(2) === 0 ? [a, b] : [b, a]
      const key = random(300)
      const what = random(20)
      if (what < 6) {
        writer.set(key, step)
        expected.set(key, step)
      } else if (what < 8) {
        expect(writer.delete(key)).toBe(expected.delete(key))
      } else if (what === 8) {
        atomically(writer, key, () => writer.set(key, step))
        expected.set(key, step)
      } else if (what === 9) {
        const undone = () =>
          atomically(writer, key, () => {
            writer.set(key, 'undone')
            throw new Error('undone')
          })
        expect(undone).toThrow('undone')
      } else {
        for (const cache of [reader, writer, reader]) expect(cache.get(key)).toBe(expected.get(key))
      }
    }
    for (const cache of [a, b])
      expect(cache.getMany([...expected.keys()])).toEqual(new Map(expected))
    expect(a.check().problems).toEqual([])
  })
})

describe('the budget', () => {
  it('is kept, whatever is read and written', () => {
    const [cache, writer] = hotPair({ hot: { maxBytes: 20_000 } }, { hot: false })
    for (let index = 0; index < 500; index += 1) {
      writer.set(index, index % 3 === 0 ? 'x'.repeat(index) : { text: 'y'.repeat(index) })
      for (let read = 0; read < 3; read += 1) cache.get(index)
      cache.get(`none ${index}`)
      const set = cache.engine.hot?.set
      expect(set?.bytes).toBeLessThanOrEqual(20_000)
      expect(set?.bytes).toBeGreaterThanOrEqual(0)
    }
    expect(cache.engine.hot?.set.size).toBeGreaterThan(10)
    cache.clear()
    for (let index = 0; index < 500; index += 1) cache.get(index)
    expect(cache.engine.hot?.set.bytes).toBeLessThanOrEqual(20_000)
  })

  it('is not spent on one large value', () => {
    const [cache] = hotPair({ hot: { maxBytes: 8_000 } })
    cache.set('small', 'v')
    cache.set('large', 'x'.repeat(5_000))
    cache.get('large')
    cache.get('large')
    expect(isHot(cache, () => cache.get('large'))).toBe(false)
    expect(isHot(cache, () => cache.get('small'))).toBe(true)
  })

  it('0 keeps nothing', () => {
    const [cache] = hotPair({ hot: { maxBytes: 0 } })
    cache.set('k', 1)
    cache.get('k')
    expect(isHot(cache, () => cache.get('k'))).toBe(false)
  })

  it('keeps what is used through a scan', () => {
    const [cache] = hotPair({ hot: { maxBytes: 60_000 } })
    const used = Array.from({ length: 20 }, (_, index) => `used ${index}`)
    for (const key of used) cache.set(key, 'v')
    for (let index = 0; index < 2_000; index += 1) {
      cache.set(`scan ${index}`, 'v')
      if (index % 20 === 0) for (const key of used) cache.get(key)
    }
    expect(used.filter((key) => isHot(cache, () => cache.get(key)))).toEqual(used)
  })
})

describe('what others must know of hits', () => {
  it('a hit counts, and keeps an entry from being evicted by another process', async () => {
    const clock = manualClock()
    const [a, b] = hotPair({ clock, maxEntries: 50 })
    for (let index = 0; index < 50; index += 1) a.set(index, 'v')
    for (let index = 0; index < 10; index += 1) b.get(index)
    await clock.advance(300)
    const before = b.stats().hits
    for (let round = 0; round < 3; round += 1)
      for (let index = 0; index < 10; index += 1) expect(isHot(b, () => b.get(index))).toBe(true)
    expect(b.stats().hits - before).toBe(30)
    for (let index = 10; index < 50; index += 1) a.get(index)
    // Of all the hits in a tenth of a second the store is told the time of the first.
    await clock.advance(100)
    for (let index = 0; index < 10; index += 1) b.get(index)
    await clock.advance(300)
    for (let index = 100; index < 130; index += 1) a.set(index, 'v')
    for (let index = 0; index < 10; index += 1) expect(a.has(index)).toBe(true)
    expect(a.stats().hits).toBeGreaterThanOrEqual(before + 30)
  })

  it('a hit is counted without a write for each', () => {
    const [a] = hotPair()
    a.set('k', 1)
    const commits = a.engine.coherence.commits
    for (let index = 0; index < 10_000; index += 1) a.get('k')
    expect(a.engine.coherence.commits).toBe(commits)
    expect(a.stats().hits).toBe(10_000)
  })

  it('a value that no longer decodes is read again, which says why', () => {
    let works = true
    const codec = {
      id: 'fails',
      encode: () => new Uint8Array(1),
      decode: () => {
        if (works) return [1]
        throw new RangeError('no')
      },
    }
    const types: string[] = []
    const cache = openCache({ hot: {}, codec, onEvent: ({ type }) => types.push(type) })
    cache.set('k', 1)
    expect(cache.get('k')).toEqual([1])
    works = false
    expect(cache.get('k')).toBeUndefined()
    expect(types.filter((type) => type !== 'fallback')).toEqual(['corrupt'])
    works = true
    expect(cache.get('k')).toEqual([1])
  })
})

describe('options', () => {
  it.each([
    [true],
    [{ maxBytes: -1 }],
    [{ maxBytes: 'much' }],
    [{ share: 'reference' }],
    [{ size: 1 }],
    [null],
  ])('refuses hot: %j', (hot) => {
    const open = () => new DiskCache(temporaryDirectory(), { hot: hot as never })
    expect(open).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })
})
