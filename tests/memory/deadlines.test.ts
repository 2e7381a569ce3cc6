import { describe, expect, it } from 'vitest'
import { MemoryStore } from '../../src/memory/memory-store.ts'
import { manualClock } from '../../src/testing/index.ts'
import { keysOf, never, openStore, policies } from './support/open-store.ts'

const day = 86_400_000

/** A manual clock that says how many timers it was asked for, how many are pending, and that can be set. */
function watchedClock() {
  const inner = manualClock()
  let shift = 0
  const waits: number[] = []
  let pending = 0
  return {
    waits,
    get pending() {
      return pending
    },
    jump: (ms: number) => {
      shift += ms
    },
    now: () => inner.now() + shift,
    advance: inner.advance,
    setTimeout(run: () => void, ms: number) {
      waits.push(ms)
      pending += 1
      let isOver = false
      const end = () => {
        if (!isOver) pending -= 1
        isOver = true
      }
      const timer = inner.setTimeout(() => {
        end()
        run()
      }, ms)
      return {
        clear() {
          end()
          timer.clear()
        },
      }
    },
  }
}

describe.each(policies)('deadlines with %s', (policy) => {
  it('are kept to the millisecond, and give the bytes back by themselves', async () => {
    const told: unknown[] = []
    const onRemove = (...notice: unknown[]) => told.push(notice)
    const { store, clock } = openStore({ policy, onRemove })
    store.set('k', 'item', 10, clock.now() + 1_000)
    await clock.advance(999)
    expect([store.get('k'), store.look('k')]).toEqual(['item', 'item'])
    await clock.advance(1)
    expect([store.size, store.bytes]).toEqual([0, 0])
    expect(told).toEqual([['k', 'item', 'expire']])
  })

  it.each([1, 31, 32, 1_023, 1_024, 60_000, 3_600_000, day, 30 * day, 400 * day, 40_000 * day])(
    '%s ms ahead are met',
    async (ms) => {
      const { store, clock } = openStore({ policy })
      store.set('k', 1, 1, clock.now() + ms)
      store.set('later', 1, 1, clock.now() + ms * 3)
      await clock.advance(ms - 1)
      expect(store.size).toBe(2)
      await clock.advance(1)
      expect(store.size).toBe(1)
    },
  )

  it('that have passed remove what was there', () => {
    const { store, clock } = openStore({ policy })
    store.set('k', 1, 1, never)
    expect(store.set('k', 2, 1, clock.now())).toBe(true)
    store.set('l', 2, 1, Number.NEGATIVE_INFINITY)
    expect([store.get('k'), store.size]).toEqual([undefined, 0])
  })

  it('are those of the last set', async () => {
    const { store, clock } = openStore({ policy })
    store.set('longer', 1, 1, clock.now() + 10)
    store.set('longer', 1, 1, clock.now() + 1_000)
    store.set('shorter', 1, 1, clock.now() + 1_000)
    store.set('shorter', 1, 1, clock.now() + 10)
    store.set('kept', 1, 1, clock.now() + 10)
    store.set('kept', 1, 1, never)
    await clock.advance(100)
    expect(keysOf(store)).toEqual(['longer', 'kept'])
    await clock.advance(1_000)
    expect(keysOf(store)).toEqual(['kept'])
  })
})

