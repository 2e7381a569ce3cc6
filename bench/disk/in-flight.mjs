/** setAsync with 1,000 calls in flight: group commit against a commit per set. */
import { interleave } from '../lib/interleave.mjs'
import { makeValues } from '../lib/random.mjs'
import { randomKeys, set } from './operations.mjs'

const IN_FLIGHT = 1_000
const SIZE = 256
const ENTRIES = 10_000

export async function runInFlight(context) {
  context.progress(`setAsync, ${IN_FLIGHT} in flight`)
  const { holdfast, lmdb } = context.subjects
  const store = { entries: ENTRIES, size: SIZE }
  const handles = new Map()
  for (const subject of [holdfast, lmdb]) {
    if (subject === undefined) continue
    handles.set(subject, await subject.open(await context.stores.filled(subject, store)))
  }
  const contestants = [...handles].map(([{ name }, handle]) => ({
    name: `${name} async`,
    count: 5,
    run: (count) => inFlight(handle, count),
  }))
  const alone = handles.get(holdfast)
  if (alone !== undefined) contestants.push({ name: 'holdfast set', run: set(alone, store, false) })
  const slices = await interleave(contestants, context.pace)
  for (const handle of handles.values()) await handle.close()
  record(context.results, slices)
}

/** Each sample is a burst's time divided by its calls. */
async function inFlight(handle, bursts) {
  const samples = new Float64Array(bursts)
  const next = randomKeys(ENTRIES)
  const values = makeValues(SIZE)
  for (let burst = 0; burst < bursts; burst++) {
    const start = performance.now()
    const pending = []
    for (let i = 0; i < IN_FLIGHT; i++)
      pending.push(handle.setAsync(next(), values[i % values.length]))
    await Promise.all(pending)
    samples[burst] = ((performance.now() - start) * 1000) / IN_FLIGHT
  }
  return samples
}

function record(results, slices) {
  const where = { op: 'setAsync', entries: ENTRIES, size: SIZE, inFlight: IN_FLIGHT }
  for (const [name, own] of slices) results.measurement(where, name, own)
  const side = (name) => ({ name, slices: slices.get(name) })
  if (!slices.has('holdfast async')) return
  const row = {
    title: `setAsync, ${IN_FLIGHT} in flight, per call`,
    basis: 'speed',
    ours: side('holdfast async'),
  }
  results.compare({ ...row, peer: side('holdfast set'), bar: { atLeast: 3 } })
  if (slices.has('lmdb async')) results.compare({ ...row, peer: side('lmdb async') })
}
