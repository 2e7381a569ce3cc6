import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/testing/index.ts'
import { cacheForms } from './support/forms.ts'

const none = { hits: 0, misses: 0, sets: 0, deletes: 0, evictions: 0, expirations: 0 }

describe.each(cacheForms)('$name: stats', ({ open }) => {
  it('count what callers did', () => {
    const cache = open()
    expect(cache.stats()).toMatchObject(none)
    cache.set('a', 1)
    cache.set('a', 2)
    cache.setMany([['b', 1]])
    expect(cache.stats()).toMatchObject({ ...none, sets: 3 })
    cache.get('a')
    cache.get('missing')
    cache.getEntry('b')
    cache.getMany(['a', 'b', 'missing'])
    expect(cache.stats()).toMatchObject({ ...none, sets: 3, hits: 4, misses: 2 })
    cache.delete('a')
    cache.delete('a')
    expect(cache.stats()).toMatchObject({ deletes: 1 })
    expect(cache.check().problems).toEqual([])
  })

  it('say what is kept in memory', () => {
    const cache = open({ hot: {} })
    expect(cache.stats().hot).toEqual({ hits: 0, entries: 0, bytes: 0 })
    for (let key = 0; key < 10; key += 1) cache.set(key, 'v'.repeat(100))
    for (let key = 0; key < 10; key += 1) expect(cache.get(key)).toBe('v'.repeat(100))
    expect(cache.stats()).toMatchObject({ hits: 10, hot: { hits: 10, entries: 10 } })
    const { bytes = 0 } = cache.stats().hot ?? {}
    expect(bytes).toBeGreaterThan(1_000)
    expect(bytes).toBeLessThan(10 * 600)
    cache.resetStats()
    expect(cache.stats()).toMatchObject({ hits: 0, hot: { hits: 10, entries: 10, bytes } })
    expect(open({ hot: false }).stats().hot).toBeUndefined()
  })

  it('look at nothing that is only looked at', () => {
    const cache = open()
    cache.set('a', 1)
    cache.has('a')
    cache.has('missing')
    cache.list()
    expect([...cache]).toHaveLength(1)
    expect(cache.size).toBe(1)
    expect(cache.stats()).toMatchObject({ ...none, sets: 1 })
    expect(cache.check().problems).toEqual([])
  })

  it('count expirations, and are kept across opening', async () => {
    const clock = manualClock()
    const cache = open({ clock })
    for (let key = 0; key < 3; key += 1) cache.set(key, key, { ttl: 10 })
    await clock.advance(10)
    cache.get(0)
    cache.expire()
    const stats = { ...none, sets: 3, misses: 1, expirations: 3 }
    expect(cache.stats()).toMatchObject(stats)
    cache.close()
    const again = open({ clock }, cache.directory)
    expect(again.stats()).toMatchObject(stats)
    expect(again.check().problems).toEqual([])
  })

  it('are those of every handle, and begin again at resetStats', async () => {
    const clock = manualClock()
    const cache = open({ clock })
    const other = open({ clock }, cache.directory)
    cache.set('a', 1)
    other.get('a')
    other.get('a')
    // Counts of reads are written with the next small step, not with every read.
    await clock.advance(2_000)
    expect(cache.stats()).toMatchObject({ sets: 1, hits: 2 })
    cache.resetStats()
    expect([cache.stats(), other.stats()]).toMatchObject([none, none])
    expect(cache.check().problems).toEqual([])
  })
})
