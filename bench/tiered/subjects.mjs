/**
 * The caches of the run behind one small interface, each in the fastest form that does the row's work: memory alone, a ttl of an
 * hour, room for everything. `open({ share, name })` gives what a subject has of
 * `peek get set getOrSet getMany setMany getOrSetMany invalidateTags`, and `close`.
 */
import { createCache, memory } from 'holdfast'
import { loadPeer } from '../peers/load.mjs'

export const HOUR = 3_600_000
/** All of it fits: what the rows compare is not eviction. */
const ENTRIES = 400_000

const LOADERS = {
  holdfast: async () => ({ name: 'holdfast', open: openHoldfast }),
  'lru-cache': lruCache,
  bentocache,
  cacheable,
  'async-cache-dedupe': asyncCacheDedupe,
  'cache-manager': cacheManager,
  cachified,
}

/** Those that can be loaded; the reason of each that cannot is told. */
export async function loadSubjects(warn) {
  const subjects = []
  for (const [name, load] of Object.entries(LOADERS)) {
    try {
      subjects.push(await load())
    } catch (error) {
      warn(`${name} is left out: ${String(error.message).split('\n')[0]}`)
    }
  }
  return subjects
}

export function openHoldfast({ share = 'frozen', tiers = [], options = {} } = {}) {
  const first = memory({ share, maxBytes: '1GiB', ...options })
  const cache = createCache({ tiers: [first, ...tiers], ttl: HOUR })
  return {
    cache,
    peek: (key) => cache.peek(key),
    get: (key) => cache.get(key),
    set: (key, value) => cache.set(key, value),
    getOrSet: (key, load) => cache.getOrSet(key, load),
    getMany: (keys) => cache.getMany(keys),
    setMany: (entries) => cache.setMany(entries),
    getOrSetMany: (keys, load) => cache.getOrSetMany(keys, load),
    setTagged: (key, value, tag) => cache.set(key, value, { tags: [tag] }),
    invalidateTag: (tag) => cache.invalidateTags(tag),
    close: () => cache.close(),
  }
}

/** No loads of its own but `fetch`, whose loader is the cache's: the floor of a hit. */
async function lruCache() {
  const { LRUCache } = await loadPeer('lru-cache')
  const open = () => {
    const cache = new LRUCache({
      max: ENTRIES,
      ttl: HOUR,
      fetchMethod: (_, __, { context }) => context(),
    })
    return {
      isSync: true,
      peek: (key) => cache.get(key),
      get: (key) => cache.get(key),
      set: (key, value) => cache.set(key, value),
      getOrSet: (key, load) => cache.fetch(key, { context: load }),
      close: () => cache.clear(),
    }
  }
  return { name: 'lru-cache', open }
}

async function bentocache() {
  const { BentoCache, bentostore } = await loadPeer('bentocache')
  const { memoryDriver } = await loadPeer('bentocache/drivers/memory')
  const open = ({ share = 'frozen' } = {}) => {
    const driver = memoryDriver({ maxItems: ENTRIES, serialize: share === 'copy' })
    const cache = new BentoCache({
      default: 'one',
      ttl: HOUR,
      stores: { one: bentostore().useL1Layer(driver) },
    })
    return {
      get: (key) => cache.get({ key }),
      set: (key, value) => cache.set({ key, value }),
      getOrSet: (key, factory) => cache.getOrSet({ key, factory }),
      setTagged: (key, value, tag) => cache.set({ key, value, tags: [tag] }),
      invalidateTag: (tag) => cache.deleteByTag({ tags: [tag] }),
      close: () => cache.disconnectAll(),
    }
  }
  return { name: 'bentocache', open }
}

async function cacheable() {
  const { Cacheable } = await loadPeer('cacheable')
  const open = () => {
    const cache = new Cacheable({ ttl: HOUR })
    return {
      get: (key) => cache.get(key),
      set: (key, value) => cache.set(key, value),
      getOrSet: (key, load) => cache.getOrSet(key, load),
      getMany: (keys) => cache.getMany(keys),
      setMany: (entries) => cache.setMany(entries.map(([key, value]) => ({ key, value }))),
      close: () => cache.disconnect(),
    }
  }
  return { name: 'cacheable', open }
}

/** The loader belongs to the cache; a call says by its key alone what it wants. */
async function asyncCacheDedupe() {
  const { createCache: create } = await loadPeer('async-cache-dedupe')
  const open = () => {
    let loader
    const options = { size: ENTRIES }
    const cache = create({ ttl: HOUR / 1_000, storage: { type: 'memory', options } })
    cache.define('load', { references: (key) => [tagOf(key)] }, (key) => loader(key))
    const getOrSet = (key, load) => {
      loader = load
      return cache.load(key)
    }
    return {
      getOrSet,
      // What was loaded is all that it keeps.
      set: undefined,
      fill: (key, value) => getOrSet(key, () => value),
      setTagged: (key, value) => getOrSet(key, () => value),
      invalidateTag: (tag) => cache.invalidateAll([tag]),
      close: () => cache.clear(),
    }
  }
  return { name: 'async-cache-dedupe', open }
}

/** The tag of the row on tags: what stands before the colon. */
export const tagOf = (key) => key.slice(0, key.indexOf(':'))

async function cacheManager() {
  const { createCache: create } = await loadPeer('cache-manager')
  const open = () => {
    const cache = create({ ttl: HOUR })
    return {
      get: (key) => cache.get(key),
      set: (key, value) => cache.set(key, value),
      getOrSet: (key, load) => cache.wrap(key, load),
      getMany: (keys) => cache.mget(keys),
      setMany: (entries) => cache.mset(entries.map(([key, value]) => ({ key, value }))),
      close: () => cache.disconnect(),
    }
  }
  return { name: 'cache-manager', open }
}

/** Over lru-cache, as its documentation shows. */
async function cachified() {
  const { cachified: run } = await loadPeer('@epic-web/cachified')
  const { LRUCache } = await loadPeer('lru-cache')
  const open = () => {
    const cache = new LRUCache({ max: ENTRIES })
    const getOrSet = (key, getFreshValue) => run({ key, cache, ttl: HOUR, getFreshValue })
    return {
      getOrSet,
      fill: (key, value) => getOrSet(key, () => value),
      close: () => cache.clear(),
    }
  }
  return { name: 'cachified', open }
}
