import { describe, expect, it } from 'vitest'
import { isHoldfastError, type Lock } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { rejectionCode } from '../support/code-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { allForms, openCache } from './support/forms.ts'

describe.each(allForms)('$name: lock', ({ open }) => {
  it('is held by one at a time', async () => {
    const store = open()
    const lock = await store.lock('name')
    expect(lock.name).toBe('name')
    expect(lock.signal.aborted).toBe(false)
    const again = () => store.lock('name', { wait: 0 })
    expect(await rejectionCode(again)).toBe('ERR_LOCK_TIMEOUT')
    lock.release()
    const next = await again()
    next.release()
    expect(store.check().problems).toEqual([])
  })

  it('of another name is another lock', async () => {
    const store = open()
    const names = ['a', 'A', 'a:b', ' ', '😀', 'load:a', "'; --", 'x'.repeat(1_000)]
    const locks: Lock[] = []
    for (const name of names) locks.push(await store.lock(name, { wait: 0 }))
    expect(locks.map(({ name }) => name)).toEqual(names)
    for (const lock of locks) lock.release()
    expect(store.check().problems).toEqual([])
  })

  it('has a fence that grows with every lease', async () => {
    const store = open()
    let last = 0
    for (let round = 0; round < 5; round += 1) {
      using lock = await store.lock('name', { wait: 0 })
      expect(lock.fence).toBeGreaterThan(last)
      last = lock.fence
    }
    store.close()
    const again = open({}, store.directory)
    using lock = await again.lock('name', { wait: 0 })
    expect(lock.fence).toBeGreaterThan(last)
    expect(again.check().problems).toEqual([])
  })

  it('released twice, or after it was had by the next, does nothing', async () => {
    const store = open()
    const first = await store.lock('name')
    first.release()
    first.release()
    const second = await store.lock('name')
    first.release()
    first[Symbol.dispose]()
    expect(await rejectionCode(() => store.lock('name', { wait: 0 }))).toBe('ERR_LOCK_TIMEOUT')
    second.release()
    expect(store.check().problems).toEqual([])
  })

  it('waits for whoever holds it', async () => {
    const store = open()
    const order: string[] = []
    const first = await store.lock('name')
    const waiting = store.lock('name').then((lock) => {
      order.push('second')
      return lock
    })
    await new Promise((resolve) => setImmediate(resolve))
    order.push('released')
    first.release()
    const second = await waiting
    expect(order).toEqual(['released', 'second'])
    second.release()
    expect(store.check().problems).toEqual([])
  })

  it('gives up when its signal is aborted, with the reason of the signal', async () => {
    const store = open()
    using _held = await store.lock('name')
    const abort = new AbortController()
    const waiting = store.lock('name', { signal: abort.signal })
    abort.abort(new RangeError('enough'))
    await expect(waiting).rejects.toThrow('enough')
    const aborted = AbortSignal.abort(new RangeError('before'))
    await expect(store.lock('other', { signal: aborted })).rejects.toThrow('before')
    expect(store.check().problems).toEqual([])
  })

  it('refuses bad names and options', async () => {
    const store = open()
    for (const name of ['', 5, null, undefined, 'a\0b', '\ud800'] as never[]) {
      expect(await rejectionCode(() => store.lock(name))).toBe('ERR_INVALID_OPTION')
    }
    const bad: object[] = [
      { ttl: 0 },
      { ttl: Number.POSITIVE_INFINITY },
      { ttl: 'x' },
      { wait: -1 },
      { wait: 'x' },
      { unknown: 1 },
    ]
    for (const options of bad) {
      expect(await rejectionCode(() => store.lock('a', options))).toBe('ERR_INVALID_OPTION')
    }
    expect(await rejectionCode(() => store.lock('a', null as never))).toBe('ERR_INVALID_OPTION')
    expect(store.check().problems).toEqual([])
  })
})

describe('a lease', () => {
  it('is renewed while it is held, however long', async () => {
    const clock = manualClock()
    const directory = temporaryDirectory()
    const holder = openCache({ clock, leaseTtl: '10s' }, directory)
    const other = openCache({ clock }, directory)
    const lock = await holder.lock('name')
    for (let round = 0; round < 10; round += 1) {
      await clock.advance(9_000)
      expect(await rejectionCode(() => other.lock('name', { wait: 0 }))).toBe('ERR_LOCK_TIMEOUT')
    }
    expect(lock.signal.aborted).toBe(false)
    lock.release()
    using _ = await other.lock('name', { wait: 0 })
    expect(other.check().problems).toEqual([])
  })

  it.each([
    ['leaseTtl', { leaseTtl: 1_000 }, {}],
    ['ttl', {}, { ttl: '1s' }],
  ])('ends at the millisecond that %s says when it is not renewed', async (_, store, lock) => {
    const directory = temporaryDirectory()
    const clock = manualClock()
    // The clock of the holder stands still, as that of a process that hangs.
    const holder = openCache({ clock: manualClock(), ...store }, directory)
    const other = openCache({ clock }, directory)
    const held = await holder.lock('name', lock)
    await clock.advance(999)
    expect(await rejectionCode(() => other.lock('name', { wait: 0 }))).toBe('ERR_LOCK_TIMEOUT')
    await clock.advance(1)
    const taken = await other.lock('name', { wait: 0 })
    expect(taken.fence).toBeGreaterThan(held.fence)
    held.release()
    expect(await rejectionCode(() => holder.lock('name', { wait: 0 }))).toBe('ERR_LOCK_TIMEOUT')
    taken.release()
    expect(other.check().problems).toEqual([])
  })

  it('that was lost aborts the signal of its lock at the next renewal', async () => {
    const directory = temporaryDirectory()
    const [slow, fast] = [manualClock(), manualClock()]
    const holder = openCache({ clock: slow, leaseTtl: '10s', leaseRenewal: '2s' }, directory)
    const other = openCache({ clock: fast }, directory)
    const lock = await holder.lock('name')
    await fast.advance(10_000)
    const taken = await other.lock('name', { wait: 0 })
    await slow.advance(1_999)
    expect(lock.signal.aborted).toBe(false)
    await slow.advance(1)
    expect(lock.signal.aborted).toBe(true)
    expect(isHoldfastError(lock.signal.reason, 'ERR_LOCK_TIMEOUT')).toBe(true)
    lock.release()
    expect(await rejectionCode(() => other.lock('name', { wait: 0 }))).toBe('ERR_LOCK_TIMEOUT')
    taken.release()
    expect(other.check().problems).toEqual([])
  })

  it('waits by the injected clock', async () => {
    const clock = manualClock()
    const cache = openCache({ clock })
    using _held = await cache.lock('name', { ttl: '1h' })
    const waiting = rejectionCode(() => cache.lock('name', { wait: '5s' }))
    let settled = false
    void waiting.then(() => {
      settled = true
    })
    await clock.advance(4_000)
    expect(settled).toBe(false)
    await clock.advance(2_000)
    expect(await waiting).toBe('ERR_LOCK_TIMEOUT')
    expect(cache.check().problems).toEqual([])
  })
})
