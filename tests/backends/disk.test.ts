import { beforeEach, describe, expect, it } from 'vitest'
import { diskBackend } from '../../src/backends/disk.ts'
import { DiskCache, raw, ShardedDiskCache } from '../../src/index.ts'
import { backendSuite, manualClock } from '../../src/testing/index.ts'
import { errorOf, rejectionOf } from '../support/code-of.ts'
import { memoryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

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
})
