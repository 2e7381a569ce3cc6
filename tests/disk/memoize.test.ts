import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/testing/index.ts'
import { codeOf, rejectionCode } from '../support/code-of.ts'
import { allForms, cacheForms, openCache } from './support/forms.ts'

/** A function that says how often it ran. */
function counted<A extends unknown[], R>(run: (...args: A) => R) {
  let calls = 0
  function counting(this: unknown, ...args: A): R {
    calls += 1
    return run.apply(this, args)
  }
  return { counting, calls: () => calls }
}

describe.each(allForms)('$name: memoize', ({ open }) => {
  it('a synchronous function stays synchronous, and runs once for each set of arguments', () => {
    const store = open()
    const { counting, calls } = counted((a: number, b: number) => ({ sum: a + b }))
    const add = store.memoize(counting)
    expect(add(1, 2)).toEqual({ sum: 3 })
    expect(add(1, 2)).toEqual({ sum: 3 })
    expect(add(2, 1)).toEqual({ sum: 3 })
    expect(calls()).toBe(2)
    expect(add.stats()).toEqual({ hits: 1, misses: 2 })
    expect(store.check().problems).toEqual([])
  })

  it('an async function gives a promise also when the result is stored', async () => {
    const store = open()
    const { counting, calls } = counted(async (n: number) => [n])
    const twice = store.memoize(counting, { name: 'twice' })
    const first = twice(1)
    expect(first).toBeInstanceOf(Promise)
    expect(await first).toEqual([1])
    const second = twice(1)
    expect(second).toBeInstanceOf(Promise)
    expect(await second).toEqual([1])
    expect(calls()).toBe(1)
    expect(twice.stats()).toEqual({ hits: 1, misses: 1 })
    expect(store.check().problems).toEqual([])
  })

  it('declared with async it does so too, and in another handle', async () => {
    const store = open()
    const make = (run: () => void) => {
      return async function answer(n: number) {
        run()
        return n + 1
      }
    }
    let calls = 0
    const count = () => {
      calls += 1
    }
    const first = store.memoize(make(count))
    expect(await Promise.all([first(1), first(1), first(1)])).toEqual([2, 2, 2])
    const other = open({}, store.directory)
    const second = other.memoize(make(count))
    const result = second(1)
    expect(result).toBeInstanceOf(Promise)
    expect(await result).toBe(2)
    expect(calls).toBe(1)
    expect(other.check().problems).toEqual([])
  })

  it('tells a stored undefined and null from a miss', () => {
    const store = open()
    const { counting, calls } = counted((n: number) => (n === 0 ? undefined : null))
    const nothing = store.memoize(counting)
    expect([nothing(0), nothing(0), nothing(1), nothing(1)]).toEqual([
      undefined,
      undefined,
      null,
      null,
    ])
    expect(calls()).toBe(2)
    expect(store.check().problems).toEqual([])
  })

  it('keeps name and length, has the original, and passes this on', () => {
    const store = open()
    function area(this: { unit: number }, width: number, height: number) {
      return this.unit * width * height
    }
    const memoized = store.memoize(area)
    expect([memoized.name, memoized.length, memoized.original]).toEqual(['area', 2, area])
    expect(memoized.call({ unit: 2 }, 3, 4)).toBe(24)
    // `this` is no part of the key.
    expect(memoized.call({ unit: 100 }, 3, 4)).toBe(24)
    expect(store.check().problems).toEqual([])
  })

  it('needs a name', () => {
    const store = open()
    expect(codeOf(() => store.memoize(() => 1))).toBe('ERR_ANONYMOUS_FUNCTION')
    expect(codeOf(() => store.memoize(function f() {}, { name: '' }))).toBe(
      'ERR_ANONYMOUS_FUNCTION',
    )
    const named = store.memoize(() => 1, { name: 'one' })
    expect(named()).toBe(1)
    expect(store.check().problems).toEqual([])
  })

  it('shares results by name and version', () => {
    const store = open()
    const make = (result: string, options: { name?: string; version?: string | number }) => {
      return store.memoize(function f(_: number) {
        return result
      }, options)
    }
    expect(make('one', {})(1)).toBe('one')
    expect(make('two', {})(1)).toBe('one')
    expect(make('three', { version: 1 })(1)).toBe('three')
    expect(make('four', { version: '1' })(1)).toBe('four')
    expect(make('five', { version: 2 })(1)).toBe('five')
    expect(make('six', { name: 'g' })(1)).toBe('six')
    expect(make('seven', { name: 'f', version: 1 })(1)).toBe('three')
    expect(store.check().problems).toEqual([])
  })

  it('key says what the result depends on, and keyOf finds it in the store', () => {
    const store = open()
    const { counting, calls } = counted((user: { id: number; name: string }) => user.name)
    const nameOf = store.memoize(counting, { key: (user) => user.id })
    expect(nameOf({ id: 1, name: 'a' })).toBe('a')
    expect(nameOf({ id: 1, name: 'b' })).toBe('a')
    expect(nameOf({ id: 2, name: 'b' })).toBe('b')
    expect(calls()).toBe(2)
    expect(store.get(nameOf.keyOf({ id: 2, name: 'x' }))).toBe('b')
    const add = store.memoize(function add(a: number, b: number) {
      return a + b
    })
    add(1, 2)
    expect(store.get(add.keyOf(1, 2))).toBe(3)
    expect(store.check().problems).toEqual([])
  })

  it('ignore leaves positions and names out of the key', () => {
    const store = open()
    const byPosition = counted((a: number, _log: string, c: number) => a + c)
    const first = store.memoize(byPosition.counting, { name: 'first', ignore: [1] })
    expect([first(1, 'x', 2), first(1, 'y', 2), first(1, 'y', 3)]).toEqual([3, 3, 4])
    expect(byPosition.calls()).toBe(2)
    const byName = counted((options: { id: number; trace?: string }) => options.id)
    const second = store.memoize(byName.counting, { name: 'second', ignore: ['trace'] })
    expect([second({ id: 1, trace: 'a' }), second({ id: 1 }), second({ id: 2 })]).toEqual([1, 1, 2])
    expect(byName.calls()).toBe(2)
    expect(store.check().problems).toEqual([])
  })

  it('cacheIf says what is worth keeping', async () => {
    const store = open()
    const sync = counted((n: number) => n)
    const positive = store.memoize(sync.counting, { name: 'sync', cacheIf: (n) => n > 0 })
    expect([positive(-1), positive(-1), positive(1), positive(1)]).toEqual([-1, -1, 1, 1])
    expect(sync.calls()).toBe(3)
    let calls = 0
    async function later(n: number) {
      calls += 1
      return n
    }
    const memoized = store.memoize(later, { cacheIf: (n) => n > 0 })
    for (const n of [-1, -1, 1, 1]) expect(await memoized(n)).toBe(n)
    expect(calls).toBe(3)
    expect(store.check().problems).toEqual([])
  })

  it('does not remember what threw', async () => {
    const store = open()
    const { counting, calls } = counted((_: number): number => {
      throw new RangeError('no')
    })
    const failing = store.memoize(counting)
    expect(() => failing(1)).toThrow(RangeError)
    expect(() => failing(1)).toThrow(RangeError)
    expect(calls()).toBe(2)
    const rejecting = store.memoize(async function rejecting(_: number): Promise<number> {
      throw new RangeError('no')
    })
    await expect(rejecting(1)).rejects.toThrow(RangeError)
    await expect(rejecting(1)).rejects.toThrow(RangeError)
    expect(store.size).toBe(0)
    expect(store.check().problems).toEqual([])
  })

  it('invalidate, peek and refresh', async () => {
    const store = open()
    let version = 1
    const sync = store.memoize(function sync(_: number) {
      return version
    })
    expect(sync.peek(1)).toBeUndefined()
    expect(sync.invalidate(1)).toBe(false)
    expect(sync(1)).toBe(1)
    version = 2
    expect([sync(1), sync.peek(1), sync.refresh(1), sync(1)]).toEqual([1, 1, 2, 2])
    expect(sync.invalidate(1)).toBe(true)
    expect(sync.peek(1)).toBeUndefined()
    const late = store.memoize(async function late(_: number) {
      return version
    })
    expect(await late(1)).toBe(2)
    version = 3
    expect([await late(1), late.peek(1), await late.refresh(1), await late(1)]).toEqual([
      2, 2, 3, 3,
    ])
    expect(late.invalidate(1)).toBe(true)
    expect(await late(1)).toBe(3)
    expect(store.check().problems).toEqual([])
  })

  it('every caller may change what he got', async () => {
    const store = open()
    const sync = store.memoize(function sync() {
      return { list: [1] }
    })
    const late = store.memoize(async function late() {
      return { list: [1] }
    })
    const plain = store.memoize(function plain() {
      return Promise.resolve({ list: [1] })
    })
    for (const call of [sync, late, plain]) {
      const results = await Promise.all([call(), call(), call()])
      for (const result of results) {
        expect(result).toEqual({ list: [1] })
        result.list.push(2)
      }
    }
    expect(store.check().problems).toEqual([])
  })

  it('a plain function that returns a promise runs once at a time', async () => {
    const store = open()
    const finish: ((n: number) => void)[] = []
    const { counting, calls } = counted(
      () => new Promise<number>((resolve) => finish.push(resolve)),
    )
    const slow = store.memoize(counting)
    const results = [slow(), slow(), slow()]
    finish[0]?.(7)
    expect(await Promise.all(results)).toEqual([7, 7, 7])
    expect(calls()).toBe(1)
    expect(await slow()).toBe(7)
    expect(calls()).toBe(1)
    expect(store.check().problems).toEqual([])
  })

  it.each(['async', 'plain'])('invalidate while an %s function runs wins', async (kind) => {
    const store = open()
    const finish: ((n: string) => void)[] = []
    const run = () => new Promise<string>((resolve) => finish.push(resolve))
    async function late() {
      return await run()
    }
    function plain() {
      return run()
    }
    const slow = store.memoize(kind === 'async' ? late : plain)
    const old = slow()
    while (finish.length < 1) await new Promise((resolve) => setImmediate(resolve))
    slow.invalidate()
    finish[0]?.('old')
    expect(await old).toBe('old')
    expect(slow.peek()).toBeUndefined()
    const next = slow()
    while (finish.length < 2) await new Promise((resolve) => setImmediate(resolve))
    finish[1]?.('new')
    expect(await next).toBe('new')
    expect(slow.peek()).toBe('new')
    expect(store.check().problems).toEqual([])
  })

  it('refuses bad options', () => {
    const store = open()
    const bad: object[] = [
      { unknown: 1 },
      { version: {} },
      { ignore: 'x' },
      { key: 5 },
      { name: 5 },
      { cacheIf: 5 },
      { description: 5 },
    ]
    for (const options of bad) {
      const memoize = () => store.memoize(function f() {}, options as never)
      expect([options, codeOf(memoize) !== undefined]).toEqual([options, true])
    }
    expect(codeOf(() => store.memoize(5 as never))).toBe('ERR_INVALID_OPTION')
    expect(store.check().problems).toEqual([])
  })

  it('refuses results that cannot be kept as they are', async () => {
    const store = open()
    const sync = store.memoize(function sync() {
      return { f: () => 1 }
    })
    expect(codeOf(() => sync())).toBe('ERR_UNSUPPORTED_VALUE')
    const late = store.memoize(async function late() {
      return Symbol('s')
    })
    expect(await rejectionCode(() => late())).toBe('ERR_UNSUPPORTED_VALUE')
    expect(store.size).toBe(0)
    expect(store.check().problems).toEqual([])
  })
})

