import { join } from 'node:path'
import { DiskCache } from 'holdfast'
import { manualClock } from 'holdfast/testing'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { Worker } from '../support/worker.ts'

type Watched = {
  readonly key: string
  readonly ttl: number
  readonly before: number
  readonly after: number
  readonly lastHit: number
  readonly firstMiss: number
}

describe('row 10: entries live for as long as they were told, to the millisecond', () => {
  test('row 10: life times of 0.3, 1, 1.5 and 2 s are kept within 20 ms', async () => {
    const directory = join(temporaryDirectory(), 'store')
    const worker = new Worker('ttl-watcher.mjs', { directory, ttls: [300, 1_000, 1_500, 2_000] })
    const watched = await worker.next<Watched[]>('watched')
    // Judged by the last hit and the first miss, each on the side that convicts the store: a process that was not
    // scheduled for a while then looks late, which proves nothing and fails nothing.
    for (const { key, ttl, before, after, lastHit, firstMiss } of watched) {
      expect(lastHit - after, `${key}: lived`).toBeLessThanOrEqual(ttl + 20)
      expect(firstMiss - before, `${key}: lived`).toBeGreaterThanOrEqual(ttl - 20)
    }
    using cache = new DiskCache(directory)
    expect(cache.check()).toMatchObject({ ok: true, problems: [] })
  })

  test('row 10: an entry ends at now >= expiresAt and not a millisecond before', async () => {
    const clock = manualClock(Date.UTC(2026, 0, 1))
    using store = new DiskCache(join(temporaryDirectory(), 'store'), { clock })
    for (const [ttl, wait] of [
      [300, 300],
      [1_500, 1_500],
      ['2s', 2_000],
    ] as const) {
      store.set('key', 'value', { ttl })
      const end = clock.now() + wait
      expect(store.getEntry('key')?.expiresAt).toBe(end)
      await clock.advance(wait - 1)
      expect(store.get('key')).toBe('value')
      expect(store.has('key')).toBe(true)
      await clock.advance(1)
      expect(store.get('key')).toBeUndefined()
      expect(store.has('key')).toBe(false)
    }
    expect(store.check()).toMatchObject({ ok: true, problems: [] })
  })
})

describe('row 10: an expired entry that nobody swept yet is absent on every path', () => {
  const paths: Record<string, (cache: DiskCache) => unknown> = {
    get: (cache) => expect(cache.get('key')).toBeUndefined(),
    getEntry: (cache) => expect(cache.getEntry('key')).toBeUndefined(),
    getMany: (cache) => expect(cache.getMany(['key'])).toEqual(new Map()),
    has: (cache) => expect(cache.has('key')).toBe(false),
    touch: (cache) => expect(cache.touch('key', '1h')).toBe(false),
    pop: (cache) => expect(cache.pop('key')).toBeUndefined(),
    size: (cache) => expect(cache.size).toBe(0),
    keys: (cache) => expect([...cache.keys()]).toEqual([]),
    values: (cache) => expect([...cache.values()]).toEqual([]),
    entries: (cache) => expect([...cache.entries()]).toEqual([]),
    iteration: (cache) => expect([...cache]).toEqual([]),
    list: (cache) => expect(cache.list()).toEqual([]),
  }
  for (const [path, look] of Object.entries(paths)) {
    test(`row 10: ${path}, and add succeeds at once`, () => {
      const { cache, clock } = unsweptStore()
      using store = cache
      store.set('key', 'old', { ttl: 300 })
      clock.time += 300
      look(store)
      expect(store.add('key', 'new')).toBe(true)
      expect(store.get('key')).toBe('new')
      expect(store.size).toBe(1)
      expect(store.check()).toMatchObject({ ok: true, problems: [] })
    })
  }

  test('row 10: incr starts anew, and add needs no look before', () => {
    const { cache, clock } = unsweptStore()
    using store = cache
    store.set('counter', 41, { ttl: 300 })
    store.set('key', 'old', { ttl: 300 })
    clock.time += 300
    expect(store.incr('counter')).toBe(1)
    expect(store.add('key', 'new')).toBe(true)
    expect(store.check()).toMatchObject({ ok: true, problems: [] })
  })
})

/** A store whose timers never fire, so that nothing can have swept what expires, and its clock. */
function unsweptStore(): { cache: DiskCache; clock: { time: number } } {
  const clock = { time: Date.UTC(2026, 0, 1) }
  const cache = new DiskCache(join(temporaryDirectory(), 'store'), {
    clock: { now: () => clock.time, setTimeout: () => ({ clear: () => undefined }) },
  })
  return { cache, clock }
}
