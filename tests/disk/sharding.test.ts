import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ShardedDiskCache, ShardedDiskIndex } from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { openDatabase } from '../support/sqlite-driver.mjs'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const both = [
  ['ShardedDiskCache', ShardedDiskCache],
  ['ShardedDiskIndex', ShardedDiskIndex],
] as const

describe.each(both)('%s', (_, Sharded) => {
  it('has eight shards unless told otherwise, and remembers how many', () => {
    const directory = temporaryDirectory()
    new Sharded(directory).close()
    for (const shards of [1, 4, 7, 9]) {
      expect(codeOf(() => new Sharded(directory, { shards }))).toBe('ERR_SHARD_MISMATCH')
    }
    using again = new Sharded(directory, { shards: 8 })
    expect(again.check().problems).toEqual([])
  })

  it('refuses numbers of shards that are none', () => {
    const directory = temporaryDirectory()
    for (const shards of [0, -1, 1.5, 257, Number.NaN, '8', null] as never[]) {
      expect(codeOf(() => new Sharded(directory, { shards }))).toBe('ERR_INVALID_OPTION')
    }
    expect(readdirSync(directory)).toEqual([])
  })

  it('refuses options that are no object', () => {
    for (const options of [null, 5, 'x', []] as never[]) {
      expect(codeOf(() => new Sharded(temporaryDirectory(), options))).toBe('ERR_INVALID_OPTION')
    }
  })

  it('finds each key again in its shard', () => {
    const directory = temporaryDirectory()
    const keys = Array.from({ length: 100 }, (__, index) => `key ${index}`)
    using store = new Sharded(directory, { shards: 5 })
    for (const key of keys) store.set(key, key)
    store.close()
    using again = new Sharded(directory, { shards: 5 })
    for (const key of keys) expect(again.get(key)).toBe(key)
    expect(again.size).toBe(100)
    expect(again.check().problems).toEqual([])
  })

  it('spreads keys evenly, also those that differ in one character only', async () => {
    const directory = temporaryDirectory()
    using store = new Sharded(directory, { shards: 4 })
    const keys = Array.from({ length: 400 }, (__, index) => String.fromCodePoint(1_000 + index))
    store.setMany(keys.map((key) => [key, 1] as const))
    store.close()
    for (const shard of [0, 1, 2, 3]) {
      const database = await openDatabase(join(directory, `00${shard}`, 'holdfast.db'))
      const row = database.prepare('SELECT count(*) AS count FROM entries').get()
      database.close()
      expect((row as { count: number }).count).toBeGreaterThan(60)
    }
    using again = new Sharded(directory, { shards: 4 })
    expect(again.size).toBe(400)
  })

  it('with a damaged or missing description is refused with a code', () => {
    const directory = temporaryDirectory()
    new Sharded(directory, { shards: 2 }).close()
    const name = readdirSync(directory).find((entry) => entry.endsWith('.json')) ?? ''
    for (const text of ['', 'noise', 'null', '{}', '{"shards":2}']) {
      writeFileSync(join(directory, name), text)
      expect(codeOf(() => new Sharded(directory, { shards: 2 }))).toBe('ERR_CORRUPT')
    }
    writeFileSync(join(directory, name), '{"format":999,"kind":"cache","shards":2}')
    expect(codeOf(() => new Sharded(directory, { shards: 2 }))).toBe('ERR_NEWER_FORMAT')
    rmSync(join(directory, name))
    expect(codeOf(() => new Sharded(directory, { shards: 2 }))).toBeDefined()
  })

  it('transact is of the shard of its key: others’ writes stay when it is rolled back', () => {
    using store = new Sharded(temporaryDirectory(), { shards: 2 })
    const back = new Error('back')
    const work = () => {
      for (let key = 0; key < 20; key += 1) store.set(key, key)
      throw back
    }
    expect(() => store.transact(0, work)).toThrow(back)
    expect(store.has(0)).toBe(false)
    expect(store.size).toBeGreaterThan(0)
    expect(store.size).toBeLessThan(20)
    expect(codeOf(() => store.transact(Number.NaN, () => 1))).toBe('ERR_INVALID_KEY')
    expect(store.check().problems).toEqual([])
  })
})

describe('ShardedDiskCache', () => {
  it('refuses a maxEntries that does not give each shard one', () => {
    const open = (maxEntries: number) => {
      new ShardedDiskCache(temporaryDirectory(), { shards: 4, maxEntries }).close()
    }
    expect(codeOf(() => open(3))).toBe('ERR_INVALID_OPTION')
    expect(codeOf(() => open(4))).toBeUndefined()
  })
})
