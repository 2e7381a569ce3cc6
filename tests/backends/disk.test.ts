import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { diskBackend } from '../../src/backends/disk.ts'
import { auto, DiskCache, json, msgpack, raw, ShardedDiskCache } from '../../src/index.ts'
import { backendSuite, manualClock } from '../../src/testing/index.ts'
import { errorOf, rejectionOf } from '../support/code-of.ts'
import { memoryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'
import { tmpfs } from '../support/tmpfs.ts'

const call = { signal: new AbortController().signal }
const lasting = (bytes: Uint8Array) => ({ bytes, expiresAt: Number.POSITIVE_INFINITY })
const lacks = ['clear', 'now'] as const

describe.each([
  ['a store', (directory: string, options: object) => new DiskCache(directory, options)],
  [
    'a store of shards',
    (directory: string, options: object) => new ShardedDiskCache(directory, options),
  ],
])('a backend of %s', (_, openStore) => {
  const clock = manualClock()
  let directory: string
  beforeEach(() => {
    directory = memoryDirectory()
  })
  const open = async () => {
    const store = openStore(directory, { clock, codec: raw(), hot: false })
    const backend = diskBackend(store, { owns: true })
    return { backend, close: () => backend.close() }
  }
  for (const { name, run } of backendSuite({ open, clock, lacks })) it(name, run)
})

describe('a backend of a store', () => {
  it('keeps the store of which it is not the owner', async () => {
    using store = new DiskCache(temporaryDirectory(), { codec: raw() })
    const [mine, others] = [diskBackend(store, { owns: false }), diskBackend(store)]
    await mine.set('a', lasting(Buffer.from('a')), call)
    await mine.close()
    expect((await rejectionOf(() => mine.get('a', call))).code).toBe('ERR_CLOSED')
    expect((await others.get('a', call))?.bytes).toEqual(Uint8Array.of(97))
    expect(store.get('a')).toEqual(Buffer.from('a'))
    const owner = diskBackend(store, { owns: true })
    await owner.close()
    expect(errorOf(() => store.get('a')).code).toBe('ERR_CLOSED')
  })

  it('is given a store that keeps bytes as they are', () => {
    for (const codec of [raw(), auto()]) {
      using store = new DiskCache(temporaryDirectory(), { codec })
      expect(diskBackend(store).kind).toBe('disk')
    }
    for (const codec of [json(), msgpack()]) {
      using store = new DiskCache(temporaryDirectory(), { codec })
      expect(errorOf(() => diskBackend(store)).message).toMatch(/codec: raw\(\)/)
    }
    expect(errorOf(() => diskBackend({} as never)).code).toBe('ERR_INVALID_OPTION')
    using store = new DiskCache(temporaryDirectory())
    for (const options of [{ own: true }, { owns: 1 }])
      expect(errorOf(() => diskBackend(store, options as never)).code).toBe('ERR_INVALID_OPTION')
  })

  it('takes what is no record for nothing', async () => {
    using store = new DiskCache(temporaryDirectory())
    const backend = diskBackend(store)
    store.set('value', { a: 1 })
    expect(await backend.get('value', call)).toBeUndefined()
    expect(await backend.getMany(['value'], call)).toEqual([undefined])
  })

  it('keeps its leases apart from the locks of the store', async () => {
    using store = new DiskCache(temporaryDirectory())
    using _ = await store.lock('name')
    expect(await diskBackend(store).leases?.acquire('name', 60_000, call)).toBeTypeOf('string')
  })

  it('reads past the hot set, and writes are seen there', async () => {
    using store = new DiskCache(temporaryDirectory(), { codec: raw() })
    const backend = diskBackend(store)
    store.set('a', Buffer.from('old'))
    store.get('a')
    await backend.set('a', lasting(Buffer.from('new')), call)
    expect(Buffer.from(store.get<Uint8Array>('a') ?? []).toString()).toBe('new')
    const { hot } = store.stats()
    await backend.get('a', call)
    expect(store.stats().hot?.hits).toBe(hot?.hits)
  })

  it('counts what it reads as used, so that other entries are evicted first', async () => {
    const clock = manualClock()
    using store = new DiskCache(temporaryDirectory(), {
      clock,
      codec: raw(),
      hot: false,
      maxEntries: 5,
    })
    const backend = diskBackend(store)
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      await backend.set(key, lasting(Buffer.from(key)), call)
      await clock.advance(1)
    }
    await backend.get('a', call)
    await clock.advance(1)
    for (const key of ['f', 'g', 'h']) await backend.set(key, lasting(Buffer.from(key)), call)
    expect(store.has('a')).toBe(true)
    expect(store.stats()).toMatchObject({ hits: 1, misses: 0 })
  })

  it('commits what is set at once together', async () => {
    using store = new DiskCache(temporaryDirectory(), { codec: raw(), hot: false })
    const backend = diskBackend(store)
    const { transactions } = store.engine
    let commits = 0
    const { afterCommit } = transactions
    transactions.afterCommit = () => {
      commits += 1
      afterCommit()
    }
    const keys = Array.from({ length: 50 }, (_, index) => `key ${index}`)
    await Promise.all(keys.map((key) => backend.set(key, lasting(Buffer.from(key)), call)))
    expect(commits).toBe(1)
  })
})

