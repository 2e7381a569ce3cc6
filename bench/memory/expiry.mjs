/** What it takes to let go of many entries whose time has come, and what it costs that they have one. */
import { MemoryStore } from '../../dist/memory/memory-store.js'
import { interleave } from '../lib/interleave.mjs'
import { keyNames } from '../lib/random.mjs'
import { loadPeer } from '../peers/load.mjs'

const LIFE = 1_000

export async function runExpiry(context) {
  const entries = context.flags.quick ? 20_000 : 100_000
  context.progress(`expiry of ${entries} entries`)
  const names = keyNames(entries).slice(0, entries)
  const { LRUCache } = await loadPeer('lru-cache')
  const contestants = [
    { name: 'holdfast', count: 1, run: () => [wheel(names)] },
    { name: 'lru-cache, purgeStale', count: 1, run: () => [purge(names, LRUCache)] },
  ]
  const slices = await interleave(contestants, { ...context.pace, warmMs: 0, minOps: 1, maxOps: 1 })
  const side = (name) => ({ name, slices: slices.get(name) })
  const title = `expiry of ${entries.toLocaleString('en')} entries, each`
  const [ours, peer] = contestants.map(({ name }) => side(name))
  context.results.compare({ title, basis: 'time', ours, peer })
  for (const [name, own] of slices)
    context.results.measurement({ op: 'expiry', entries }, name, own)
}

/** Microseconds for each entry. The clock is moved by hand, so nothing of it is waiting. */
function wheel(names) {
  let now = 1.7e12
  let due = () => {}
  const setTimeout = (run) => {
    due = run
    return { clear() {} }
  }
  const store = new MemoryStore({
    maxBytes: Number.POSITIVE_INFINITY,
    maxEntries: Number.POSITIVE_INFINITY,
    maxEntryShare: 1,
    policy: 'tinylfu',
    clock: { now: () => now, setTimeout },
  })
  for (const [i, name] of names.entries()) store.set(name, i, 10, now + LIFE + (i % LIFE))
  const start = performance.now()
  for (let step = 0; step <= 2 * LIFE; step += 25) {
    now += 25
    due()
  }
  const us = ((performance.now() - start) * 1000) / names.length
  if (store.size > 0) throw new Error(`${store.size} entries are left`)
  return us
}

/** lru-cache removes what is stale when it is read, or all at once when it is told to. */
function purge(names, LRUCache) {
  let now = 1_000
  const perf = { now: () => now }
  const cache = new LRUCache({ max: names.length, ttl: LIFE, perf, ttlResolution: 0 })
  for (const [i, name] of names.entries()) cache.set(name, i)
  now += 2 * LIFE
  const start = performance.now()
  cache.purgeStale()
  const us = ((performance.now() - start) * 1000) / names.length
  if (cache.size > 0) throw new Error(`${cache.size} entries are left`)
  return us
}
