import { describe, expect, it } from 'vitest'
import { DiskCache, type StoreEvent } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { codeOf } from '../support/code-of.ts'
import { valueFiles } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { cacheForms, openCache } from './support/forms.ts'

/** Text keys that are still there, in the order of their insertion. */
function keysOf(cache: DiskCache): string {
  return [...cache.keys()].join('')
}

describe('eviction', () => {
  it('lru: the entry that was not used for longest goes first', () => {
    const cache = openCache({ maxEntries: 4 })
    for (const key of 'abcd') cache.set(key, key)
    cache.get('a')
    cache.getEntry('b')
    cache.set('e', 'e')
    expect(keysOf(cache)).toBe('abde')
    cache.set('d', 'again')
    cache.set('f', 'f')
    expect(keysOf(cache)).toBe('bdef')
    cache.touch('b')
    cache.set('g', 'g')
    cache.set('h', 'h')
    expect(keysOf(cache)).toBe('bfgh')
    expect(cache.size).toBe(4)
    expect(cache.check().problems).toEqual([])
  })

  it.each<[string, (cache: DiskCache) => unknown]>([
    ['get', (cache) => cache.get('a')],
    ['getEntry', (cache) => cache.getEntry('a')],
    ['getMany', (cache) => cache.getMany(['a'])],
    ['getOrSet', (cache) => cache.getOrSet('a', () => 0)],
    ['load', (cache) => cache.load('a', async () => 0)],
    ['touch', (cache) => cache.touch('a')],
    ['set', (cache) => cache.set('a', 2)],
    ['setAsync', (cache) => cache.setAsync('a', 2)],
    ['update', (cache) => cache.update('a', () => 2)],
    ['incr', (cache) => cache.incr('a')],
  ])('lru: %s is a use', async (_, use) => {
    const cache = openCache({ maxEntries: 3 })
    for (const key of 'abc') cache.set(key, 1)
    await use(cache)
    cache.set('d', 1)
    expect(keysOf(cache)).toBe('acd')
    expect(cache.check().problems).toEqual([])
  })

  it.each<[string, (cache: DiskCache) => unknown]>([
    ['has', (cache) => cache.has('a')],
    ['list', (cache) => cache.list()],
    ['keys', (cache) => [...cache.keys()]],
    ['values', (cache) => [...cache.values()]],
    ['add that finds it there', (cache) => cache.add('a', 2)],
  ])('lru: %s is no use', (_, look) => {
    const cache = openCache({ maxEntries: 3 })
    for (const key of 'abc') cache.set(key, 1)
    look(cache)
    cache.set('d', 1)
    expect(keysOf(cache)).toBe('bcd')
    expect(cache.check().problems).toEqual([])
  })

  it('lru: what was read counts after the store was closed and opened again', () => {
    const directory = temporaryDirectory()
    const cache = openCache({ maxEntries: 3 }, directory)
    for (const key of 'abc') cache.set(key, key)
    cache.get('a')
    cache.close()
    const again = openCache({ maxEntries: 3 }, directory)
    again.set('d', 'd')
    expect(keysOf(again)).toBe('acd')
    expect(again.check().problems).toEqual([])
  })

  it('lru: reads of another handle count once they are written', async () => {
    const directory = temporaryDirectory()
    const clock = manualClock()
    const reader = openCache({ clock, maxEntries: 3 }, directory)
    for (const key of 'abc') reader.set(key, key)
    await clock.advance(10)
    reader.get('a')
    await clock.advance(1_000)
    const writer = openCache({ clock, maxEntries: 3 }, directory)
    writer.set('d', 'd')
    expect(keysOf(writer)).toBe('acd')
    expect(writer.check().problems).toEqual([])
  })

  it('lfu: the entry that was used least often goes first, the older one of equals', () => {
    const cache = openCache({ eviction: 'lfu', maxEntries: 4 })
    for (const key of 'abcd') cache.set(key, key)
    for (const key of 'aaabbd') cache.get(key)
    cache.set('e', 'e')
    expect(keysOf(cache)).toBe('abde')
    for (const key of 'eeee') cache.get(key)
    cache.set('f', 'f')
    expect(keysOf(cache)).toBe('abef')
    for (const key of 'fffff') cache.get(key)
    cache.set('g', 'g')
    expect(keysOf(cache)).toBe('aefg')
    expect(cache.check().problems).toEqual([])
  })

  it('fifo: the entry that was stored first goes first, whatever was read', () => {
    const cache = openCache({ eviction: 'fifo', maxEntries: 3 })
    for (const key of 'abc') cache.set(key, key)
    for (const key of 'aab') cache.get(key)
    cache.set('d', 'd')
    expect(keysOf(cache)).toBe('bcd')
    cache.get('b')
    cache.touch('b')
    cache.set('e', 'e')
    expect(keysOf(cache)).toBe('cde')
    expect(cache.check().problems).toEqual([])
  })

  it.each(['lru', 'lfu', 'fifo'] as const)('%s: keeps to maxEntries whatever comes', (eviction) => {
    const cache = openCache({ eviction, maxEntries: 10, inlineBytes: 100 })
    for (let index = 0; index < 200; index += 1) {
      cache.set(index % 60, Buffer.alloc((index * 37) % 300))
      cache.get((index * 7) % 60)
      expect(cache.size).toBeLessThanOrEqual(10)
      expect(cache.has(index % 60)).toBe(true)
    }
    expect(cache.size).toBe(10)
    expect(cache.check({ verify: true }).problems).toEqual([])
  })

  it('keeps to maxBytes, and evicts no more than is needed', () => {
    const cache = openCache({ maxBytes: 10_000, inlineBytes: 500 })
    for (let key = 0; key < 100; key += 1) {
      cache.set(key, Buffer.alloc(key % 2 === 0 ? 400 : 600))
      expect(cache.bytes()).toBeLessThanOrEqual(10_000)
    }
    expect(cache.bytes()).toBeGreaterThan(9_000)
    expect(cache.has(99)).toBe(true)
    expect(cache.has(0)).toBe(false)
    expect(cache.check({ verify: true }).problems).toEqual([])
  })

  it('takes what has expired before what is live', async () => {
    const clock = manualClock()
    const cache = openCache({ clock, maxEntries: 3 })
    cache.set('old', 1)
    cache.set('short', 1, { ttl: 10 })
    cache.set('new', 1)
    await clock.advance(10)
    cache.set('next', 1)
    expect([...cache.keys()]).toEqual(['old', 'new', 'next'])
    expect(cache.check().problems).toEqual([])
  })

  it('tells of each entry that it evicts', () => {
    const events: StoreEvent[] = []
    const cache = openCache({ maxEntries: 2, onEvent: (event) => events.push(event) })
    for (const key of 'abcd') cache.set(key, key)
    expect(events.map(({ type, key }) => [type, key])).toEqual([
      ['evict', 'a'],
      ['evict', 'b'],
    ])
    expect(cache.stats().evictions).toBe(2)
    expect(cache.check().problems).toEqual([])
  })

  it('cull() brings a store that was opened with lower limits within them', () => {
    const directory = temporaryDirectory()
    const clock = manualClock()
    const cache = openCache({ clock }, directory)
    for (let key = 0; key < 500; key += 1) cache.set(key, 'value', key < 5 ? { ttl: 1 } : {})
    cache.close()
    const again = openCache({ clock: manualClock(clock.now() + 1), maxEntries: 100 }, directory)
    expect(again.cull()).toBeGreaterThanOrEqual(400)
    expect(again.size).toBeLessThanOrEqual(100)
    expect(again.size).toBeGreaterThan(90)
    expect(again.has(499)).toBe(true)
    expect(again.cull()).toBe(0)
    expect(again.check().problems).toEqual([])
  })

  it('refuses a value larger than maxBytes, and evicts nothing for it', () => {
    const cache = openCache({ maxBytes: 1_000 })
    cache.set('a', 'small')
    expect(codeOf(() => cache.set('b', Buffer.alloc(1_001)))).toBe('ERR_VALUE_TOO_LARGE')
    expect(codeOf(() => cache.set('a', Buffer.alloc(1_001)))).toBe('ERR_VALUE_TOO_LARGE')
    expect([...cache]).toEqual([['a', 'small']])
    cache.set('b', Buffer.alloc(1_000))
    expect(cache.has('b')).toBe(true)
    expect(cache.check().problems).toEqual([])
  })

  it('none: nothing is evicted; the limits bound single values only', async () => {
    const clock = manualClock()
    const cache = openCache({ clock, eviction: 'none', maxEntries: 2, maxBytes: 100 })
    for (const key of 'abcd') cache.set(key, Buffer.alloc(60), key === 'd' ? { ttl: 10 } : {})
    expect(codeOf(() => cache.set('e', Buffer.alloc(101)))).toBe('ERR_VALUE_TOO_LARGE')
    expect(cache.cull()).toBe(0)
    expect([keysOf(cache), cache.bytes()]).toEqual(['abcd', 240])
    // Expiry is no eviction.
    await clock.advance(5_000)
    expect([keysOf(cache), cache.check().entries]).toEqual(['abc', 3])
    expect(cache.stats().evictions).toBe(0)
    expect(cache.check().problems).toEqual([])
  })

  it('evicts nothing within a transaction, and what is needed after it', () => {
    const cache = openCache({ maxEntries: 3 })
    for (const key of 'abc') cache.set(key, key)
    cache.transact(() => {
      for (const key of 'defg') cache.set(key, key)
      expect(keysOf(cache)).toBe('abcdefg')
    })
    expect(keysOf(cache)).toBe('efg')
    expect(cache.check().problems).toEqual([])
  })

  it('removes the files of what it evicts', async () => {
    const clock = manualClock()
    const cache = openCache({ clock, maxEntries: 2, inlineBytes: 10 })
    for (const key of 'abcdef') cache.set(key, Buffer.alloc(100, key))
    await clock.advance(10_000)
    expect(valueFiles(cache.directory)).toHaveLength(2)
    expect(cache.check({ verify: true }).problems).toEqual([])
  })
})

describe.each(cacheForms)('$name: limits', ({ open }) => {
  it('are those of the whole store', () => {
    const cache = open({ maxEntries: 40, maxBytes: 100_000, inlineBytes: 500 })
    for (let key = 0; key < 300; key += 1) cache.set(key, Buffer.alloc(1_000))
    expect(cache.size).toBeLessThanOrEqual(40)
    expect(cache.size).toBeGreaterThan(20)
    for (let key = 0; key < 300; key += 1) cache.set(key, Buffer.alloc(10_000))
    expect(cache.bytes()).toBeLessThanOrEqual(100_000)
    expect(cache.check({ verify: true }).problems).toEqual([])
  })
})

describe('a stream or a view of an entry', () => {
  it('is a use of it, and a hit', () => {
    using cache = new DiskCache(temporaryDirectory(), { maxEntries: 3 })
    for (const key of ['a', 'b', 'c']) cache.set(key, Buffer.from(key))
    cache.readStream('a')?.destroy()
    cache.map('b')?.close()
    cache.set('d', Buffer.from('d'))
    expect([...cache.keys()]).toEqual(['a', 'b', 'd'])
    expect(cache.stats().hits).toBe(2)
    expect(cache.check().problems).toEqual([])
  })
})
