/**
 * Hot gets: what a process keeps decoded, beside a Map-based LRU and lmdb's memory map. A call takes less than the clock that
 * would time it, so a sample is the mean of a handful of calls.
 */
import { auto } from 'holdfast'
import { interleave } from '../lib/interleave.mjs'
import { makeRecord } from '../lib/random.mjs'
import { loadPeer } from '../peers/load.mjs'
import { randomKeys } from './operations.mjs'
import { countLabel } from './single.mjs'

const CALLS_PER_SAMPLE = 16
const SIZE = 256
const HOUR = 3_600_000

/** All of it fits: what the rows compare is the hit. */
const ROOM = '512MiB'

const LRU_BAR = { atMost: 1.5 }
const COPY_BAR = { atMost: 1.3 }
const lmdbBar = (entries) => ({ atLeast: entries > 10_000 ? 3 : 12 })

export async function runHot(context) {
  const { quick } = context.flags
  for (const entries of [1_000, quick ? 20_000 : 100_000]) {
    await runTexts(context, entries)
    await runFrozen(context, entries)
  }
  await runCopies(context, 1_000)
}

/** Texts are immutable: every caller gets the same one. */
async function runTexts(context, entries) {
  context.progress(`hot get, texts, ${countLabel(entries)} entries`)
  const makeValue = (key) => key.padEnd(SIZE, 'x')
  const open = [
    openHoldfast(context, entries, makeValue, {}),
    openHoldfast(context, entries, makeValue, { name: 'holdfast, ttl', set: { ttl: HOUR } }),
    await openLru(entries, makeValue),
    await openLmdb(context, entries, makeValue),
  ].filter((one) => one !== undefined)
  const slices = await race(context, open, entries)
  const row = `hot get, text of ${SIZE} B, ${countLabel(entries)} entries`
  for (const ours of ['holdfast', 'holdfast, ttl']) {
    compare(context, slices, {
      title: row,
      basis: 'time',
      ours,
      peer: 'lru-cache, ttl',
      bar: LRU_BAR,
    })
  }
  const bar = lmdbBar(entries)
  compare(context, slices, { title: row, basis: 'speed', ours: 'holdfast', peer: 'lmdb', bar })
  measure(context, slices, { op: 'hot get', entries, size: SIZE })
}

async function runFrozen(context, entries) {
  context.progress(`hot get, frozen objects, ${countLabel(entries)} entries`)
  const makeValue = (_, index) => makeRecord(index)
  const hot = { maxBytes: ROOM, share: 'frozen' }
  const open = [
    openHoldfast(context, entries, makeValue, { hot }),
    await openLru(entries, makeValue),
  ]
  const slices = await race(context, open, entries)
  const title = `hot get, object, share frozen, ${countLabel(entries)} entries`
  const sides = { ours: 'holdfast', peer: 'lru-cache, ttl' }
  compare(context, slices, { title, basis: 'time', ...sides, bar: LRU_BAR })
  measure(context, slices, { op: 'hot get frozen', entries, size: 'object' })
}

/** A copy for every caller costs what decoding costs. */
async function runCopies(context, entries) {
  context.progress(`hot get, copied objects, ${countLabel(entries)} entries`)
  const makeValue = (_, index) => makeRecord(index)
  const open = [openHoldfast(context, entries, makeValue, {}), decoding(entries, makeValue)]
  const slices = await race(context, open, entries)
  const title = `hot get, object, share copy, ${countLabel(entries)} entries`
  const sides = { ours: 'holdfast', peer: 'decoding alone' }
  compare(context, slices, { title, basis: 'time', ...sides, bar: COPY_BAR })
  measure(context, slices, { op: 'hot get copy', entries, size: 'object' })
}

function openHoldfast(context, entries, makeValue, { name = 'holdfast', hot, set }) {
  const { holdfast } = context.subjects
  const options = { hot: hot ?? { maxBytes: ROOM } }
  const { cache } = holdfast.open(context.stores.directory(name), options)
  cache.setMany(keysOf(entries).map((key, index) => [key, makeValue(key, index), set]))
  // The first read of an entry finds out how the next can be had for less.
  for (const key of keysOf(entries)) cache.get(key)
  return { name, get: (key) => cache.get(key), close: () => cache.close() }
}

async function openLru(entries, makeValue) {
  const { LRUCache } = await loadPeer('lru-cache')
  const cache = new LRUCache({ max: entries, ttl: HOUR })
  for (const [index, key] of keysOf(entries).entries()) cache.set(key, makeValue(key, index))
  return { name: 'lru-cache, ttl', get: (key) => cache.get(key), close: () => cache.clear() }
}

async function openLmdb(context, entries, makeValue) {
  if (context.subjects.lmdb === undefined) return undefined
  const { open } = await loadPeer('lmdb')
  const path = context.stores.directory('lmdb hot')
  const db = open({ path: `${path}/lmdb`, noSync: true, encoding: 'string' })
  db.transactionSync(() => {
    for (const [index, key] of keysOf(entries).entries()) db.putSync(key, makeValue(key, index))
  })
  return { name: 'lmdb', get: (key) => db.get(key), close: () => db.close() }
}

function decoding(entries, makeValue) {
  const codec = auto()
  const kept = new Map(
    keysOf(entries).map((key, index) => {
      const value = makeValue(key, index)
      const chosen = codec.choose(value)
      const payload = chosen.encode(value)
      return [key, { chosen, bytes: new Uint8Array(payload.bytes ?? payload) }]
    }),
  )
  const about = { meta: new Uint8Array(0), version: 1 }
  const get = (key) => {
    const { chosen, bytes } = kept.get(key)
    return chosen.decode(bytes, about)
  }
  return { name: 'decoding alone', get, close: () => kept.clear() }
}

function keysOf(entries) {
  const next = randomKeys(entries)
  return Array.from({ length: entries }, next)
}

async function race({ pace }, open, entries) {
  const contestants = open.map(({ name, get }) => ({ name, run: inGroups(get, entries) }))
  try {
    return await interleave(contestants, { ...pace, maxOps: 4_000 })
  } finally {
    for (const { close } of open) await close()
  }
}

/** `count` samples, each the mean of some calls. */
function inGroups(get, entries) {
  const next = randomKeys(entries)
  return (count) => {
    const samples = new Float64Array(count)
    for (let sample = 0; sample < count; sample += 1) {
      const start = performance.now()
      for (let call = 0; call < CALLS_PER_SAMPLE; call += 1) {
        if (get(next()) === undefined) throw new Error('a key is missing')
      }
      samples[sample] = ((performance.now() - start) * 1000) / CALLS_PER_SAMPLE
    }
    return samples
  }
}

function compare({ results }, slices, { ours, peer, ...row }) {
  if (!slices.has(ours) || !slices.has(peer)) return
  const side = (name) => ({ name, slices: slices.get(name) })
  results.compare({ ...row, ours: side(ours), peer: side(peer) })
}

function measure({ results }, slices, where) {
  for (const [name, own] of slices) results.measurement(where, name, own)
}
