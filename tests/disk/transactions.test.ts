import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DiskCache, isHoldfastError } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { codeOf, rejectionCode } from '../support/code-of.ts'
import { filesUnder, valueFiles } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { allForms, atomically, openCache, type Verbs } from './support/forms.ts'

class Back extends Error {}

/** Runs `work` in a transaction that is rolled back. */
function rolledBack(store: Verbs, work: () => void): void {
  const run = () => {
    work()
    throw new Back()
  }
  expect(() => atomically(store, 'a', run)).toThrow(Back)
}

describe.each(allForms)('$name: transact', ({ open }) => {
  it('commits what its work did and returns what it returned', () => {
    const store = open({ inlineBytes: 100 })
    const result = atomically(store, 'a', () => {
      store.set('a', Buffer.alloc(500))
      expect(store.get('a')).toEqual(Buffer.alloc(500))
      return 'result'
    })
    expect(result).toBe('result')
    expect(store.get('a')).toEqual(Buffer.alloc(500))
    expect(store.check({ verify: true }).problems).toEqual([])
  })

  it('undoes everything when its work throws, and throws that', () => {
    const store = open({ inlineBytes: 100 })
    store.set('a', 'old', { description: 'old' })
    const verbs: (() => unknown)[] = [
      () => store.set('a', Buffer.alloc(500, 'new')),
      () => store.update('a', () => 'new'),
      () => store.delete('a'),
      () => store.pop('a'),
      () => store.deleteMany(['a']),
    ]
    for (const verb of verbs) {
      rolledBack(store, verb)
      expect(store.getEntry('a')).toMatchObject({ value: 'old', description: 'old' })
      expect([store.size, store.bytes(), [...store.keys()]]).toEqual([1, 3, ['a']])
    }
    expect(store.check({ verify: true }).problems).toEqual([])
  })

  it('undoes what was added', () => {
    const store = open({ inlineBytes: 100 })
    const verbs: (() => unknown)[] = [
      () => store.add('a', Buffer.alloc(500)),
      () => store.incr('a'),
      () => store.getOrSet('a', () => 1),
      () => store.setMany([['a', 1]]),
    ]
    for (const verb of verbs) {
      rolledBack(store, verb)
      expect([store.size, store.bytes(), store.has('a')]).toEqual([0, 0, false])
    }
    expect(store.check({ verify: true }).problems).toEqual([])
  })

  it('a nested one that throws goes back to its own start only', () => {
    const store = open({ inlineBytes: 100 })
    atomically(store, 'a', () => {
      store.set('a', 'outer')
      const inner = () => {
        store.set('a', Buffer.alloc(500))
        atomically(store, 'a', () => store.update('a', () => 'innermost'))
        throw new Back()
      }
      expect(() => atomically(store, 'a', inner)).toThrow(Back)
      expect(store.get('a')).toBe('outer')
    })
    expect(store.get('a')).toBe('outer')
    expect(store.check({ verify: true }).problems).toEqual([])
  })

  it('refuses asynchronous work, and has changed nothing', () => {
    const store = open()
    let ran = false
    const work = async () => {
      ran = true
      store.set('a', 1)
    }
    expect(codeOf(() => atomically(store, 'a', work))).toBe('ERR_ASYNC_TRANSACTION')
    expect(ran).toBe(false)
    const promising = () => {
      store.set('a', 1)
      return Promise.resolve(1)
    }
    expect(codeOf(() => atomically(store, 'a', promising))).toBe('ERR_ASYNC_TRANSACTION')
    // biome-ignore lint/suspicious/noThenProperty: a foreign promise is asynchronous work too
    const thenable = () => ({ then: () => store.set('a', 1) })
    expect(codeOf(() => atomically(store, 'a', thenable))).toBe('ERR_ASYNC_TRANSACTION')
    expect(store.size).toBe(0)
    expect(codeOf(() => atomically(store, 'a', 5 as never))).toBe('ERR_INVALID_OPTION')
    store.set('a', 1)
    expect(store.check().problems).toEqual([])
  })

  it('refuses what cannot be part of it: setAsync, load, lock and close', async () => {
    const store = open()
    const attempts: Promise<string | undefined>[] = []
    atomically(store, 'a', () => {
      store.set('a', 1)
      attempts.push(rejectionCode(() => store.setAsync('a', 2)))
      // A load that finds its value needs no lease, so it is asked for a key without one.
      attempts.push(rejectionCode(() => store.load('a', async () => 2, { forceFresh: true })))
      attempts.push(rejectionCode(() => store.lock('a')))
      expect(codeOf(() => store.close())).toBe('ERR_BUSY')
    })
    const refused = 'ERR_ASYNC_TRANSACTION'
    expect(await Promise.all(attempts)).toEqual([refused, refused, refused])
    expect([...store]).toEqual([['a', 1]])
    store.set('b', 2)
    expect(store.check().problems).toEqual([])
  })

  it('commits earlier setAsync calls first, so that a rollback does not take them along', async () => {
    const store = open()
    const waiting = store.setAsync('a', 1)
    rolledBack(store, () => store.set('a', 2))
    await waiting
    expect(store.get('a')).toBe(1)
    expect(store.check().problems).toEqual([])
  })

  it('leaves no files of values that were rolled back', async () => {
    const clock = manualClock()
    const store = open({ clock, inlineBytes: 10 })
    store.set('a', Buffer.alloc(100, 'old'))
    rolledBack(store, () => {
      store.set('a', Buffer.alloc(200, 'new'))
      store.set('a', Buffer.alloc(300, 'newer'))
    })
    await clock.advance(20_000)
    const files = filesUnder(store.directory).filter((path) => path.includes('/values/'))
    expect(files).toHaveLength(1)
    expect(store.get('a')).toEqual(Buffer.alloc(100, 'old'))
    expect(store.check({ verify: true }).problems).toEqual([])
  })
})

