import { describe, expect, it } from 'vitest'
import { type Key, keyId, type ListFilter } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { codeOf, errorOf } from '../support/code-of.ts'
import { allForms, cacheForms, type Verbs } from './support/forms.ts'

const long = 'k'.repeat(5_000)

/** Pages of `limit` entries until there are no more. */
function pages(store: Verbs, filter: ListFilter): Key[] {
  const keys: Key[] = []
  for (let after: string | undefined; ; ) {
    const page = store.list({ ...filter, after })
    keys.push(...page.map(({ key }) => key))
    after = page.at(-1)?.id
    if (page.length < (filter.limit ?? 1)) return keys
  }
}

describe.each(allForms)('$name: list', ({ open }) => {
  it('tells everything but the value', () => {
    const clock = manualClock()
    const store = open({ clock })
    store.set(['a', 1], 'value', { description: 'one', meta: { n: 1 } })
    store.set('b', 5)
    expect(store.list()).toStrictEqual([
      {
        id: keyId(['a', 1]),
        key: ['a', 1],
        size: 5,
        createdAt: clock.now(),
        accessedAt: clock.now(),
        expiresAt: Number.POSITIVE_INFINITY,
        tags: [],
        codec: 'text',
        description: 'one',
        meta: { n: 1 },
      },
      {
        id: keyId('b'),
        key: 'b',
        size: 8,
        createdAt: clock.now(),
        accessedAt: clock.now(),
        expiresAt: Number.POSITIVE_INFINITY,
        tags: [],
        codec: 'number',
      },
    ])
    expect(store.check().problems).toEqual([])
  })

  it('orders by id unless told otherwise', () => {
    const store = open()
    const keys: Key[] = [
      'b',
      'a',
      2,
      10,
      1n,
      true,
      null,
      ['z'],
      { a: 1 },
      `b${long}`,
      `a${long}`,
      '',
    ]
    for (const key of keys) store.set(key, 1)
    const ids = store.list().map(({ id }) => id)
    expect(ids).toEqual(keys.map(keyId).sort())
    expect(store.check().problems).toEqual([])
  })

  it('finds text keys by prefix, long ones too', () => {
    const store = open()
    const keys: Key[] = [
      'user:1',
      'user:2',
      'user;',
      'user',
      `user:${long}`,
      'User:1',
      ['user:1'],
      1,
    ]
    for (const key of [...keys, '\u{10ffff}x', 'us%r']) store.set(key, 1)
    const found = (prefix: string) => store.list({ prefix }).map(({ key }) => key)
    expect(found('user:')).toEqual(['user:1', 'user:2', `user:${long}`])
    expect(found('')).toHaveLength(8)
    expect(found('us%')).toEqual(['us%r'])
    expect(found('\u{10ffff}')).toEqual(['\u{10ffff}x'])
    expect(found(`user:${long}`)).toEqual([`user:${long}`])
    expect(found(`user:${long}x`)).toEqual([])
    expect(found('nobody')).toEqual([])
    expect(store.check().problems).toEqual([])
  })

  it.each(['key', 'created', 'accessed', 'size'] as const)(
    'gives each entry once, page after page, by %s',
    async (orderBy) => {
      const clock = manualClock()
      const store = open({ clock })
      for (let index = 0; index < 60; index += 1) {
        // Many equals, so that ties are cut by pages too.
        const key = index % 7 === 0 ? `${long}${index}` : index % 3 === 0 ? index : `key ${index}`
        store.set(key, 'x'.repeat(index % 5))
        if (index % 10 === 0) await clock.advance(1)
      }
      for (const index of [3, 9, 12]) store.get(index)
      await clock.advance(2_000)
      const whole = store.list({ orderBy }).map(({ key }) => key)
      expect(whole).toHaveLength(60)
      for (const limit of [1, 7, 60, 100]) expect(pages(store, { orderBy, limit })).toEqual(whole)
      expect(store.check().problems).toEqual([])
    },
  )

  it('orders by creation and by size', async () => {
    const clock = manualClock()
    const store = open({ clock })
    for (const [key, size] of Object.entries({ c: 3, a: 1, b: 2 })) {
      store.set(key, 'x'.repeat(size))
      await clock.advance(1)
    }
    const by = (orderBy: ListFilter['orderBy']) => {
      return store
        .list({ orderBy })
        .map(({ key }) => String(key))
        .join('')
    }
    expect([by('created'), by('size'), by('key')]).toEqual(['cab', 'abc', 'abc'])
    store.set('c', '')
    expect([by('created'), by('size')]).toEqual(['abc', 'cab'])
    expect(store.check().problems).toEqual([])
  })

  it('goes on by key behind an entry that is gone meanwhile', () => {
    const store = open()
    for (const key of 'abcd') store.set(key, 1)
    const [, second] = store.list({ limit: 2 })
    store.delete('b')
    expect(store.list({ after: second?.id }).map(({ key }) => key)).toEqual(['c', 'd'])
    store.set('e', 1)
    const gone = errorOf(() => store.list({ after: keyId('b'), orderBy: 'size' }))
    expect(gone.code).toBe('ERR_INVALID_OPTION')
    expect(gone.message).toMatch(/after/)
    expect(store.check().problems).toEqual([])
  })

  it('takes a limit of 0 and of Infinity', () => {
    const store = open()
    store.setMany([1, 2, 3].map((key) => [key, key] as const))
    expect(store.list({ limit: 0 })).toEqual([])
    expect(store.list({ limit: Number.POSITIVE_INFINITY })).toHaveLength(3)
    expect(store.check().problems).toEqual([])
  })

  it('refuses what it does not understand', () => {
    const store = open()
    const bad: object[] = [
      { limit: -1 },
      { limit: 1.5 },
      { limit: Number.NaN },
      { limit: '5' },
      { prefix: 5 },
      { prefix: '\ud800' },
      { after: 5 },
      { orderBy: 'name' },
      { order: 'key' },
    ]
    for (const filter of bad) expect(codeOf(() => store.list(filter))).toBe('ERR_INVALID_OPTION')
    expect(codeOf(() => store.list(null as never))).toBe('ERR_INVALID_OPTION')
    expect(store.check().problems).toEqual([])
  })
})

describe.each(cacheForms)('$name: list', ({ open }) => {
  it('filters by tag and by prefix at once', () => {
    const cache = open()
    cache.set('a:1', 1, { tag: 'x' })
    cache.set('a:2', 1, { tag: 'y' })
    cache.set('b:1', 1, { tags: ['x', 'y'] })
    const found = (filter: ListFilter) => cache.list(filter).map(({ key }) => key)
    expect(found({ tag: 'x' })).toEqual(['a:1', 'b:1'])
    expect(found({ tag: 'x', prefix: 'a' })).toEqual(['a:1'])
    expect(found({ tag: 'none' })).toEqual([])
    expect(pages(cache, { tag: 'y', limit: 1, orderBy: 'size' })).toEqual(['a:2', 'b:1'])
    expect(cache.check().problems).toEqual([])
  })

  it('orders by last use', async () => {
    const clock = manualClock()
    const cache = open({ clock })
    for (const key of 'abc') {
      cache.set(key, 1)
      await clock.advance(10)
    }
    cache.get('b')
    await clock.advance(10)
    cache.get('a')
    await clock.advance(2_000)
    expect(cache.list({ orderBy: 'accessed' }).map(({ key }) => key)).toEqual(['c', 'b', 'a'])
    expect(cache.check().problems).toEqual([])
  })
})
