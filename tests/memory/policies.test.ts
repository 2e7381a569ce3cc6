import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../support/seeded-random.mjs'
import { costOf, keysOf, never, openStore, policies } from './support/open-store.ts'

const requests = fc.array(fc.oneof(fc.nat(6), fc.nat(16), fc.nat(30)), {
  maxLength: 300,
  size: 'max',
})

/** LRU as a Map in the order of use. */
function lruOf(sequence: readonly number[], room: number): string[] {
  const order = new Map<string, true>()
  for (const number of sequence) {
    order.delete(`${number}`)
    order.set(`${number}`, true)
    const [oldest] = order.keys()
    if (order.size > room && oldest !== undefined) order.delete(oldest)
  }
  return [...order.keys()]
}

/** S3-FIFO as its paper tells it, with arrays. */
function s3FifoOf(sequence: readonly number[], room: number): string[] {
  const smallRoom = Math.max(1, Math.floor(room / 10))
  const small: string[] = []
  const main: string[] = []
  const ghosts: (string | undefined)[] = []
  const uses = new Map<string, number>()
  const evict = () => {
    for (;;) {
      const isSmall = small.length > smallRoom || main.length === 0
      const key = (isSmall ? small : main).shift() as string
      const count = uses.get(key) ?? 0
      if (count === 0) {
        if (isSmall) {
          ghosts.push(key)
          while (ghosts.length > Math.max(1, Math.floor((small.length + main.length + 1) * 0.9)))
            ghosts.shift()
        }
        uses.delete(key)
        return
      }
      main.push(key)
      uses.set(key, isSmall ? 0 : count - 1)
    }
  }
  for (const number of sequence) {
    const key = `${number}`
    const count = uses.get(key)
    if (count !== undefined) uses.set(key, Math.min(3, count + 1))
    else {
      const ghost = ghosts.lastIndexOf(key)
      if (ghost >= 0) ghosts[ghost] = undefined
      ;(ghost >= 0 ? main : small).push(key)
      uses.set(key, 0)
      if (small.length + main.length > room) evict()
    }
  }
  return [...small, ...main]
}

describe.each([
  ['lru', lruOf],
  ['s3fifo', s3FifoOf],
] as const)('%s', (policy, reference) => {
  it.each([1, 2, 5, 12, 20])('keeps what a plain form of it keeps, with room for %s', (room) => {
    fc.assert(
      fc.property(requests, (sequence) => {
        const { store } = openStore({ policy, maxEntries: room })
        for (const number of sequence) {
          const key = `${number}`
          if (store.get(key) === undefined) store.set(key, number, 1, never)
        }
        expect(keysOf(store).sort()).toEqual(reference(sequence, room).sort())
      }),
    )
  })
})

/** The share of requests that found their item, in percent. */
function hitRate(
  policy: (typeof policies)[number],
  options: { readonly maxEntries?: number; readonly maxBytes?: number },
  sequence: Iterable<number>,
  sizeOf: (key: number) => number = () => 10,
): number {
  const { store } = openStore({ policy, ...options })
  let hits = 0
  let all = 0
  for (const key of sequence) {
    all += 1
    if (store.get(`${key}`) !== undefined) hits += 1
    else store.set(`${key}`, key, sizeOf(key), never)
  }
  return (100 * hits) / all
}

const room = 400

function* loop(length: number, count: number): Generator<number> {
  for (let i = 0; i < count; i += 1) yield i % length
}

/** Each key a few times, always after `distance` requests, then never again. */
function* soonAgain(distance: number, count: number): Generator<number> {
  for (let i = 0; i < count; i += 1) {
    const block = Math.floor(i / distance)
    yield 10 ** 6 + Math.floor(block / 2) * distance + (i % distance)
  }
}

describe('tinylfu', () => {
  const options = { maxEntries: room }

  it('keeps a part of a loop that is too long', () => {
    const sequence = () => loop(room * 2, room * 100)
    expect(hitRate('lru', options, sequence())).toBe(0)
    expect(hitRate('tinylfu', options, sequence())).toBeGreaterThan(40)
  })

  it('keeps what comes again soon and then never, as LRU does', () => {
    const sequence = () => soonAgain(room * 0.8, room * 100)
    expect(hitRate('lru', options, sequence())).toBeCloseTo(50, 0)
    expect(hitRate('tinylfu', options, sequence())).toBeGreaterThan(48)
  })

  it.each([500, 4_000])('is no worse than LRU from the start, with room for %s', (maxEntries) => {
    const sequence = () => soonAgain(maxEntries * 0.9, maxEntries * 10)
    const lru = hitRate('lru', { maxEntries }, sequence())
    expect(hitRate('tinylfu', { maxEntries }, sequence())).toBeGreaterThan(lru - 1)
  })

  it('changes its mind when the requests change', () => {
    function* sequence() {
      yield* soonAgain(room * 0.8, room * 50)
      yield* loop(room * 2, room * 50)
      for (const key of soonAgain(room * 0.8, room * 50)) yield key * 2
    }
    const rate = hitRate('tinylfu', options, sequence())
    expect(rate).toBeGreaterThan(40)
    expect(rate).toBeGreaterThan(hitRate('lru', options, sequence()) + 5)
  })

  it('lets a scan pass', () => {
    const random = seededRandom(3)
    function* sequence() {
      for (let i = 0; i < room * 200; i += 1) {
        const isScan = Math.floor(i / room) % 5 === 4
        yield isScan ? 10 ** 6 + i : Math.floor(random() ** 3 * room * 3)
      }
    }
    const requests = [...sequence()]
    expect(hitRate('tinylfu', options, requests)).toBeGreaterThan(
      hitRate('lru', options, requests) + 4,
    )
  })

  it('does not give up many small entries for a large one that is used less than they are together', () => {
    // Ten small ones are in the room of one large one; each of the large ones is used as often as each small one.
    const sizeOf = (key: number) => (key >= 1_000 ? 5_000 : 10)
    const maxBytes = 60_000
    const random = seededRandom(4)
    const requests = Array.from({ length: 60_000 }, () =>
      random() < 0.5 ? Math.floor(random() * 150) : 1_000 + Math.floor(random() * 150),
    )
    const rate = hitRate('tinylfu', { maxBytes }, requests, sizeOf)
    expect(rate).toBeGreaterThan(hitRate('lru', { maxBytes }, requests, sizeOf) + 5)
  })

  it('is the same in every run with the same luck', () => {
    const requests = [...loop(room * 1.5, room * 20)]
    expect(hitRate('tinylfu', options, requests)).toBe(hitRate('tinylfu', options, requests))
  })
})

describe('hit rates in bytes', () => {
  it.each(policies)('%s fills the bytes that it has', (policy) => {
    const maxBytes = 100_000
    const { store } = openStore({ policy, maxBytes })
    for (let i = 0; i < 5_000; i += 1) store.set(`k${i % 700}`, i, 1 + ((i * 13) % 400), never)
    expect(store.bytes).toBeGreaterThan(maxBytes - costOf(policy, 'k000', 401))
  })
})
