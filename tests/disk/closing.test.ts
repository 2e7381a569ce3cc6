import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DiskCache, type DiskCacheOptions, DiskIndex } from '../../src/index.ts'
import { rejectionCode } from '../support/code-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { allForms, atomically, type CacheVerbs, cacheForms, type Verbs } from './support/forms.ts'

type Calls<Store> = Readonly<Record<string, (store: Store) => unknown>>

/** One call of every verb that all stores have. */
const verbs: Calls<Verbs> = {
  size: (store) => store.size,
  get: (store) => store.get('a'),
  getEntry: (store) => store.getEntry('a'),
  getOrSet: (store) => store.getOrSet('a', () => 1),
  load: (store) => store.load('a', async () => 1),
  set: (store) => store.set('a', 1),
  setAsync: (store) => store.setAsync('a', 1),
  add: (store) => store.add('a', 1),
  update: (store) => store.update('a', () => 1),
  has: (store) => store.has('a'),
  delete: (store) => store.delete('a'),
  pop: (store) => store.pop('a'),
  getMany: (store) => store.getMany(['a']),
  setMany: (store) => store.setMany([['a', 1]]),
  deleteMany: (store) => store.deleteMany(['a']),
  incr: (store) => store.incr('a'),
  decr: (store) => store.decr('a'),
  transact: (store) => atomically(store, 'a', () => 1),
  lock: (store) => store.lock('a'),
  memoize: (store) => store.memoize(function f() {}),
  keys: (store) => [...store.keys()],
  values: (store) => [...store.values()],
  entries: (store) => [...store.entries()],
  '[Symbol.iterator]': (store) => [...store],
  clear: (store) => store.clear(),
  list: (store) => store.list(),
  bytes: (store) => store.bytes(),
  volume: (store) => store.volume(),
  check: (store) => store.check(),
  map: (store) => store.map('a'),
  readStream: (store) => store.readStream('a'),
  writeStream: (store) => store.writeStream('a'),
  backup: (store) => store.backup(join(temporaryDirectory(), 'copy')),
}

const cacheVerbs: Calls<CacheVerbs> = {
  touch: (cache) => cache.touch('a'),
  evictTag: (cache) => cache.evictTag('a'),
  expire: (cache) => cache.expire(),
  cull: (cache) => cache.cull(),
  stats: (cache) => cache.stats(),
  resetStats: (cache) => cache.resetStats(),
}

/** Verbs without keys have nothing to look for, and are calls all the same. */
const emptyCalls: Calls<Verbs> = {
  getMany: (store) => store.getMany([]),
  setMany: (store) => store.setMany([]),
  deleteMany: (store) => store.deleteMany([]),
}

/** What a store has besides verbs that need it open. */
const others = ['constructor', 'close', 'directory', '[Symbol.dispose]']

/** The names of the public members that classes on the way up from `store` define. */
function membersOf(store: object): string[] {
  const names = new Set<string>()
  for (
    let level: object = Object.getPrototypeOf(store);
    level !== Object.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    for (const name of Reflect.ownKeys(level)) {
      if (name === Symbol.dispose) names.add('[Symbol.dispose]')
      else if (name === Symbol.iterator) names.add('[Symbol.iterator]')
      else names.add(String(name))
    }
  }
  return [...names].sort()
}

/** Members that are there for other parts of the package; the types do not show them. */
const internal = new Set([
  'beforeWrite',
  'checkClosable',
  'deleteStored',
  'encodeMany',
  'first',
  'of',
  'resolve',
  'storeEncoded',
  'storeMany',
  'sum',
])

