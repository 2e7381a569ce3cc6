/** Replays requests against a cache: what is missing is stored. The figure is the share of requests that were answered. */
import { MemoryStore } from '../../dist/memory/memory-store.js'
import { randomSource } from '../lib/random.mjs'
import { loadPeer } from '../peers/load.mjs'

const STILL = { now: () => 0, setTimeout: () => ({ clear() {} }) }

/** A store with room for `room` entries of one size, and the same luck in every run. */
export function openStore(policy, room, seed = 1) {
  const next = randomSource(seed)
  const store = new MemoryStore({
    maxBytes: Number.POSITIVE_INFINITY,
    maxEntries: room,
    maxEntryShare: 1,
    policy,
    clock: STILL,
    random: () => next() / 2 ** 32,
  })
  return {
    has: (key) => store.get(key) !== undefined,
    add: (key) => store.set(key, true, 1, Number.POSITIVE_INFINITY),
  }
}

/** lru-cache, whose rates are known: it shows that requests and count are right. */
export async function openLruCache(room) {
  const { LRUCache } = await loadPeer('lru-cache')
  const cache = new LRUCache({ max: room })
  return { has: (key) => cache.get(key) !== undefined, add: (key) => cache.set(key, true) }
}

/** In percent. */
export function hitRate(cache, requests) {
  const names = []
  let hits = 0
  for (const id of requests) {
    names[id] ??= `key:${id}`
    const name = names[id]
    if (cache.has(name)) hits += 1
    else cache.add(name)
  }
  return (100 * hits) / requests.length
}