/** The error of a call, and whether it says that to try again is in vain. */
async function failureOf(run: () => Promise<unknown>) {
  const error = await rejectionOf(run)
  return { code: error.code, permanent: (error as { permanent?: unknown }).permanent }
}

describe('an error of a disk backend', () => {
  it('is permanent for a value that is too large, and what was there stays', async () => {
    using store = new DiskCache(temporaryDirectory(), { codec: raw(), maxBytes: '1MiB' })
    const backend = diskBackend(store)
    await backend.set('a', lasting(Buffer.from('old')), call)
    const tooLarge = lasting(Buffer.alloc(2 ** 21))
    const expected = { code: 'ERR_VALUE_TOO_LARGE', permanent: true }
    expect(await failureOf(() => backend.set('a', tooLarge, call))).toEqual(expected)
    expect(await failureOf(async () => backend.setMany?.([['b', tooLarge]], call))).toEqual(
      expected,
    )
    expect(await failureOf(() => backend.add('b', tooLarge, call))).toEqual(expected)
    expect(Buffer.from((await backend.get('a', call))?.bytes ?? []).toString()).toBe('old')
  })

  it('is permanent for a store that is only read', async () => {
    const directory = temporaryDirectory()
    new DiskCache(directory).close()
    using store = new DiskCache(directory, { readonly: true, codec: raw() })
    const backend = diskBackend(store)
    const expected = { code: 'ERR_READONLY', permanent: true }
    expect(await failureOf(() => backend.set('a', lasting(Buffer.of(1)), call))).toEqual(expected)
    expect(await failureOf(() => backend.delete('a', call))).toEqual(expected)
    expect(await backend.get('a', call)).toBeUndefined()
  })

  it('is permanent on a full disk, whose records are still read and can be deleted', async (context) => {
    const directory = `${tmpfs(context, '8m')}/store`
    using store = new DiskCache(directory, { codec: raw(), hot: false })
    const backend = diskBackend(store)
    const keys: string[] = []
    let failure: unknown
    while (failure === undefined && keys.length < 1_000) {
      const key = `key ${keys.length}`
      await backend.set(key, lasting(Buffer.alloc(100_000, 'a')), call).then(
        () => keys.push(key),
        (error: unknown) => {
          failure = error
        },
      )
    }
    expect(failure).toMatchObject({ code: 'ERR_NO_SPACE', permanent: true })
    expect(keys.length).toBeGreaterThan(20)
    for (const found of await backend.getMany(keys, call)) expect(found?.bytes.length).toBe(100_000)
    for (const key of keys) expect(await backend.delete(key, call)).toBe(true)
    await backend.set('a', lasting(Buffer.alloc(100_000)), call)
    expect(store.check().problems).toEqual([])
  })

  it('of a directory that is somebody else’s comes when the store is opened', () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'letter.txt'), 'dear')
    expect(errorOf(() => new DiskCache(directory, { codec: raw() })).code).toBe(
      'ERR_FOREIGN_DIRECTORY',
    )
  })

  it('of a store that was closed rejects', async () => {
    const store = new DiskCache(temporaryDirectory(), { codec: raw() })
    const backend = diskBackend(store)
    store.close()
    for (const run of [
      () => backend.get('a', call),
      () => backend.getMany(['a'], call),
      () => backend.set('a', lasting(Buffer.of(1)), call),
      () => backend.delete('a', call),
      async () => backend.leases?.acquire('a', 1_000, call),
    ])
      expect((await rejectionOf(run)).code).toBe('ERR_CLOSED')
  })
})
