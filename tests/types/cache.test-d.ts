import { describe, expectTypeOf, it } from 'vitest'
import {
  type Cache,
  type CacheEntry,
  type CacheEvents,
  type CacheStats,
  createCache,
  type HealthReport,
  type Key,
  memory,
} from '../../src/index.ts'

interface User {
  name: string
}

declare const users: Cache<User>
declare const anything: Cache

describe('Cache<V>', () => {
  it('is made of V, or of anything', () => {
    expectTypeOf(createCache({ tiers: [memory()] })).toEqualTypeOf<Cache<unknown>>()
    expectTypeOf(createCache<User>({ tiers: [memory()] })).toEqualTypeOf<Cache<User>>()
    expectTypeOf(users.namespace('a')).toEqualTypeOf<Cache<User>>()
    expectTypeOf(users.namespace<number>('a')).toEqualTypeOf<Cache<number>>()
    // @ts-expect-error: without tiers there is no cache
    createCache({})
    // @ts-expect-error: an unknown option
    createCache({ tiers: [memory()], tttl: 1 })
  })

  it('reads V, or what the call says', () => {
    expectTypeOf(users.peek('a')).toEqualTypeOf<User | undefined>()
    expectTypeOf(users.get('a')).toEqualTypeOf<Promise<User | undefined>>()
    expectTypeOf(users.get<number>('a')).toEqualTypeOf<Promise<number | undefined>>()
    expectTypeOf(anything.get('a')).toEqualTypeOf<Promise<unknown>>()
    expectTypeOf(users.getEntry('a')).toEqualTypeOf<Promise<CacheEntry<User> | undefined>>()
    expectTypeOf(users.getMany(['a'])).toEqualTypeOf<Promise<Map<Key, User>>>()
    expectTypeOf(users.has('a')).toEqualTypeOf<Promise<boolean>>()
    expectTypeOf(users.stats()).toEqualTypeOf<CacheStats>()
    expectTypeOf(users.health()).toEqualTypeOf<Promise<HealthReport>>()
  })

  it('stores V only', () => {
    expectTypeOf(users.set).parameter(1).toEqualTypeOf<User>()
    expectTypeOf(users.add).returns.toEqualTypeOf<Promise<boolean>>()
    // @ts-expect-error: a number is no user
    void users.set('a', 1)
    // @ts-expect-error: a user has a name
    void users.setMany([['a', {}]])
    // @ts-expect-error: a symbol is no key
    void users.get(Symbol('a'))
  })

  it('infers what is loaded', () => {
    expectTypeOf(anything.getOrSet('a', () => 1)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(anything.getOrSet('a', async () => 'x')).toEqualTypeOf<Promise<string>>()
    expectTypeOf(users.getOrSet('a', () => ({ name: 'x' }))).toExtend<Promise<User>>()
    const many = anything.getOrSetMany(['a'], async () => [1, 2])
    expectTypeOf(many).toEqualTypeOf<Promise<Map<Key, number>>>()
  })

  it('gives a loader what fits its value', () => {
    void users.getOrSet<User>('a', ({ key, signal, skip, stale }) => {
      expectTypeOf(key).toEqualTypeOf<Key>()
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      expectTypeOf(stale).toEqualTypeOf<CacheEntry<User> | undefined>()
      return skip({ name: 'x' })
    })
    void users.getOrSet<User>('a', () => ({ name: 'x' }), {
      tags: ({ name }) => [name],
      cacheIf: ({ name }) => name !== '',
    })
  })

  it('tells of events by their payload', () => {
    users.on('hit', (payload) => expectTypeOf(payload).toEqualTypeOf<CacheEvents['hit']>())
    // @ts-expect-error: no such event
    users.on('hits', () => {})
  })
})
