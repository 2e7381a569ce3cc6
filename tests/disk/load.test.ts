import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/testing/index.ts'
import { rejectionCode } from '../support/code-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { allForms, cacheForms, openCache, type Verbs } from './support/forms.ts'

/** A loader that finishes when told to. */
function gate<T>(): {
  loader: (signal: AbortSignal) => Promise<T>
  calls: () => number
  begun: () => Promise<void>
  signal: () => AbortSignal | undefined
  open: (value: T) => void
  fail: (error: unknown) => void
} {
  let calls = 0
  let last: AbortSignal | undefined
  const finishers: { resolve: (value: T) => void; reject: (error: unknown) => void }[] = []
  return {
    loader: (signal) => {
      calls += 1
      last = signal
      return new Promise<T>((resolve, reject) => finishers.push({ resolve, reject }))
    },
    calls: () => calls,
    begun: async () => {
      while (finishers.length === 0) await new Promise((resolve) => setImmediate(resolve))
    },
    signal: () => last,
    open: (value) => finishers.shift()?.resolve(value),
    fail: (error) => finishers.shift()?.reject(error),
  }
}

describe.each(allForms)('$name: load', ({ open }) => {
  it('loads what is missing and stores it', async () => {
    const store = open({ inlineBytes: 100 })
    expect(await store.load('a', async () => Buffer.alloc(500))).toEqual(Buffer.alloc(500))
    expect(store.get('a')).toEqual(Buffer.alloc(500))
    const never = async () => expect.fail('there is a value')
    expect(await store.load('a', never)).toEqual(Buffer.alloc(500))
    expect(store.check({ verify: true }).problems).toEqual([])
  })

  it('stores an undefined that was loaded', async () => {
    const store = open()
    expect(await store.load('a', async () => undefined)).toBeUndefined()
    expect(store.has('a')).toBe(true)
    expect(await store.load('a', async () => 1 as unknown)).toBeUndefined()
    expect(store.check().problems).toEqual([])
  })

  it('runs one loader for all callers of the process', async () => {
    const store = open()
    const { loader, calls, begun, open: finish } = gate<number>()
    const results = [1, 2, 3, 4, 5].map(() => store.load('a', loader))
    await begun()
    results.push(store.load('a', loader))
    finish(42)
    expect(await Promise.all(results)).toEqual([42, 42, 42, 42, 42, 42])
    expect(calls()).toBe(1)
    expect(store.check().problems).toEqual([])
  })

  it('rejects every waiter when the loader fails; the next caller tries again', async () => {
    const store = open()
    const { loader, begun, fail } = gate<number>()
    const results = Promise.allSettled([store.load('a', loader), store.load('a', loader)])
    await begun()
    const error = new RangeError('no')
    fail(error)
    expect(await results).toEqual([1, 2].map(() => ({ status: 'rejected', reason: error })))
    expect(store.has('a')).toBe(false)
    expect(await store.load('a', async () => 1)).toBe(1)
    const thrower = () => {
      throw error
    }
    await expect(store.load('b', thrower)).rejects.toBe(error)
    expect(store.check().problems).toEqual([])
  })

  it('an abort detaches only its own caller', async () => {
    const store = open()
    const { loader, calls, begun, signal, open: finish } = gate<number>()
    const abort = new AbortController()
    const aborted = store.load('a', loader, { signal: abort.signal })
    const patient = store.load('a', loader)
    await begun()
    abort.abort(new RangeError('enough'))
    await expect(aborted).rejects.toThrow('enough')
    expect(signal()?.aborted).toBe(false)
    finish(1)
    expect(await patient).toBe(1)
    expect(calls()).toBe(1)
    expect(store.get('a')).toBe(1)
    expect(store.check().problems).toEqual([])
  })

  it('tells the loader when its last caller has gone; the next caller loads anew', async () => {
    const store = open()
    const { loader, calls, begun, signal } = gate<number>()
    const abort = new AbortController()
    const aborted = store.load('a', loader, { signal: abort.signal })
    await begun()
    abort.abort(new RangeError('enough'))
    await expect(aborted).rejects.toThrow('enough')
    expect(signal()?.aborted).toBe(true)
    expect(calls()).toBe(1)
    expect(store.has('a')).toBe(false)
    expect(store.check().problems).toEqual([])
  })

  it('does not begin for a signal that is aborted already', async () => {
    const store = open()
    const signal = AbortSignal.abort(new RangeError('enough'))
    const never = async () => expect.fail('it was aborted')
    await expect(store.load('a', never, { signal })).rejects.toThrow('enough')
    expect(store.check().problems).toEqual([])
  })

  it.each<[string, (store: Verbs) => unknown, unknown]>([
    ['delete', (store) => store.delete('a'), undefined],
    ['deleteMany', (store) => store.deleteMany(['a']), undefined],
    ['pop', (store) => store.pop('a'), undefined],
    ['clear', (store) => store.clear(), undefined],
    ['set', (store) => store.set('a', 'newer'), 'newer'],
    ['setMany', (store) => store.setMany([['a', 'newer']]), 'newer'],
    ['setAsync', (store) => store.setAsync('a', 'newer'), 'newer'],
    ['add', (store) => store.add('a', 'newer'), 'newer'],
    ['update', (store) => store.update('a', () => 'newer'), 'newer'],
    ['incr', (store) => store.incr('a'), 1],
  ])('%s while a load runs wins, and later callers do not join it', async (_, write, after) => {
    const store = open()
    const { loader, begun, open: finish } = gate<string>()
    const old = store.load('a', loader)
    await begun()
    await write(store)
    const later = store.load<unknown>('a', async () => 'loaded anew', { lockWait: 0 })
    finish('old')
    expect(await old).toBe('old')
    expect(await later).toBe(after ?? 'loaded anew')
    expect(store.get('a')).toBe(after ?? 'loaded anew')
    expect(store.check().problems).toEqual([])
  })

  it('a delete while a load runs leaves nothing of it behind', async () => {
    const store = open({ inlineBytes: 10 })
    const { loader, begun, open: finish } = gate<Buffer>()
    const old = store.load('a', loader)
    await begun()
    expect(store.delete('a')).toBe(false)
    finish(Buffer.alloc(100))
    await old
    expect(store.has('a')).toBe(false)
    expect(store.check({ verify: true }).problems).toEqual([])
  })

  it('forceFresh loads whatever is stored', async () => {
    const store = open()
    store.set('a', 'old')
    expect(await store.load('a', async () => 'new', { forceFresh: true })).toBe('new')
    expect(store.get('a')).toBe('new')
    expect(store.check().problems).toEqual([])
  })

  it('returns and does not store what cacheIf says no to', async () => {
    const store = open()
    const options = { cacheIf: (value: number) => value > 10 }
    expect(await store.load('a', async () => 5, options)).toBe(5)
    expect(store.has('a')).toBe(false)
    expect(await store.load('a', async () => 50, options)).toBe(50)
    expect(store.get('a')).toBe(50)
    expect(store.check().problems).toEqual([])
  })

  it('rejects what cannot be stored, and bad options before the loader runs', async () => {
    const store = open()
    expect(await rejectionCode(() => store.load('a', async () => Symbol('s')))).toBe(
      'ERR_UNSUPPORTED_VALUE',
    )
    const never = async () => expect.fail('the options are bad')
    for (const options of [{ lockWait: 'x' }, { unknown: 1 }, { description: 5 }] as never[]) {
      const load = () => store.load('a', never, options)
      expect(await rejectionCode(load)).toBe('ERR_INVALID_OPTION')
    }
    expect(await rejectionCode(() => store.load('a', 5 as never))).toBe('ERR_INVALID_OPTION')
    expect(await rejectionCode(() => store.load(Number.NaN, never))).toBe('ERR_INVALID_KEY')
    expect(store.size).toBe(0)
    expect(store.check().problems).toEqual([])
  })
})

