import { describe, expect, it } from 'vitest'
import { diskBackend } from '../../src/backends/disk.ts'
import type { Backend, BackendRecord } from '../../src/contracts/backend.ts'
import { DiskCache, raw, ShardedDiskCache } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const call = { signal: new AbortController().signal }
const forever = Number.POSITIVE_INFINITY
const plain = (text: string): BackendRecord => ({ bytes: Buffer.from(text), expiresAt: forever })
const pinned = (text: string): BackendRecord => ({ ...plain(text), isPinned: true })
const textOf = (record: BackendRecord | undefined) =>
  record === undefined ? undefined : Buffer.from(record.bytes).toString()

async function read(backend: Backend, key: string): Promise<string | undefined> {
  const [one, [many]] = [await backend.get(key, call), await backend.getMany([key], call)]
  expect(textOf(many)).toBe(textOf(one))
  return textOf(one)
}

/** More than the store holds. @returns how many are still there. */
async function fill(backend: Backend, count = 100): Promise<number> {
  const keys = Array.from({ length: count }, (_, index) => `fill ${index}`)
  for (const key of keys)
    await backend.set(key, { bytes: Buffer.alloc(50_000, key), expiresAt: forever }, call)
  const found = await backend.getMany(keys, call)
  return found.filter((record) => record !== undefined).length
}

const swap = async (
  backend: Backend,
  key: string,
  expected: string | undefined,
  record: BackendRecord,
) =>
  await backend.swap?.(
    key,
    expected === undefined ? undefined : Buffer.from(expected),
    record,
    call,
  )

describe.each([
  ['a store', (directory: string, options: object) => new DiskCache(directory, options)],
  [
    'a store of shards',
    (directory: string, options: object) => new ShardedDiskCache(directory, options),
  ],
])('a pinned record of %s', (_, openStore) => {
  const open = (directory = temporaryDirectory(), options: object = { maxBytes: '4MiB' }) => {
    const clock = manualClock()
    const store = openStore(directory, { clock, codec: raw(), hot: false, ...options })
    return { backend: diskBackend(store, { owns: true }), clock, directory }
  }

  it.each(['set', 'swap', 'setMany'] as const)(
    'outlasts everything else, put by %s',
    async (verb) => {
      const { backend } = open()
      if (verb === 'set') await backend.set('mark', pinned('1'), call)
      if (verb === 'setMany') await backend.setMany?.([['mark', pinned('1')]], call)
      if (verb === 'swap') expect(await swap(backend, 'mark', undefined, pinned('1'))).toBe(true)
      await backend.set('plain', plain('2'), call)
      const kept = await fill(backend, 200)
      expect(kept).toBeGreaterThan(0)
      expect(kept).toBeLessThan(150)
      // What is not pinned went.
      expect(await read(backend, 'plain')).toBeUndefined()
      expect(await read(backend, 'mark')).toBe('1')
      const [first, mark] = await backend.getMany(['plain', 'mark', 'mark'], call)
      expect([first, textOf(mark)]).toEqual([undefined, '1'])
      expect(await backend.get('mark', call)).toMatchObject({ expiresAt: forever, isPinned: true })
      await backend.close()
    },
  )

  it('is what swap compares with and replaces', async () => {
    const { backend } = open()
    await backend.set('mark', pinned('one'), call)
    expect(await swap(backend, 'mark', undefined, pinned('two'))).toBe(false)
    expect(await swap(backend, 'mark', 'two', pinned('two'))).toBe(false)
    expect(await read(backend, 'mark')).toBe('one')
    expect(await swap(backend, 'mark', 'one', pinned('two'))).toBe(true)
    expect(await read(backend, 'mark')).toBe('two')
    // Where it begins like that.
    expect(await swap(backend, 'mark', 't', pinned('three'))).toBe(true)
    await fill(backend)
    expect(await read(backend, 'mark')).toBe('three')
    await backend.close()
  })

  it('is taken away by delete', async () => {
    const { backend } = open()
    await backend.set('mark', pinned('1'), call)
    await backend.set('other', pinned('2'), call)
    expect(await backend.delete('mark', call)).toBe(true)
    expect(await backend.delete('mark', call)).toBe(false)
    expect([await read(backend, 'mark'), await read(backend, 'other')]).toEqual([undefined, '2'])
    expect(await swap(backend, 'mark', undefined, pinned('3'))).toBe(true)
    await backend.close()
  })

  it('counts once in deleteMany, beside others', async () => {
    const { backend } = open()
    for (const key of ['a', 'b']) await backend.set(key, pinned(key), call)
    for (const key of ['c', 'd']) await backend.set(key, plain(key), call)
    expect(await backend.deleteMany?.(['a', 'c', 'a', 'absent', 'b'], call)).toBe(3)
    expect(await backend.deleteMany?.(['a', 'b', 'c'], call)).toBe(0)
    for (const key of ['a', 'b', 'c']) expect(await read(backend, key)).toBeUndefined()
    expect(await read(backend, 'd')).toBe('d')
    await backend.close()
  })

  it('is there after the store was opened anew, and gone if it was deleted', async () => {
    const { backend, directory } = open()
    for (const key of ['mark', 'gone']) await backend.set(key, pinned(key), call)
    await backend.delete('gone', call)
    await backend.close()
    const { backend: again } = open(directory)
    expect(await read(again, 'mark')).toBe('mark')
    expect(await read(again, 'gone')).toBeUndefined()
    await again.close()
  })

  it('may have any key and any bytes', async () => {
    const { backend } = open()
    const bytes = Uint8Array.from({ length: 256 }, (_value, index) => index)
    const keys = ['a\0b', 'a\0c', 'a', '"a"', 'ä😀', 'pin:"a"', 'x'.repeat(65_536)]
    for (const [index, key] of keys.entries())
      await backend.set(key, { ...pinned(''), bytes: Buffer.of(...bytes, index) }, call)
    for (const [index, key] of keys.entries())
      expect((await backend.get(key, call))?.bytes).toEqual(Uint8Array.of(...bytes, index))
    expect(await backend.deleteMany?.(keys, call)).toBe(keys.length)
    await backend.close()
  })

  it('takes the place of one that is not pinned', async () => {
    const { backend } = open()
    await backend.set('by set', plain('old'), call)
    await backend.set('by set', pinned('new'), call)
    expect(await read(backend, 'by set')).toBe('new')
    expect(await backend.delete('by set', call)).toBe(true)
    expect(await read(backend, 'by set')).toBeUndefined()
    await backend.close()
  })
})
