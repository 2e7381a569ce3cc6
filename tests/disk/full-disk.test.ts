import { expect, it } from 'vitest'
import { DiskCache } from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { tmpfs } from '../support/tmpfs.ts'

/** Stores ever smaller values until not even the smallest fits. @returns the keys that were stored. */
function fill(cache: DiskCache): string[] {
  const keys: string[] = []
  for (const size of [100_000, 20_000, 3_000, 200]) {
    for (;;) {
      const key = `key ${keys.length}`
      if (codeOf(() => cache.set(key, Buffer.alloc(size, 'a'))) !== undefined) break
      keys.push(key)
    }
  }
  return keys
}

it('a store that has filled its disk can be emptied entry by entry, and used again', (context) => {
  using cache = new DiskCache(`${tmpfs(context, '8m')}/store`)
  const keys = fill(cache)
  expect(keys.length).toBeGreaterThan(20)
  for (const key of keys) expect(cache.delete(key)).toBe(true)
  cache.set('a', Buffer.alloc(100_000))
  expect(cache.size).toBe(1)
  expect(cache.check().problems).toEqual([])
})

it('and at once, by clear', (context) => {
  using cache = new DiskCache(`${tmpfs(context, '8m')}/store`)
  const keys = fill(cache)
  expect(cache.clear()).toBe(keys.length)
  cache.set('a', Buffer.alloc(100_000))
  expect(cache.check().problems).toEqual([])
})

it('load gives the value that cannot be kept there, and tells of it', async (context) => {
  const events: string[] = []
  const directory = `${tmpfs(context, '8m')}/store`
  using cache = new DiskCache(directory, { onEvent: ({ type }) => events.push(type) })
  fill(cache)
  expect(await cache.load('loaded', async () => 'value')).toBe('value')
  expect(events).toContain('drop')
  expect(codeOf(() => new DiskCache(directory).close())).toBe('ERR_NO_SPACE')
  expect(cache.check().problems).toEqual([])
})
