/** Races of short calls: a hit takes less than the clock that would time it, so a sample is the mean of a handful. */
import { interleave } from '../lib/interleave.mjs'
import { keyNames, shuffledOrder } from '../lib/random.mjs'

const CALLS_PER_SAMPLE = 16

/** Calls one after the other, each awaited where the subject is asynchronous. */
export function repeated(name, call, { isSync = false, per = CALLS_PER_SAMPLE } = {}) {
  const run = isSync ? inGroups(call, per) : inAwaitedGroups(call, per)
  return { name, run }
}

function inGroups(call, per) {
  return (count) => {
    const samples = new Float64Array(count)
    for (let sample = 0; sample < count; sample += 1) {
      const start = performance.now()
      for (let turn = 0; turn < per; turn += 1) call()
      samples[sample] = ((performance.now() - start) * 1_000) / per
    }
    return samples
  }
}

function inAwaitedGroups(call, per) {
  return async (count) => {
    const samples = new Float64Array(count)
    for (let sample = 0; sample < count; sample += 1) {
      const start = performance.now()
      for (let turn = 0; turn < per; turn += 1) await call()
      samples[sample] = ((performance.now() - start) * 1_000) / per
    }
    return samples
  }
}

/** Times what `prepare` returns, call by call, each divided by `share`; what it prepares and `after` are not timed. */
export function prepared(name, prepare, { count, share = 1, after } = {}) {
  const run = async (calls) => {
    const samples = new Float64Array(calls)
    for (let call = 0; call < calls; call += 1) {
      const work = await prepare()
      const start = performance.now()
      await work()
      samples[call] = ((performance.now() - start) * 1_000) / share
      await after?.()
    }
    return samples
  }
  return { name, run, count }
}

/** Keys that exist, in a fixed random order, without end. */
export function randomKeys(entries) {
  const keys = keyNames(entries)
  const order = shuffledOrder(entries)
  let turn = 0
  return () => {
    turn = turn + 1 === entries ? 0 : turn + 1
    return keys[order[turn]]
  }
}

/** Runs them in turns and records each. @returns the slices by name. */
export async function race({ pace, results }, where, contestants, options = {}) {
  const slices = await interleave(contestants, { ...pace, maxOps: 4_000, ...options })
  for (const [name, own] of slices) results.measurement(where, name, own)
  return slices
}

/** Sets `ours` beside each of `peers` that took part. `bars` are by the peer's name. */
export function compare({ results }, slices, { title, basis = 'speed', ours, peers, bars = {} }) {
  const side = (name) => ({ name, slices: slices.get(name) })
  for (const peer of peers ?? [...slices.keys()].filter((name) => name !== ours)) {
    if (!slices.has(peer) || !slices.has(ours)) continue
    results.compare({ title, basis, ours: side(ours), peer: side(peer), bar: bars[peer] })
  }
}
