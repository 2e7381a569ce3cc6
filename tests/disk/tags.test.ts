import { describe, expect, it } from 'vitest'
import { codeOf } from '../support/code-of.ts'
import { atomically, cacheForms, indexForms } from './support/forms.ts'

describe.each(cacheForms)('$name: tags', ({ open }) => {
  it('evictTag removes every live entry with the tag, and no other', () => {
    const cache = open({ inlineBytes: 100 })
    cache.set('one', 1, { tag: 'x' })
    cache.set('two', Buffer.alloc(500), { tags: ['x', 'y'] })
    cache.set('three', 3, { tag: 'y', tags: ['z'] })
    cache.set('none', 4)
    expect(cache.evictTag('x')).toBe(2)
    expect([...cache.keys()].sort()).toEqual(['none', 'three'])
    expect(cache.evictTag('x')).toBe(0)
    expect(cache.evictTag('z')).toBe(1)
    expect(cache.evictTag('y')).toBe(0)
    expect([cache.size, cache.bytes()]).toEqual([1, 8])
    expect(cache.check({ verify: true }).problems).toEqual([])
  })

  it('tag and tags are joined, each once', () => {
    const cache = open()
    cache.set('a', 1, { tag: 'x', tags: ['y', 'x', 'y'] })
    expect(cache.getEntry('a')?.tags).toEqual(['x', 'y'])
    expect(cache.evictTag('y')).toBe(1)
    expect(cache.check().problems).toEqual([])
  })

  it('an overwrite replaces the tags', () => {
    const cache = open()
    cache.set('a', 1, { tags: ['x', 'y'] })
    cache.set('a', 2, { tags: ['y', 'z'] })
    expect(cache.evictTag('x')).toBe(0)
    expect(cache.list({ tag: 'z' })).toHaveLength(1)
    cache.set('a', 3)
    expect(cache.evictTag('y')).toBe(0)
    expect(cache.getEntry('a')?.tags).toEqual([])
    expect(cache.check().problems).toEqual([])
  })

  it('incr, update and touch keep the tags', () => {
    const cache = open()
    cache.set('a', 1, { tags: ['x', 'y'] })
    cache.incr('a')
    cache.update('a', () => 5)
    cache.touch('a', '1h')
    expect(cache.getEntry('a')).toMatchObject({ value: 5, tags: ['x', 'y'] })
    expect(cache.evictTag('y')).toBe(1)
    expect(cache.check().problems).toEqual([])
  })

  it('tags may be any text, and are compared exactly', () => {
    const cache = open()
    const tags = [
      'a',
      'A',
      ' ',
      '"',
      "'; DROP TABLE tags; --",
      '[1]',
      '😀',
      'é',
      'e\u0301',
      '%',
      '_',
    ]
    for (const tag of tags) cache.set(tag, 1, { tag })
    for (const tag of tags) {
      expect(cache.list({ tag }).map(({ key }) => key)).toEqual([tag])
      expect(cache.evictTag(tag)).toBe(1)
    }
    expect(cache.size).toBe(0)
    expect(cache.check().problems).toEqual([])
  })

  it('hundreds of entries of one tag go, also in a transaction that is rolled back', () => {
    const cache = open({ inlineBytes: 100 })
    const keys = Array.from({ length: 450 }, (_, index) => index)
    cache.setMany(keys.map((key) => [key, Buffer.alloc(key % 200), { tag: 'x' }] as const))
    const back = new Error('back')
    const work = () => {
      expect(cache.evictTag('x')).toBe(450)
      throw back
    }
    // A transaction covers one shard, so only an unsharded store gets all of them back.
    if (cache.constructor.name === 'DiskCache') {
      expect(() => atomically(cache, 0, work)).toThrow(back)
      expect(cache.list({ tag: 'x' })).toHaveLength(450)
    }
    expect(cache.check({ verify: true }).problems).toEqual([])
    expect(cache.evictTag('x')).toBe(450)
    expect([cache.size, cache.bytes()]).toEqual([0, 0])
    expect(cache.check().problems).toEqual([])
  })

  it('evictTag while others are iterated skips what is gone', () => {
    const cache = open()
    const keys = Array.from({ length: 300 }, (_, index) => index)
    cache.setMany(keys.map((key) => [key, key, { tag: key % 2 === 0 ? 'even' : 'odd' }] as const))
    const seen: unknown[] = []
    for (const [key] of cache) {
      if (seen.length === 10) cache.evictTag('even')
      seen.push(key)
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.slice(11).every((key) => Number(key) % 2 === 1)).toBe(true)
    expect(cache.size).toBe(150)
    expect(cache.check().problems).toEqual([])
  })

  it('refuses what is no tag', () => {
    const cache = open()
    for (const tag of ['', 5, null, 'a\0b', '\ud800', ['a']] as never[]) {
      expect(codeOf(() => cache.set('a', 1, { tag }))).toBe('ERR_INVALID_OPTION')
      expect(codeOf(() => cache.set('a', 1, { tags: ['fine', tag] }))).toBe('ERR_INVALID_OPTION')
      expect(codeOf(() => cache.evictTag(tag))).toBe('ERR_INVALID_OPTION')
      expect(codeOf(() => cache.list({ tag }))).toBe('ERR_INVALID_OPTION')
    }
    expect(codeOf(() => cache.set('a', 1, { tags: 'x' as never }))).toBe('ERR_INVALID_OPTION')
    expect(codeOf(() => cache.evictTag(undefined as never))).toBe('ERR_INVALID_OPTION')
    expect(cache.size).toBe(0)
    expect(cache.check().problems).toEqual([])
  })
})

describe.each(indexForms)('$name: no expiry and no tags', ({ open }) => {
  it('refuses ttl, expiresAt, tag and tags wherever something is stored', async () => {
    const index = open()
    for (const options of [{ ttl: 1 }, { expiresAt: 1 }, { tag: 'x' }, { tags: [] }]) {
      const verbs = [
        () => index.set('a', 1, options),
        () => index.add('a', 1, options),
        () => index.update('a', () => 1, options),
        () => index.getOrSet('a', () => 1, options),
        () => index.setMany([['a', 1, options]]),
        () => index.writeStream('a', options),
        () => index.memoize(function f() {}, options),
      ]
      for (const verb of verbs) expect(codeOf(verb)).toBe('ERR_INVALID_OPTION')
    }
    expect(codeOf(() => index.incr('a', 1, { ttl: 1 }))).toBe('ERR_INVALID_OPTION')
    expect(index.size).toBe(0)
    expect(index.check().problems).toEqual([])
  })

  it('refuses the options of a cache', () => {
    for (const options of [{ ttl: 1 }, { maxBytes: 1 }, { maxEntries: 1 }, { eviction: 'lru' }]) {
      expect(codeOf(() => open(options as never))).toBe('ERR_INVALID_OPTION')
    }
  })

  it('has no verbs of expiry, eviction, tags and statistics', () => {
    const index = open() as unknown as Record<string, unknown>
    const verbs = ['touch', 'evictTag', 'expire', 'cull', 'stats', 'resetStats']
    for (const verb of verbs) expect(index[verb]).toBeUndefined()
  })

  it('keeps what it is given, however much', () => {
    const index = open()
    for (let key = 0; key < 300; key += 1) index.set(key, Buffer.alloc(100))
    expect([index.size, index.bytes()]).toEqual([300, 30_000])
    expect(index.check().problems).toEqual([])
  })
})