describe.each(cacheForms)('$name: load', ({ open }) => {
  it('stores with the options it was given, its life counted from when it is stored', async () => {
    const clock = manualClock()
    const cache = open({ clock })
    await cache.load('a', async () => 1, { ttl: '1m', tag: 'x', description: 'loaded' })
    expect(cache.getEntry('a')).toMatchObject({
      expiresAt: clock.now() + 60_000,
      tags: ['x'],
      description: 'loaded',
    })
    await clock.advance(60_000)
    expect(await cache.load('a', async () => 2)).toBe(2)
    expect(cache.check().problems).toEqual([])
  })

  it('evictTag while a load with that tag runs wins', async () => {
    const cache = open()
    const { loader, begun, open: finish } = gate<string>()
    const old = cache.load('a', loader, { tags: ['x', 'y'] })
    await begun()
    cache.evictTag('y')
    finish('old')
    expect(await old).toBe('old')
    expect(cache.has('a')).toBe(false)
    expect(cache.check().problems).toEqual([])
  })
})

describe('load in two handles of one directory', () => {
  it('runs one loader; the other handle gets what it stored', async () => {
    const directory = temporaryDirectory()
    const first = openCache({}, directory)
    const second = openCache({}, directory)
    const { loader, begun, open: finish } = gate<{ n: number }>()
    const one = first.load('a', loader)
    await begun()
    const two = second.load('a', async () => expect.fail('the first loads'))
    finish({ n: 1 })
    expect(await Promise.all([one, two])).toEqual([{ n: 1 }, { n: 1 }])
    expect(second.check().problems).toEqual([])
  })

  it('another takes over when the first fails', async () => {
    const directory = temporaryDirectory()
    const first = openCache({}, directory)
    const second = openCache({}, directory)
    const { loader, begun, fail } = gate<number>()
    const one = first.load('a', loader)
    await begun()
    const two = second.load('a', async () => 2)
    fail(new RangeError('no'))
    await expect(one).rejects.toThrow(RangeError)
    expect(await two).toBe(2)
    expect(first.get('a')).toBe(2)
    expect(first.check().problems).toEqual([])
  })

  it('lockWait bounds the wait for the other', async () => {
    const directory = temporaryDirectory()
    const clock = manualClock()
    const first = openCache({}, directory)
    const second = openCache({ clock }, directory)
    const { loader, begun, open: finish } = gate<number>()
    const one = first.load('a', loader)
    await begun()
    expect(await second.load('a', async () => 2, { lockWait: 0 })).toBe(2)
    const waiting = second.load('a', async () => 3, { lockWait: 500 })
    await clock.advance(600)
    expect(await waiting).toBe(3)
    finish(1)
    expect(await one).toBe(1)
    expect(first.get('a')).toBe(1)
    expect(first.check().problems).toEqual([])
  })

  it('a delete in the other handle while a load runs wins', async () => {
    const directory = temporaryDirectory()
    const first = openCache({}, directory)
    const second = openCache({}, directory)
    const { loader, begun, open: finish } = gate<number>()
    const one = first.load('a', loader)
    await begun()
    second.delete('a')
    finish(1)
    expect(await one).toBe(1)
    expect([first.has('a'), second.has('a')]).toEqual([false, false])
    expect(first.check().problems).toEqual([])
  })
})

describe.each(allForms)('$name: an abandoned load', ({ open }) => {
  it('gives its lease back although its loader ignores the signal', async () => {
    const store = open({})
    const abort = new AbortController()
    const never = store.load('a', () => new Promise<number>(() => {}), { signal: abort.signal })
    const outcome = never.then(
      () => 'resolved',
      (error: unknown) => error,
    )
    abort.abort('enough')
    expect(await outcome).toBe('enough')
    expect(await store.load('a', async () => 2)).toBe(2)
    expect(store.get('a')).toBe(2)
  })
})
