import { describe, expectTypeOf, it } from 'vitest'
import type { DiskCache, Key, Memoized } from '../../src/index.ts'

declare const cache: DiskCache
declare function area(width: number, height?: number): number
declare function fetchUser(id: string): Promise<{ name: string }>
declare function first<T>(list: readonly T[]): T | undefined

describe('memoize', () => {
  it('keeps the type of the function', () => {
    const memoized = cache.memoize(area)
    expectTypeOf(memoized).toEqualTypeOf<Memoized<typeof area>>()
    expectTypeOf(memoized(1, 2)).toEqualTypeOf<number>()
    expectTypeOf(memoized.original).toEqualTypeOf<typeof area>()
    expectTypeOf(cache.memoize(first)([1])).toEqualTypeOf<number | undefined>()
    // @ts-expect-error: a width is a number
    memoized('1')
  })

  it('gives a promise where the function does', () => {
    const memoized = cache.memoize(fetchUser)
    expectTypeOf(memoized('a')).toEqualTypeOf<Promise<{ name: string }>>()
    expectTypeOf(memoized.peek('a')).toEqualTypeOf<{ name: string } | undefined>()
    expectTypeOf(memoized.refresh('a')).toEqualTypeOf<Promise<{ name: string }>>()
  })

  it('its parts take the arguments of the function', () => {
    const memoized = cache.memoize(area)
    expectTypeOf(memoized.keyOf).toEqualTypeOf<(width: number, height?: number) => Key>()
    expectTypeOf(memoized.invalidate).toEqualTypeOf<(width: number, height?: number) => boolean>()
    expectTypeOf(memoized.peek(1)).toEqualTypeOf<number | undefined>()
    expectTypeOf(memoized.stats()).toEqualTypeOf<{ hits: number; misses: number }>()
  })

  it('its options know arguments and result', () => {
    cache.memoize(fetchUser, {
      key: (id) => {
        expectTypeOf(id).toEqualTypeOf<string>()
        return id
      },
      cacheIf: (user) => {
        expectTypeOf(user).toEqualTypeOf<{ name: string }>()
        return true
      },
      ttl: '5m',
      tags: ['users'],
    })
    // @ts-expect-error: there is no such option
    cache.memoize(area, { unknown: 1 })
  })
})
