import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/testing/index.ts'
import { codeOf, rejectionCode } from '../support/code-of.ts'
import { openCache } from './support/caches.ts'
import { deferred, turns } from './support/deferred.ts'
import { allForms } from './support/forms.ts'

/** A function that counts its calls. */
function counted<A extends unknown[], R>(run: (...args: A) => R) {
  const calls: A[] = []
  function work(...args: A): R {
    calls.push(args)
    return run(...args)
  }
  return { calls, work }
}

describe.each(allForms)('Cache.memoize, %s', (_, tiersOf) => {
  const open = (options: object = {}) => {
    const clock = manualClock()
    return openCache({ tiers: tiersOf(clock), ...options }, clock)
  }

  it('calls once for equal arguments, in any order of properties', async () => {
    const { cache } = open()
    const { calls, work } = counted((query: object, ids: number[] = []) => [query, ids])
    const memoized = cache.memoize(work)
    const expected = [{ a: 1, b: { c: 2, d: 3 } }, [1]]
    expect(await memoized({ a: 1, b: { c: 2, d: 3 } }, [1])).toEqual(expected)
    expect(await memoized({ b: { d: 3, c: 2 }, a: 1 }, [1])).toEqual(expected)
    expect(calls.length).toBe(1)
    await memoized({ a: 1, b: { c: 2, d: 4 } }, [1])
    await memoized({ a: 1, b: { c: 2, d: 3 } }, [1, 2])
    expect(calls.length).toBe(3)
    await memoized({})
    await memoized({}, undefined)
    expect(calls.length).toBe(4)
  })

  it('calls once for all who ask at the same time', async () => {
    const { cache } = open()
    const gate = deferred<number>()
    const { calls, work } = counted((_id: number) => gate.promise)
    const memoized = cache.memoize(work)
    const results = Array.from({ length: 10 }, () => memoized(1))
    await turns()
    gate.resolve(7)
    expect(await Promise.all(results)).toEqual(new Array(10).fill(7))
    expect(calls.length).toBe(1)
  })

  it.each([
    ['null', null],
    ['undefined', undefined],
    ['a map', new Map([['a', new Set([1n])]])],
    ['a date', new Date(5)],
    ['bytes', new Uint8Array([1, 2])],
    ['-0', -0],
    ['an error', new RangeError('a')],
  ])('keeps the type of %s', async (_name, value) => {
    const { cache } = open()
    const { calls, work } = counted(() => value as unknown)
    const memoized = cache.memoize(work)
    for (let read = 0; read < 2; read += 1) expect(await memoized()).toStrictEqual(value)
    expect(calls.length).toBe(1)
  })

  it('keyOf says where a result is stored', async () => {
    const { cache } = open()
    const { work } = counted((id: number) => id * 2)
    const memoized = cache.memoize(work)
    expect(await cache.has(memoized.keyOf(4))).toBe(false)
    await memoized(4)
    expect(await cache.get(memoized.keyOf(4))).toBe(8)
    expect(await cache.has(memoized.keyOf(5))).toBe(false)
    await cache.set(memoized.keyOf(5), 'set')
    expect(await memoized(5)).toBe('set')
  })

  it('invalidate forgets one result', async () => {
    const { cache } = open()
    const { calls, work } = counted((id: number) => id)
    const memoized = cache.memoize(work)
    await Promise.all([memoized(1), memoized(2)])
    expect([await memoized.invalidate(1), await memoized.invalidate(1)]).toEqual([true, false])
    await Promise.all([memoized(1), memoized(2)])
    expect(calls).toEqual([[1], [2], [1]])
  })

  it('refresh calls whatever is stored, and stores', async () => {
    const { cache } = open()
    let value = 'old'
    const { calls, work } = counted((_id: number) => value)
    const memoized = cache.memoize(work)
    await memoized(1)
    value = 'new'
    expect(await memoized(1)).toBe('old')
    expect(await memoized.refresh(1)).toBe('new')
    expect(await memoized(1)).toBe('new')
    expect(calls.length).toBe(2)
  })

  it('keeps no errors', async () => {
    const { cache } = open()
    let isDown = true
    const { calls, work } = counted(async () => {
      if (isDown) throw new Error('down')
      return 1
    })
    const memoized = cache.memoize(work)
    await expect(memoized()).rejects.toThrow('down')
    isDown = false
    expect(await memoized()).toBe(1)
    expect(calls.length).toBe(2)
    const thrown = cache.memoize(function throws(): number {
      throw new Error('at once')
    })
    await expect(thrown()).rejects.toThrow('at once')
  })

  it('results are found by another function of the same name and version', async () => {
    const { cache } = open()
    const make = (result: number) => counted((_id: number) => result).work
    await cache.memoize(make(1))(1)
    expect(await cache.memoize(make(2))(1)).toBe(1)
    expect(await cache.memoize(make(2), { name: 'other' })(1)).toBe(2)
    expect(await cache.memoize(make(3), { version: 2 })(1)).toBe(3)
    expect(await cache.memoize(make(4), { version: '2' })(1)).toBe(4)
    expect(await cache.memoize(make(5), { version: 2 })(1)).toBe(3)
    expect(await cache.namespace('n').memoize(make(6))(1)).toBe(6)
  })
})

