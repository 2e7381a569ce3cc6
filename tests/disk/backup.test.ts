import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { StoreEvent } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { rejectionCode } from '../support/code-of.ts'
import { valueFiles } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { allForms, cacheForms } from './support/forms.ts'

describe.each(allForms)('$name: backup', ({ open }) => {
  it('makes a directory that opens like the store', async () => {
    const store = open({ inlineBytes: 10 })
    for (let key = 0; key < 20; key += 1) store.set(key, Buffer.alloc(key * 3, 'v'))
    store.set('a', 1, { description: 'described', meta: { n: 1 } })
    const path = join(temporaryDirectory(), 'new', 'copy')
    await store.backup(path)
    const copy = open({ inlineBytes: 10 }, path)
    expect(new Map(copy)).toEqual(new Map(store))
    expect(copy.list()).toEqual(store.list())
    expect([copy.size, copy.bytes()]).toEqual([store.size, store.bytes()])
    expect(copy.check({ verify: true }).problems).toEqual([])
    expect(store.check({ verify: true }).problems).toEqual([])
  })

  it('is a store of its own from then on', async () => {
    const store = open({ inlineBytes: 10 })
    store.set('a', Buffer.alloc(100, 'old'))
    const path = temporaryDirectory()
    await store.backup(path)
    store.set('a', 'new')
    const copy = open({ inlineBytes: 10 }, path)
    copy.set('b', 1)
    expect(copy.get('a')).toEqual(Buffer.alloc(100, 'old'))
    expect(store.has('b')).toBe(false)
    expect(copy.check({ verify: true }).problems).toEqual([])
  })

  it('has what setAsync was called for before it', async () => {
    const store = open()
    const waiting = store.setAsync('a', 1)
    const path = temporaryDirectory()
    await store.backup(path)
    await waiting
    expect(open({}, path).get('a')).toBe(1)
    expect(store.check().problems).toEqual([])
  })

  it('leaves out an entry whose file is missing, says so, and is whole in itself', async () => {
    const events: StoreEvent[] = []
    const store = open({ inlineBytes: 10, onEvent: (event) => events.push(event) })
    store.set('lost', Buffer.alloc(100, 'l'))
    for (const path of valueFiles(store.directory)) rmSync(path)
    const shards = readdirSync(store.directory).filter((name) => /^\d{3}$/.test(name))
    for (const shard of shards)
      for (const path of valueFiles(join(store.directory, shard))) rmSync(path)
    store.set('kept', Buffer.alloc(100, 'k'))
    const path = temporaryDirectory()
    await store.backup(path)
    const copy = open({ inlineBytes: 10 }, path)
    expect([...copy.keys()]).toEqual(['kept'])
    expect(copy.get('kept')).toEqual(Buffer.alloc(100, 'k'))
    expect(copy.check({ verify: true }).problems).toEqual([])
    expect(events.filter(({ type }) => type === 'corrupt')).toHaveLength(1)
  })

  it('goes into a new or empty directory only', async () => {
    const store = open()
    store.set('a', 1)
    const path = temporaryDirectory()
    writeFileSync(join(path, 'thesis.txt'), 'years of work')
    expect(await rejectionCode(() => store.backup(path))).toBe('ERR_FOREIGN_DIRECTORY')
    expect(readdirSync(path)).toEqual(['thesis.txt'])
    expect(await rejectionCode(() => store.backup(store.directory))).toBe('ERR_FOREIGN_DIRECTORY')
    for (const bad of ['', 5, null, undefined] as never[]) {
      expect(await rejectionCode(() => store.backup(bad))).toBe('ERR_INVALID_OPTION')
    }
    mkdirSync(join(path, 'empty'))
    await store.backup(join(path, 'empty'))
    expect(store.check().problems).toEqual([])
  })

  it('is not of two minds while others write', async () => {
    const store = open({ inlineBytes: 10 })
    for (let key = 0; key < 50; key += 1) store.set(key, Buffer.alloc(100, '0'))
    const path = temporaryDirectory()
    const copying = store.backup(path)
    for (let round = 1; round <= 5; round += 1) {
      for (let key = 0; key < 50; key += 1) store.set(key, Buffer.alloc(100, String(round)))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await copying
    const copy = open({}, path)
    expect(copy.size).toBe(50)
    for (const value of copy.values()) {
      const { length, 0: first } = value as Buffer
      expect(value).toEqual(Buffer.alloc(length, first))
    }
    expect(copy.check({ verify: true }).problems).toEqual([])
    expect(store.check({ verify: true }).problems).toEqual([])
  })
})

describe.each(cacheForms)('$name: backup', ({ open }) => {
  it('keeps ends of life and tags, and takes no lease along', async () => {
    const clock = manualClock()
    const cache = open({ clock })
    cache.set('a', 1, { ttl: '1m', tag: 'x' })
    using _lock = await cache.lock('name')
    const path = temporaryDirectory()
    await cache.backup(path)
    const copy = open({ clock }, path)
    expect(copy.getEntry('a')).toMatchObject({ expiresAt: clock.now() + 60_000, tags: ['x'] })
    using _other = await copy.lock('name', { wait: 0 })
    expect(copy.evictTag('x')).toBe(1)
    expect(copy.check().problems).toEqual([])
  })
})