describe('transact', () => {
  it('rolls back many keys with files and tags at once, also from nested levels', () => {
    const cache = openCache({ inlineBytes: 100 })
    const keys = Array.from({ length: 10 }, (_, index) => `key ${index}`)
    for (const key of keys) cache.set(key, Buffer.alloc(500, key), { tags: ['old', key] })
    const before = cache.list()
    rolledBack(cache, () => {
      for (const key of keys) cache.set(key, Buffer.alloc(600, 'new'), { tag: 'new' })
      cache.transact(() => {
        cache.evictTag('new')
        cache.set('another', Buffer.alloc(700), { tag: 'old' })
      })
      expect(cache.size).toBe(1)
      cache.clear()
      expect([cache.size, cache.bytes()]).toEqual([0, 0])
    })
    expect(cache.list()).toEqual(before)
    for (const key of keys) expect(cache.get(key)).toEqual(Buffer.alloc(500, key))
    expect(cache.list({ tag: 'new' })).toEqual([])
    expect([cache.size, cache.bytes()]).toEqual([10, 5_000])
    expect(cache.check({ verify: true }).problems).toEqual([])
    expect(cache.evictTag('old')).toBe(10)
  })

  it('a nested one goes back to its own start with files and tags; the outer one commits', () => {
    const cache = openCache({ inlineBytes: 100 })
    cache.set('file', Buffer.alloc(500, 'old'), { tag: 'x' })
    cache.transact(() => {
      cache.set('outer', Buffer.alloc(400), { tag: 'x' })
      const inner = () => {
        cache.set('file', Buffer.alloc(600, 'new'), { tag: 'y' })
        cache.set('inner', Buffer.alloc(700), { tag: 'y' })
        cache.evictTag('x')
        throw new Back()
      }
      expect(() => cache.transact(inner)).toThrow(Back)
      expect(cache.get('file')).toEqual(Buffer.alloc(500, 'old'))
      expect(cache.list({ tag: 'x' })).toHaveLength(2)
    })
    expect([...cache.keys()]).toEqual(['file', 'outer'])
    expect([cache.size, cache.bytes()]).toEqual([2, 900])
    expect(cache.list({ tag: 'y' })).toEqual([])
    expect(cache.check({ verify: true }).problems).toEqual([])
  })

  it('if the outer one throws, what nested ones had done is undone too', () => {
    const cache = openCache({ inlineBytes: 100 })
    rolledBack(cache, () => {
      cache.transact(() => cache.set('a', Buffer.alloc(500)))
      cache.transact(() => cache.transact(() => cache.set('b', 1)))
    })
    expect(cache.size).toBe(0)
    expect(cache.check({ verify: true }).problems).toEqual([])
  })

  it('shows nothing to others before it commits', () => {
    const directory = temporaryDirectory()
    const cache = openCache({ inlineBytes: 100 }, directory)
    const other = openCache({ inlineBytes: 100 }, directory)
    cache.set('a', 'old')
    cache.transact(() => {
      cache.set('a', Buffer.alloc(500))
      cache.set('b', 1)
      expect([other.get('a'), other.size, [...other.keys()]]).toEqual(['old', 1, ['a']])
    })
    expect([other.size, [...other.keys()]]).toEqual([2, ['a', 'b']])
    expect(other.check().problems).toEqual([])
  })

  it('goes on after an error of one of its calls that was caught', () => {
    const cache = openCache({ maxValueBytes: 100 })
    cache.transact(() => {
      cache.set('a', 1)
      expect(codeOf(() => cache.set('b', 'x'.repeat(101)))).toBe('ERR_VALUE_TOO_LARGE')
      expect(codeOf(() => cache.set(Number.NaN, 1))).toBe('ERR_INVALID_KEY')
      expect(codeOf(() => cache.incr('b', Number.NaN))).toBe('ERR_INVALID_OPTION')
      cache.set('c', 3)
    })
    expect([...cache.keys()]).toEqual(['a', 'c'])
    expect(cache.check().problems).toEqual([])
  })

  it('an error of the storage that is not caught undoes all, and the store works again after it', () => {
    const cache = openCache({ inlineBytes: 100 })
    cache.set('a', 'old')
    const values = join(cache.directory, 'values')
    const aside = join(cache.directory, 'holdfast.aside')
    if (existsSync(values)) renameSync(values, aside)
    // A file where the folder was: no value file can be written.
    writeFileSync(values, '')
    const work = () => {
      cache.set('a', 'new')
      cache.set('b', Buffer.alloc(500))
    }
    expect(codeOf(() => cache.transact(work))).toBe('ERR_IO')
    rmSync(values)
    renameSync(aside, values)
    expect([...cache]).toEqual([['a', 'old']])
    cache.transact(work)
    expect([...cache.keys()]).toEqual(['a', 'b'])
    expect(valueFiles(cache.directory)).toHaveLength(1)
    expect(cache.check({ verify: true }).problems).toEqual([])
  })

  it('does not count in stats() what it rolled back', () => {
    const cache = openCache()
    cache.set('a', 1)
    rolledBack(cache, () => {
      cache.delete('a')
      cache.set('b', 1)
    })
    expect(cache.stats()).toMatchObject({ sets: 1, deletes: 0 })
    expect(cache.check().problems).toEqual([])
  })

  it('may begin right after an asynchronous verb was called', async () => {
    const cache = openCache()
    const calls: [string, () => Promise<unknown>][] = [
      ['setAsync', () => cache.setAsync('x', 1)],
      ['load', () => cache.load('y', async () => 1)],
      ['lock', () => cache.lock('name')],
      ['backup', () => cache.backup(join(temporaryDirectory(), 'copy'))],
    ]
    for (const [name, call] of calls) {
      const pending = call()
      expect([name, attempt(() => cache.transact(() => cache.set(name, 1)))]).toEqual([
        name,
        'fine',
      ])
      expect([name, attempt(() => cache.incr('n'))]).toEqual([name, 'fine'])
      expect(await attemptAsync(() => pending)).toBe('fine')
    }
    expect(cache.check().problems).toEqual([])
  })

  it('commits by itself, whatever asynchronous work is on its way', async () => {
    const directory = temporaryDirectory()
    const cache = openCache({}, directory)
    const other = openCache({}, directory)
    const pending = cache.lock('name')
    cache.set('a', 1)
    // Acknowledged, so everybody sees it, now and not when the lock has been had.
    expect(other.get('a')).toBe(1)
    await pending
    expect(cache.check().problems).toEqual([])
  })

  it('asynchronous verbs of one turn do not disturb each other', async () => {
    const cache = openCache()
    const results = await Promise.all([
      attemptAsync(() => cache.lock('one')),
      attemptAsync(() => cache.lock('two')),
      attemptAsync(() => cache.load('a', async () => 1)),
      attemptAsync(() => cache.load('b', async () => 2)),
      attemptAsync(() => cache.setAsync('c', 3)),
    ])
    expect(results).toEqual(['fine', 'fine', 'fine', 'fine', 'fine'])
    expect(new Map(cache)).toEqual(new Map(Object.entries({ a: 1, b: 2, c: 3 })))
    expect(cache.check().problems).toEqual([])
  })
})

describe('DiskCache.transact on a closed store', () => {
  it('throws', () => {
    const cache = new DiskCache(temporaryDirectory())
    cache.close()
    expect(codeOf(() => cache.transact(() => 1))).toBe('ERR_CLOSED')
  })
})

/** Tells what `run` throws instead of ending the test at the first of several. */
function attempt(run: () => unknown): string {
  try {
    run()
    return 'fine'
  } catch (error) {
    return isHoldfastError(error) ? error.code : String(error)
  }
}

async function attemptAsync(run: () => Promise<unknown>): Promise<string> {
  try {
    await run()
    return 'fine'
  } catch (error) {
    return isHoldfastError(error) ? error.code : String(error)
  }
}
