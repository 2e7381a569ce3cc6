/** What takes part in the memory benchmark, behind one small interface. */
import { systemClock } from 'holdfast'
import { entryBytes, MemoryStore } from '../../dist/memory/memory-store.js'
import { loadPeer } from '../peers/load.mjs'

const HOUR = 3_600_000
export const POLICIES = ['tinylfu', 's3fifo', 'lru']
const NEVER = Number.POSITIVE_INFINITY
export const VALUE_BYTES = 100

/** @param room entries it has room for. @param ttl whether every entry has a deadline. */
export function openStore(policy, room, ttl = false) {
  const store = new MemoryStore({
    maxBytes: room * (entryBytes[policy] + VALUE_BYTES + 64),
    maxEntries: room,
    maxEntryShare: 1,
    policy,
    clock: systemClock,
  })
  return {
    name: ttl ? `${policy}, ttl` : policy,
    get: (key) => store.get(key),
    set: ttl
      ? (key, value) => store.set(key, value, VALUE_BYTES, Date.now() + HOUR)
      : (key, value) => store.set(key, value, VALUE_BYTES, NEVER),
    close: () => store.close(),
    store,
  }
}

/** lru-cache with the same: a limit of entries, and one of bytes with a size for each entry where `sized`. */
export async function openLruCache(room, { ttl = false, sized = false } = {}) {
  const { LRUCache } = await loadPeer('lru-cache')
  const cache = new LRUCache({
    max: room,
    ...(ttl ? { ttl: HOUR } : {}),
    ...(sized ? { maxSize: room * (VALUE_BYTES + 64) } : {}),
  })
  const size = { size: VALUE_BYTES }
  return {
    name: ttl ? 'lru-cache, ttl' : 'lru-cache',
    get: (key) => cache.get(key),
    set: sized
      ? (key, value) => cache.set(key, value, size)
      : (key, value) => cache.set(key, value),
    close: () => cache.clear(),
  }
}