describe.each(cacheForms)('$name: memoize', ({ open }) => {
  it('stores with ttl, tags, description and facts', async () => {
    const clock = manualClock()
    const cache = open({ clock })
    const { counting, calls } = counted((n: number) => n)
    const options = { ttl: '1m', tags: ['x'], description: 'a result', meta: { by: 'test' } }
    const memoized = cache.memoize(counting, options)
    memoized(1)
    expect(cache.getEntry(memoized.keyOf(1))).toMatchObject({
      expiresAt: clock.now() + 60_000,
      tags: ['x'],
      description: 'a result',
      meta: { by: 'test' },
    })
    await clock.advance(59_999)
    memoized(1)
    await clock.advance(1)
    memoized(1)
    expect(calls()).toBe(2)
    expect(cache.evictTag('x')).toBe(1)
    expect(cache.check().problems).toEqual([])
  })
})

describe('memoize with a store that cannot keep the result', () => {
  it('returns it all the same, and tells the listener', () => {
    const reasons: string[] = []
    const cache = openCache({ maxValueBytes: 10, onEvent: ({ type }) => reasons.push(type) })
    const { counting, calls } = counted((n: number) => 'x'.repeat(n))
    const text = cache.memoize(counting)
    expect([text(20), text(5)]).toEqual(['x'.repeat(20), 'x'.repeat(5)])
    expect(cache.getOrSet('a', () => 'x'.repeat(20))).toBe('x'.repeat(20))
    expect([calls(), cache.size]).toEqual([2, 1])
    expect(reasons.every((type) => type === 'drop')).toBe(true)
    expect(cache.check().problems).toEqual([])
  })
})