describe('Cache.memoize', () => {
  it('peek gives what is in memory and calls nothing', async () => {
    const { cache } = openCache()
    const { calls, work } = counted((id: number) => id)
    const memoized = cache.memoize(work)
    expect(memoized.peek(1)).toBeUndefined()
    expect(calls.length).toBe(0)
    await memoized(1)
    expect([memoized.peek(1), memoized.peek(2)]).toEqual([1, undefined])
  })

  it('stats count the calls of this function alone', async () => {
    const { cache } = openCache()
    const memoized = cache.memoize(counted((id: number) => id).work)
    const other = cache.memoize(counted((id: number) => id).work, { name: 'other' })
    await memoized(1)
    await memoized(1)
    await memoized(1)
    await memoized(2)
    await other(1)
    expect(memoized.stats()).toEqual({ hits: 2, misses: 2 })
    expect(other.stats()).toEqual({ hits: 0, misses: 1 })
    await memoized.refresh(1)
    expect(memoized.stats()).toEqual({ hits: 2, misses: 3 })
  })

  it('looks like the function and keeps its this', async () => {
    const { cache } = openCache()
    const service = {
      factor: 3,
      times(this: { factor: number }, value: number) {
        return value * this.factor
      },
    }
    const times = cache.memoize(service.times)
    expect([times.name, times.length, times.original]).toEqual(['times', 1, service.times])
    const wrapped = { factor: 5, times }
    expect(await wrapped.times(2)).toBe(10)
    expect(await times.call({ factor: 7 }, 3)).toBe(21)
    expect(await times.refresh.call({ factor: 9 } as never, 3)).toBe(27)
  })

  it('ignore: arguments and properties that do not change the result', async () => {
    const { cache } = openCache()
    const { calls, work } = counted((query: object, trace?: string, limit?: number) => [
      query,
      trace,
      limit,
    ])
    const memoized = cache.memoize(work, { ignore: [1, 'requestId'] })
    await memoized({ id: 1, requestId: 'a' }, 'x', 5)
    await memoized({ id: 1, requestId: 'b' }, 'y', 5)
    await memoized({ id: 1 }, undefined, 5)
    expect(calls.length).toBe(1)
    await memoized({ id: 2 }, 'x', 5)
    await memoized({ id: 1 }, 'x', 6)
    expect(calls.length).toBe(3)
  })

  it('key: what the result depends on, instead of the arguments', async () => {
    const { cache } = openCache()
    const { calls, work } = counted((user: { id: number; log: () => void }) => user.id)
    const memoized = cache.memoize(work, { key: (user) => ['user', user.id] })
    await memoized({ id: 1, log: () => {} })
    await memoized({ id: 1, log: () => {} })
    await memoized({ id: 2, log: () => {} })
    expect(calls.length).toBe(2)
    const keyless = cache.memoize(work, { name: 'keyless' })
    expect(await rejectionCode(() => keyless({ id: 1, log: () => {} }))).toBe('ERR_UNSUPPORTED_KEY')
    expect(calls.length).toBe(2)
  })

  it('ttl: how long a result lives', async () => {
    const { cache, clock } = openCache({ ttl: '1h' })
    const { calls, work } = counted(() => 1)
    const memoized = cache.memoize(work, { ttl: '2s' })
    await memoized()
    await clock.advance(1_999)
    await memoized()
    expect(calls.length).toBe(1)
    await clock.advance(1)
    await memoized()
    expect(calls.length).toBe(2)
  })

  it('grace: a stale result in place of an error', async () => {
    const { cache, clock } = openCache()
    let isDown = false
    const { work } = counted(() => {
      if (isDown) throw new Error('down')
      return 'old'
    })
    const memoized = cache.memoize(work, { ttl: '1s', grace: '1m' })
    await memoized()
    isDown = true
    await clock.advance(1_000)
    expect(await memoized()).toBe('old')
    await clock.advance(60_000)
    await expect(memoized()).rejects.toThrow('down')
  })

  it.each([
    ['given', ['users']],
    ['of the value', (value: { id: number }) => ['users', `user:${value.id}`]],
  ])('tags, %s', async (_, tags) => {
    const { cache } = openCache()
    const { calls, work } = counted((id: number) => ({ id }))
    const memoized = cache.memoize(work, { tags })
    await memoized(1)
    const expected = typeof tags === 'function' ? tags({ id: 1 }) : tags
    expect((await cache.getEntry(memoized.keyOf(1)))?.tags).toEqual(expected)
    await cache.invalidateTags('users')
    await memoized(1)
    expect(calls.length).toBe(2)
  })

  it('refuses what has no name, and wrong options', async () => {
    const { cache } = openCache()
    expect(codeOf(() => cache.memoize(() => 1))).toBe('ERR_ANONYMOUS_FUNCTION')
    expect(codeOf(() => cache.memoize(() => 1, { name: '' }))).toBe('ERR_ANONYMOUS_FUNCTION')
    expect(await cache.memoize(() => 1, { name: 'one' })()).toBe(1)
    const { work } = counted(() => 1)
    expect(codeOf(() => cache.memoize('work' as never))).toBe('ERR_INVALID_OPTION')
    for (const wrong of [{ ignore: 1 }, { key: 'id' }, { version: {} }])
      expect(codeOf(() => cache.memoize(work, wrong as never))).toBe('ERR_INVALID_OPTION')
    for (const wrong of [{ ttl: 'soon' }, { unknown: 1 }]) {
      const call = () => cache.memoize(work, wrong as never)()
      expect(await rejectionCode(call)).toBe('ERR_INVALID_OPTION')
    }
    await cache.close()
    expect(codeOf(() => cache.memoize(work))).toBe('ERR_CLOSED')
  })
})
