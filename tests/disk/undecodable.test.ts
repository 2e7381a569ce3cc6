import { expect, it } from 'vitest'
import { DiskCache } from '../../src/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const mine = {
  id: 'mine',
  encode: (value: unknown) => Buffer.from(String(value)),
  decode: (bytes: Uint8Array) => Buffer.from(bytes).toString(),
}

it('an entry that cannot be decoded is a miss for load and memoize too, which compute it anew', async () => {
  const directory = temporaryDirectory()
  async function answer(): Promise<number> {
    return 42
  }
  {
    using cache = new DiskCache(directory, { codec: mine })
    cache.set('a', 'old')
    expect(await cache.memoize(answer)()).toBe(42)
  }
  const events: string[] = []
  using cache = new DiskCache(directory, { onEvent: ({ type }) => events.push(type) })
  expect(cache.get('a')).toBeUndefined()
  expect(await cache.load('a', async () => 9)).toBe(9)
  expect(cache.get('a')).toBe(9)
  expect(await cache.memoize(answer)()).toBe(42)
  expect(events).toContain('corrupt')
  expect(cache.check().problems).toEqual([])
})

it('a listener that answers with a rejected promise disturbs nobody', async () => {
  const directory = temporaryDirectory()
  {
    using cache = new DiskCache(directory, { codec: mine })
    cache.set('a', 'old')
  }
  using cache = new DiskCache(directory, { onEvent: async () => Promise.reject(new Error('no')) })
  expect(cache.get('a')).toBeUndefined()
  await new Promise<void>((resolve) => setImmediate(resolve))
})
