/** Rows of single calls. They take less than the clock that would time them, so a sample is the mean of a group of calls. */
import { interleave } from '../lib/interleave.mjs'
import { keyNames, randomSource } from '../lib/random.mjs'
import { openLruCache, openStore, POLICIES } from './subjects.mjs'

const CALLS = 16
const HIT_BAR = { atMost: 3 }

export async function runGet(context) {
  for (const entries of [1_000, context.flags.quick ? 20_000 : 100_000]) {
    for (const ttl of [false, true]) {
      const open = [
        ...POLICIES.map((policy) => openStore(policy, entries * 2, ttl)),
        await openLruCache(entries * 2, { ttl }),
      ]
      const title = `get, hit, ${count(entries)} entries${ttl ? ', with a ttl' : ''}`
      await race(context, { title, op: 'get', entries, bar: HIT_BAR }, filled(open, entries), hits)
    }
    // Only a store that is full has to learn from its hits.
    const open = [
      ...POLICIES.map((policy) => openStore(policy, entries)),
      await openLruCache(entries),
    ]
    const title = `get, hit, ${count(entries)} entries, full`
    await race(
      context,
      { title, op: 'get, full', entries, bar: HIT_BAR },
      overfilled(open, entries),
      hits,
    )
  }
}

export async function runSet(context) {
  const entries = context.flags.quick ? 20_000 : 100_000
  const options = { sized: true }
  const replacing = [
    ...POLICIES.map((policy) => openStore(policy, entries * 2)),
    await openLruCache(entries * 2, options),
  ]
  const first = { title: `set, of ${count(entries)} keys`, op: 'set', entries }
  await race(context, first, filled(replacing, entries), replacements)
  const full = [
    ...POLICIES.map((policy) => openStore(policy, entries)),
    await openLruCache(entries, options),
  ]
  const second = { title: `set and evict, ${count(entries)} entries`, op: 'set and evict', entries }
  await race(context, second, overfilled(full, entries), newKeys)
}

/** As a cache is used: a get of keys of which few are asked for often, and a set where that finds nothing. */
export async function runMixed(context) {
  const entries = context.flags.quick ? 2_000 : 10_000
  const open = [
    ...POLICIES.map((policy) => openStore(policy, entries)),
    await openLruCache(entries, { sized: true }),
  ]
  const title = `get, and set what is missing, ${count(entries)} entries`
  await race(context, { title, op: 'get or set', entries }, overfilled(open, entries), uneven)
}

async function race(context, { title, op, entries, bar }, open, makeCall) {
  context.progress(title)
  const contestants = open.map((one) => ({ name: one.name, run: inGroups(makeCall(one, entries)) }))
  try {
    const slices = await interleave(contestants, { ...context.pace, maxOps: 4_000 })
    const side = (name) => ({ name, slices: slices.get(name) })
    const peer = open.at(-1).name
    for (const { name } of open.slice(0, -1)) {
      const row = { title, basis: 'time', ours: side(name), peer: side(peer), bar }
      context.results.compare(row)
    }
    for (const [name, own] of slices) context.results.measurement({ op, entries }, name, own)
  } finally {
    for (const { close } of open) close()
  }
}

function inGroups(call) {
  return (samples) => {
    const times = new Float64Array(samples)
    for (let sample = 0; sample < samples; sample += 1) {
      const start = performance.now()
      for (let i = 0; i < CALLS; i += 1) call()
      times[sample] = Math.max(0.001, ((performance.now() - start) * 1000) / CALLS)
    }
    return times
  }
}

function hits({ get }, entries) {
  const next = nextKey(entries)
  return () => {
    // With other keys than were kept a hit would not be what is measured.
    if (get(next()) === undefined) throw new Error('a key is missing')
  }
}

function replacements({ set }, entries) {
  const next = nextKey(entries)
  return () => set(next(), 'value')
}

/** The cube of a random number: a key in ten gets half of the requests. */
function uneven({ get, set }, entries) {
  const names = keyNames(entries * 4)
  const next = randomSource(4)
  return () => {
    const key = names[Math.floor((next() / 2 ** 32) ** 3 * entries * 4)]
    if (get(key) === undefined) set(key, 'value')
  }
}

function newKeys({ set }) {
  let made = 0
  return () => {
    made += 1
    set(`new:${made}`, 'value')
  }
}

function nextKey(entries) {
  const names = keyNames(entries).slice(0, entries)
  const next = randomSource(3)
  return () => names[next() % entries]
}

function filled(open, entries) {
  for (const key of keyNames(entries).slice(0, entries)) for (const one of open) one.set(key, key)
  return open
}

/** More than there is room for, and then the keys that are asked for, until all are kept. */
function overfilled(open, entries) {
  for (const one of open) {
    for (let i = 0; i < entries / 10; i += 1) one.set(`other:${i}`, 'value')
    for (let round = 0; round < 50; round += 1) {
      let missing = 0
      for (const key of keyNames(entries).slice(0, entries)) {
        if (one.get(key) !== undefined) continue
        missing += 1
        one.set(key, key)
      }
      if (missing === 0) break
    }
  }
  return open
}

export function count(entries) {
  return entries.toLocaleString('en')
}