describe.each(allForms)('$name: closing', ({ kind, open }) => {
  const calls = kind === 'cache' ? { ...verbs, ...cacheVerbs } : verbs

  it('every verb after close() is ERR_CLOSED', async () => {
    const store = open()
    store.close()
    const codes = new Map<string, unknown>()
    for (const [name, call] of Object.entries(calls as Calls<Verbs>)) {
      codes.set(name, await rejectionCode(() => call(store)))
    }
    expect(codes).toEqual(new Map(Object.keys(calls).map((name) => [name, 'ERR_CLOSED'])))
  })

  it('verbs for many keys after close() are ERR_CLOSED also when they get none', async () => {
    const store = open()
    store.close()
    for (const [name, call] of Object.entries(emptyCalls)) {
      expect([name, await rejectionCode(() => call(store))]).toEqual([name, 'ERR_CLOSED'])
    }
  })

  it('every verb there is has been tried', () => {
    const store = open()
    const known = [...Object.keys(calls), ...others].sort()
    expect(membersOf(store).filter((name) => !internal.has(name))).toEqual(
      known.filter((name) => name !== 'directory'),
    )
  })

  it('twice is harmless, and Symbol.dispose is the same', () => {
    const store = open()
    store.close()
    store.close()
    store[Symbol.dispose]()
    expect(store.directory).not.toBe('')
  })

  it('using closes at the end of the block', () => {
    let outside: Verbs
    {
      using store = open()
      outside = store
      store.set('a', 1)
    }
    expect(() => outside.get('a')).toThrow()
  })

  it('what was taken before stays usable', async () => {
    const store = open({ inlineBytes: 10 })
    store.set('a', Buffer.alloc(100, 1))
    const entry = store.getEntry('a')
    const view = store.map('a')
    const lock = await store.lock('name')
    const memoized = store.memoize(function double(n: number) {
      return 2 * n
    })
    store.close()
    expect(entry?.value).toEqual(Buffer.alloc(100, 1))
    expect(view?.bytes.length).toBe(100)
    expect(lock.signal.aborted).toBe(true)
    lock.release()
    const uses = [
      () => memoized(1),
      () => memoized.peek(1),
      () => memoized.refresh(1),
      () => memoized.invalidate(1),
    ]
    for (const use of uses) expect(await rejectionCode(use)).toBe('ERR_CLOSED')
  })

  it('an iteration that is under way ends with ERR_CLOSED', async () => {
    const store = open()
    store.setMany([1, 2, 3].map((key) => [key, key] as const))
    const entries = store.entries()
    entries.next()
    store.close()
    expect(await rejectionCode(() => [...entries])).toBe('ERR_CLOSED')
  })

  it('loads that are under way still bring their callers the value', async () => {
    const store = open()
    const started: (() => void)[] = []
    const results = ['a', 'b', 'c'].map((key) => {
      return store.load(key, () => new Promise((resolve) => started.push(() => resolve(key))))
    })
    while (started.length < 3) await new Promise((resolve) => setImmediate(resolve))
    store.close()
    for (const finish of started) finish()
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c'])
  })

  it('every lock that is held is given back, and its signal aborted', async () => {
    const store = open()
    const locks = await inTurn(['a', 'b', 'c', 'd'], (name) => store.lock(name))
    store.close()
    expect(locks.map(({ signal }) => signal.aborted)).toEqual([true, true, true, true])
    const again = open({}, store.directory)
    const taken = await inTurn(['a', 'b', 'c', 'd'], (name) => again.lock(name, { wait: 0 }))
    expect(taken.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd'])
    expect(again.check().problems).toEqual([])
  })

  it('does not disturb another handle of the same directory', () => {
    const store = open({ inlineBytes: 10 })
    const other = open({ inlineBytes: 10 }, store.directory)
    store.set('a', Buffer.alloc(100))
    store.close()
    other.set('b', Buffer.alloc(100))
    expect(other.size).toBe(2)
    expect(other.check({ verify: true }).problems).toEqual([])
  })

  it('close inside a transaction is refused, and the store goes on', () => {
    const store = open()
    for (const key of ['a', 'b', 'c', 'd']) {
      atomically(store, key, () => expect(() => store.close()).toThrow())
    }
    store.setMany([1, 2, 3, 4, 5].map((key) => [key, key] as const))
    expect(store.size).toBe(5)
    expect(store.check().problems).toEqual([])
  })
})

describe.each(cacheForms)('$name: the verbs', ({ open }) => {
  it('are those of DiskCache', () => {
    const plain = new DiskCache(temporaryDirectory())
    const publicOf = (store: object) => membersOf(store).filter((name) => !internal.has(name))
    expect(publicOf(open())).toEqual(publicOf(plain))
    plain.close()
  })
})

describe('the kinds of store', () => {
  it('share one directory with nobody of another kind', () => {
    const directory = temporaryDirectory()
    const options: DiskCacheOptions = {}
    new DiskCache(directory, options).close()
    expect(() => new DiskIndex(directory)).toThrow()
  })
})

/** Runs `work` for one item after the other. */
async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const item of items) results.push(await work(item))
  return results
}