describe('the clock', () => {
  it('has one timer for all, and none where nothing can expire', async () => {
    const clock = watchedClock()
    const { store } = openStore({ clock })
    store.set('never', 1, 1, never)
    expect(clock.pending).toBe(0)
    for (let i = 1; i <= 100; i += 1) store.set(`k${i}`, 1, 1, clock.now() + i * 1_000)
    expect(clock.pending).toBe(1)
    await clock.advance(50_000)
    expect([clock.pending, store.size]).toEqual([1, 51])
    for (let i = 51; i <= 100; i += 1) store.delete(`k${i}`)
    expect(clock.pending).toBe(0)
    for (const ms of [5, 5_000, 50]) store.set('k', 1, 1, clock.now() + ms)
    store.delete('k')
    expect(clock.pending).toBe(0)
    store.set('k', 1, 1, clock.now() + 5)
    store.clear()
    expect(clock.pending).toBe(0)
  })

  it('is asked for no more than it can wait', async () => {
    const clock = watchedClock()
    const { store } = openStore({ clock })
    store.set('k', 1, 1, clock.now() + 400 * day)
    await clock.advance(400 * day)
    expect(store.size).toBe(0)
    expect(Math.max(...clock.waits)).toBeLessThan(2 ** 31)
    expect(Math.min(...clock.waits)).toBeGreaterThan(0)
    expect(clock.waits.length).toBeLessThan(40)
  })

  it('is not asked for a timer for each of many deadlines', async () => {
    const clock = watchedClock()
    const { store } = openStore({ clock })
    for (let i = 0; i < 5_000; i += 1) store.set(`k${i}`, 1, 1, clock.now() + 1_000 + i / 5)
    await clock.advance(1_500)
    expect(store.size).toBeLessThan(2_700)
    await clock.advance(600)
    expect(store.size).toBe(0)
    expect(clock.waits.length).toBeLessThan(150)
  })

  it('may go on in one leap', () => {
    const clock = watchedClock()
    const { store } = openStore({ clock })
    for (let i = 0; i < 100; i += 1) store.set(`k${i}`, 1, 1, clock.now() + 10 ** (i % 9))
    clock.jump(5_000)
    // No timer has run. What is read, and what is written, lets go of all that is over.
    expect(store.get('k0')).toBeUndefined()
    expect(store.size).toBe(55)
    clock.jump(10 ** 9)
    store.set('new', 1, 1, clock.now() + 50)
    expect(keysOf(store)).toEqual(['new'])
    expect(store.size).toBe(1)
  })

  it('may go back, and entries live as long as it says', async () => {
    const clock = watchedClock()
    const { store } = openStore({ clock })
    store.set('before', 1, 1, clock.now() + 2 * day)
    await clock.advance(day)
    clock.jump(-day)
    store.set('after', 1, 1, clock.now() + 1_000)
    store.set('long', 1, 1, clock.now() + 2 * day)
    await clock.advance(1_000)
    expect(keysOf(store)).toEqual(['before', 'long'])
    expect(store.size).toBe(2)
    await clock.advance(2 * day)
    expect(store.size).toBe(0)
  })

  it('may go back by little', async () => {
    const clock = watchedClock()
    const { store } = openStore({ clock })
    store.set('a', 1, 1, clock.now() + 200)
    await clock.advance(100)
    clock.jump(-300)
    store.set('b', 1, 1, clock.now() + 100)
    await clock.advance(100)
    expect(store.get('b')).toBeUndefined()
    await clock.advance(400)
    expect(store.size).toBe(0)
  })

  it('is left alone after close', async () => {
    const clock = watchedClock()
    const { store } = openStore({ clock })
    store.set('k', 1, 1, clock.now() + 100)
    store.close()
    store.close()
    expect([clock.pending, store.size, store.bytes]).toEqual([0, 0, 0])
    store.set('k', 1, 1, clock.now() + 100)
    expect(clock.pending).toBe(0)
    await clock.advance(100)
    expect(store.get('k')).toBeUndefined()
  })

  it('lets a listener use the store when its timer runs', async () => {
    const clock = manualClock()
    const store: MemoryStore<number> = new MemoryStore<number>({
      maxBytes: never,
      maxEntries: never,
      maxEntryShare: 1,
      policy: 'tinylfu',
      clock,
      onRemove: (key, item) => {
        if ((item as number) > 0) store.set(key, (item as number) - 1, 1, clock.now() + 100)
        throw new Error('a listener fails')
      },
    })
    store.set('k', 3, 1, clock.now() + 100)
    await clock.advance(350)
    expect(store.look('k')).toBe(0)
    await clock.advance(100)
    expect([store.size, store.bytes]).toEqual([0, 0])
  })
})
