import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/testing/index.ts'
import { codeOf } from '../support/code-of.ts'
import { allForms, cacheForms } from './support/forms.ts'
import { samples } from './support/samples.ts'

describe.each(allForms)('$name: reading', ({ open }) => {
  it('finds nothing in an empty store', () => {
    const store = open()
    expect(store.get('a')).toBeUndefined()
    expect(store.getEntry('a')).toBeUndefined()
    expect(store.has('a')).toBe(false)
    expect(store.pop('a')).toBeUndefined()
    expect(store.delete('a')).toBe(false)
    expect(store.getMany(['a', 'b'])).toEqual(new Map())
    expect(store.deleteMany(['a', 'b'])).toBe(0)
    expect(store.map('a')).toBeUndefined()
    expect(store.readStream('a')).toBeUndefined()
    expect([...store]).toEqual([])
    expect([store.size, store.bytes(), store.clear()]).toEqual([0, 0, 0])
    expect(store.check().problems).toEqual([])
  })

  it('gives every kind of value back on every path, as what it was', () => {
    const store = open({ inlineBytes: 1_000 })
    for (const [name, value] of samples) store.set(name, value)
    expect(store.size).toBe(samples.size)
    const many = store.getMany(samples.keys())
    const entries = new Map(store.entries())
    for (const [name, value] of samples) {
      expect(store.has(name)).toBe(true)
      expect(store.get(name)).toStrictEqual(value)
      expect(store.getEntry(name)).toMatchObject({ key: name })
      expect(store.getEntry(name)?.value).toStrictEqual(value)
      expect(many.get(name)).toStrictEqual(value)
      expect(entries.get(name)).toStrictEqual(value)
      expect(store.pop(name)).toStrictEqual(value)
      expect(store.has(name)).toBe(false)
    }
    expect(store.check().problems).toEqual([])
  })

  it('tells a stored undefined from a miss', () => {
    const store = open()
    store.set('stored', undefined)
    expect(store.get('stored')).toBeUndefined()
    expect(store.has('stored')).toBe(true)
    expect(store.getEntry('stored')).toMatchObject({ key: 'stored', value: undefined })
    expect(store.getMany(['stored', 'missing'])).toEqual(new Map([['stored', undefined]]))
    expect(store.getOrSet('stored', () => 'computed')).toBeUndefined()
    expect(store.add('stored', 1)).toBe(false)
    expect(store.size).toBe(1)
    expect(store.check().problems).toEqual([])
  })

  it('tells everything about an entry that has no options', () => {
    const clock = manualClock()
    const store = open({ clock })
    store.set(['a', 1], 'value')
    expect(store.getEntry(['a', 1])).toStrictEqual({
      key: ['a', 1],
      value: 'value',
      size: 5,
      createdAt: clock.now(),
      accessedAt: clock.now(),
      expiresAt: Number.POSITIVE_INFINITY,
      tags: [],
    })
    expect(store.check().problems).toEqual([])
  })

  it('keeps a description and facts until the entry is overwritten', () => {
    const store = open()
    const meta = { rows: 12, by: new Map([['who', 'me']]) }
    store.set('a', 1, { description: 'a sentence', meta })
    meta.rows = 13
    expect(store.getEntry('a')).toMatchObject({
      description: 'a sentence',
      meta: { rows: 12, by: new Map([['who', 'me']]) },
    })
    store.set('a', 2)
    const entry = store.getEntry('a')
    expect(entry).not.toHaveProperty('description')
    expect(entry).not.toHaveProperty('meta')
    expect(store.check().problems).toEqual([])
  })

  it('counts the size of an entry as its share of bytes()', () => {
    const store = open({ inlineBytes: 100 })
    store.set('inline', Buffer.alloc(40))
    store.set('file', Buffer.alloc(4_000))
    const sizes = ['inline', 'file'].map((key) => store.getEntry(key)?.size)
    expect(sizes).toEqual([40, 4_000])
    expect(store.bytes()).toBe(4_040)
    expect(store.check()).toMatchObject({ problems: [], entries: 2, bytes: 4_040 })
  })

  it('computes a missing value once', () => {
    const store = open()
    let calls = 0
    const compute = () => {
      calls += 1
      return null
    }
    expect(store.getOrSet('a', compute)).toBeNull()
    expect(store.getOrSet('a', compute)).toBeNull()
    expect(calls).toBe(1)
    expect(store.check().problems).toEqual([])
  })

  it('stores nothing when a computation throws', () => {
    const store = open()
    const fail = () => {
      throw new RangeError('no')
    }
    expect(() => store.getOrSet('a', fail)).toThrow(RangeError)
    expect(store.has('a')).toBe(false)
    expect(store.getOrSet('a', () => 1)).toBe(1)
    expect(store.check().problems).toEqual([])
  })

  it('refuses a computation that returns a promise', () => {
    const store = open()
    expect(codeOf(() => store.getOrSet('a', async () => 1))).toBe('ERR_UNSUPPORTED_VALUE')
    expect(codeOf(() => store.getOrSet('a', 1 as never))).toBe('ERR_INVALID_OPTION')
    expect(store.size).toBe(0)
    expect(store.check().problems).toEqual([])
  })

  it('reads many keys in their order, of any iterable, once each', () => {
    const store = open()
    store.setMany([
      ['a', 1],
      ['b', 2],
      [['c'], 3],
    ])
    const compound = ['c']
    const found = store.getMany(new Set([compound, 'missing', 'b', 'a']))
    expect([...found]).toEqual([
      [compound, 3],
      ['b', 2],
      ['a', 1],
    ])
    expect(store.getMany([])).toEqual(new Map())
    expect(store.getMany(['a', 'a'])).toEqual(new Map([['a', 1]]))
    expect(store.check().problems).toEqual([])
  })

  it('refuses a bad key among many before it reads', () => {
    const store = open()
    expect(codeOf(() => store.getMany(['a', Number.NaN]))).toBe('ERR_INVALID_KEY')
    expect(codeOf(() => store.deleteMany(['a', (() => 1) as never]))).toBe('ERR_UNSUPPORTED_KEY')
    expect(store.check().problems).toEqual([])
  })

  it('refuses a key that is no key on every verb', () => {
    const store = open()
    const verbs: ((key: never) => unknown)[] = [
      (key) => store.get(key),
      (key) => store.getEntry(key),
      (key) => store.getOrSet(key, () => 1),
      (key) => store.set(key, 1),
      (key) => store.add(key, 1),
      (key) => store.update(key, () => 1),
      (key) => store.has(key),
      (key) => store.delete(key),
      (key) => store.pop(key),
      (key) => store.getMany([key]),
      (key) => store.setMany([[key, 1]]),
      (key) => store.deleteMany([key]),
      (key) => store.incr(key),
      (key) => store.decr(key),
      (key) => store.map(key),
      (key) => store.readStream(key),
      (key) => store.writeStream(key),
    ]
    for (const verb of verbs) {
      expect(codeOf(() => verb(undefined as never))).toBe('ERR_INVALID_KEY')
      expect(codeOf(() => verb(Symbol('s') as never))).toBe('ERR_UNSUPPORTED_KEY')
    }
    expect(store.check().problems).toEqual([])
  })
})

describe.each(cacheForms)('$name: reading', ({ open }) => {
  it('tells everything about an entry with options', () => {
    const clock = manualClock()
    const cache = open({ clock })
    const meta = { source: 'test' }
    cache.set('a', 1, { ttl: '1m', tag: 'x', tags: ['y', 'x'], description: 'one', meta })
    expect(cache.getEntry('a')).toStrictEqual({
      key: 'a',
      value: 1,
      size: 8,
      createdAt: clock.now(),
      accessedAt: clock.now(),
      expiresAt: clock.now() + 60_000,
      tags: ['x', 'y'],
      description: 'one',
      meta,
    })
    expect(cache.check().problems).toEqual([])
  })

  it('shows in accessedAt when an entry was last read', async () => {
    const clock = manualClock()
    const cache = open({ clock })
    const start = clock.now()
    cache.set('a', 1)
    await clock.advance(5_000)
    cache.get('a')
    await clock.advance(5_000)
    expect(cache.list()[0]).toMatchObject({ createdAt: start, accessedAt: start + 5_000 })
    expect(cache.getEntry('a')?.createdAt).toBe(start)
    expect(cache.check().problems).toEqual([])
  })
})
