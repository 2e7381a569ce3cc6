import { join } from 'node:path'
import { DiskCache, DiskIndex, type Key, keyId, ShardedDiskCache, ShardedDiskIndex } from 'holdfast'
import { describe, expect, test } from 'vitest'
import { awkwardKeys } from '../support/awkward-keys.mjs'
import { codeOf } from '../support/code-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { Worker } from '../support/worker.ts'

const kinds = { DiskCache, DiskIndex, ShardedDiskCache, ShardedDiskIndex }
type Found = { readonly value?: number | null; readonly id?: string; readonly code?: string }

describe('row 15: the number of shards belongs to the store', () => {
  test('row 15: a store created with 8 shards refuses to be opened with 4', () => {
    const directory = join(temporaryDirectory(), 'store')
    new ShardedDiskCache(directory, { shards: 8 }).close()
    expect(codeOf(() => new ShardedDiskCache(directory, { shards: 4 }))).toBe('ERR_SHARD_MISMATCH')
    using cache = new ShardedDiskCache(directory, { shards: 8 })
    expect(cache.check()).toMatchObject({ ok: true, problems: [] })
  })

  test('row 15: what is neither a mix nor the same kind is refused too', () => {
    const home = temporaryDirectory()
    new ShardedDiskCache(join(home, 'sharded'), { shards: 8 }).close()
    new DiskCache(join(home, 'plain')).close()
    expect(codeOf(() => new DiskCache(join(home, 'sharded')))).toMatch(/^ERR_(SHARD|STORE)/)
    expect(codeOf(() => new ShardedDiskCache(join(home, 'plain')))).toMatch(/^ERR_(SHARD|STORE)/)
    expect(codeOf(() => new DiskIndex(join(home, 'plain')))).toBe('ERR_STORE_KIND')
  })
})

describe('row 15: keys that look alike are distinct or refused with a code', () => {
  for (const [kind, Store] of Object.entries(kinds)) {
    test(`row 15: in a ${kind}, in this process and in another one`, async () => {
      const directory = join(temporaryDirectory(), 'store')
      using store = new Store<number>(directory)
      const refused = setAll(store)
      const expected = awkwardKeys.map((key, index) => (refused.has(key) ? undefined : index))
      expect(expected.map((_, index) => read(store, refused, index))).toEqual(expected)
      expect(store.size).toBe(awkwardKeys.length - refused.size)

      const given = new Map([...store.keys()].map((key) => [keyId(key), key]))
      for (const key of awkwardKeys.filter((one) => !refused.has(one))) {
        expect(given.get(keyId(key)), `keys() gives ${keyId(key).slice(0, 40)} back`).toEqual(key)
      }

      const worker = new Worker('read-awkward-keys.mjs', { directory, kind })
      for (const [index, found] of (await worker.next<Found[]>('found')).entries()) {
        const key = awkwardKeys[index] as Key
        if (refused.has(key)) expect(found.code).toBe('ERR_INVALID_KEY')
        else expect(found).toEqual({ value: index, id: keyId(key) })
      }
      expect(store.check()).toMatchObject({ ok: true, problems: [] })
    })
  }

  test('row 15: deleting one leaves those that look like it', () => {
    using cache = new DiskCache(join(temporaryDirectory(), 'store'))
    const refused = setAll(cache)
    const keys = awkwardKeys.filter((key) => !refused.has(key))
    for (const [index, key] of keys.entries()) {
      expect(cache.delete(key)).toBe(true)
      expect(cache.has(key)).toBe(false)
      expect(cache.size).toBe(keys.length - 1 - index)
    }
  })

  test('row 15: only lone surrogates may be refused, and ids are distinct', () => {
    const ids = new Set<string>()
    for (const key of awkwardKeys) {
      const lone = typeof key === 'string' && !key.isWellFormed()
      const code = codeOf(() => ids.add(keyId(key)))
      if (code !== undefined) expect([lone, code]).toEqual([true, 'ERR_INVALID_KEY'])
      else expect(ids.size).toBe(ids.add(keyId(key)).size)
    }
    const wellFormed = awkwardKeys.filter((key) => typeof key !== 'string' || key.isWellFormed())
    expect(ids.size).toBeGreaterThanOrEqual(wellFormed.length)
  })
})

type Settable = { set(key: Key, value: number): void }

/** Sets every key to its index. Returns those that were refused; any error without the right code is thrown on. */
function setAll(store: Settable): Set<Key> {
  const refused = new Set<Key>()
  for (const [index, key] of awkwardKeys.entries()) {
    const code = codeOf(() => store.set(key, index))
    if (code === undefined) continue
    expect(code).toBe('ERR_INVALID_KEY')
    refused.add(key)
  }
  return refused
}

function read(
  store: { get(key: Key): number | undefined },
  refused: Set<Key>,
  index: number,
): unknown {
  const key = awkwardKeys[index] as Key
  return refused.has(key) ? undefined : store.get(key)
}
