import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { StoreEvent } from '../../src/index.ts'
import { codeOf, rejectionCode } from '../support/code-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { allForms, atomically, type CacheVerbs, cacheForms, type Verbs } from './support/forms.ts'

const writes: Readonly<Record<string, (store: Verbs) => unknown>> = {
  set: (store) => store.set('a', 2),
  setAsync: (store) => store.setAsync('a', 2),
  add: (store) => store.add('new', 2),
  update: (store) => store.update('a', () => 2),
  delete: (store) => store.delete('a'),
  pop: (store) => store.pop('a'),
  setMany: (store) => store.setMany([['a', 2]]),
  deleteMany: (store) => store.deleteMany(['a']),
  incr: (store) => store.incr('a'),
  decr: (store) => store.decr('a'),
  'a write in transact': (store) => atomically(store, 'a', () => store.set('a', 2)),
  lock: (store) => store.lock('name'),
  clear: (store) => store.clear(),
  writeStream: (store) => store.writeStream('a'),
}

const cacheWrites: Readonly<Record<string, (cache: CacheVerbs) => unknown>> = {
  touch: (cache) => cache.touch('a', '1h'),
  evictTag: (cache) => cache.evictTag('x'),
  resetStats: (cache) => cache.resetStats(),
}

describe.each(allForms)('$name: readonly', ({ kind, open }) => {
  /** A store with an inline value and one in a file, opened for reading only. */
  function openReadonly(onEvent?: (event: StoreEvent) => void): Verbs {
    const writer = open({ inlineBytes: 10 })
    writer.set('a', 1)
    writer.set('file', Buffer.alloc(100))
    writer.close()
    return open({ readonly: true, onEvent }, writer.directory)
  }

  it('reads everything', () => {
    const store = openReadonly()
    expect(store.get('a')).toBe(1)
    expect(store.getMany(['a', 'file']).size).toBe(2)
    expect(store.getEntry('file')?.value).toEqual(Buffer.alloc(100))
    expect(new Map(store)).toEqual(
      new Map<unknown, unknown>([
        ['a', 1],
        ['file', Buffer.alloc(100)],
      ]),
    )
    expect(store.list()).toHaveLength(2)
    expect([store.size, store.bytes(), store.has('a')]).toEqual([2, 108, true])
    expect(store.map('a')?.size).toBe(8)
    expect(store.volume()).toBeGreaterThan(0)
    expect(store.check({ verify: true }).problems).toEqual([])
    expect(store.check({ fix: true }).problems).toEqual([])
  })

  it('every verb that writes is ERR_READONLY and changes nothing', async () => {
    const store = openReadonly()
    const more = kind === 'cache' ? (cacheWrites as unknown as typeof writes) : {}
    for (const [name, write] of Object.entries({ ...writes, ...more })) {
      expect([name, await rejectionCode(() => write(store))]).toEqual([name, 'ERR_READONLY'])
      expect([store.get('a'), store.size]).toEqual([1, 2])
    }
    expect(store.check().problems).toEqual([])
  })

  it('returns what was computed, and says that it was not kept', async () => {
    const types: string[] = []
    const store = openReadonly(({ type }) => types.push(type))
    expect(store.getOrSet('new', () => 5)).toBe(5)
    expect(await store.load('newer', async () => 6)).toBe(6)
    const double = store.memoize(function double(n: number) {
      return 2 * n
    })
    expect(double(4)).toBe(8)
    expect(store.size).toBe(2)
    expect(types.every((type) => type === 'drop')).toBe(true)
    expect(types.length).toBeGreaterThan(0)
    expect(store.check().problems).toEqual([])
  })

  it('sees what others write meanwhile', () => {
    const store = openReadonly()
    const writer = open({ inlineBytes: 10 }, store.directory)
    writer.set('a', 'new')
    writer.delete('file')
    expect([...store]).toEqual([['a', 'new']])
    expect(store.check().problems).toEqual([])
  })

  it('does not create a store', () => {
    const parent = temporaryDirectory()
    expect(codeOf(() => open({ readonly: true }, join(parent, 'missing')))).toBe('ERR_READONLY')
    expect(codeOf(() => open({ readonly: true }, parent))).toBe('ERR_READONLY')
    open({}, join(parent, 'missing')).set('a', 1)
  })

  it('can be backed up from', async () => {
    const store = openReadonly()
    const path = join(temporaryDirectory(), 'copy')
    const code = await rejectionCode(() => store.backup(path))
    // A backup holds a lease in the store that it copies; where that cannot be, it says so.
    if (code === undefined) expect(open({}, path).size).toBe(2)
    else expect(code).toBe('ERR_READONLY')
  })
})

describe.each(cacheForms)('$name: readonly', ({ open }) => {
  it('leaves what has expired to the writers', () => {
    const writer = open()
    writer.set('a', 1, { expiresAt: Date.now() + 60_000 })
    writer.close()
    const clock = { now: () => Date.now() + 120_000, setTimeout: () => ({ clear() {} }) }
    const store = open({ readonly: true, clock }, writer.directory)
    expect([store.has('a'), store.size, store.list()]).toEqual([false, 0, []])
    expect(store.check().entries).toBe(1)
    expect(store.check().problems).toEqual([])
  })

  it('opens a directory whose files nobody may write', () => {
    const writer = open()
    writer.set('a', 1)
    writer.close()
    chmodSync(writer.directory, 0o500)
    try {
      expect(open({ readonly: true }, writer.directory).get('a')).toBe(1)
    } finally {
      chmodSync(writer.directory, 0o700)
    }
  })
})
