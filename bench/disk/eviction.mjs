/** set at a full store, where every write evicts, against set below the limit. */
import { interleave, p99 } from '../lib/interleave.mjs'
import { timeSync } from '../lib/measure.mjs'
import { keyName, makeValues } from '../lib/random.mjs'
import { sizeLabel } from './single.mjs'

const CASES = [
  { size: 256, entries: 20_000 },
  { size: 64 * 1024, entries: 500 },
]

export async function runEviction(context) {
  const { holdfast } = context.subjects
  if (holdfast === undefined) return
  for (const each of CASES) {
    context.progress(`eviction at the limit, ${sizeLabel(each.size)}`)
    await runCase(context, holdfast, each)
  }
}

async function runCase(context, subject, { size, entries }) {
  const { results, stores, pace } = context
  const limit = await limitFor(subject, stores, { size, entries })
  const below = subject.open(stores.directory('below'), { maxBytes: limit * 1000 })
  const full = subject.open(stores.directory('full'), { maxBytes: limit })
  const writeBelow = newKeys(below, size)
  const writeFull = newKeys(full, size)
  writeBelow(entries)
  writeFull(Math.ceil(entries * 1.3))
  const sizeThen = full.cache.size
  const contestants = [
    { name: 'below the limit', run: writeBelow },
    { name: 'at the limit', run: writeFull },
  ]
  const slices = await interleave(contestants, { ...pace, maxOps: size > 4096 ? 200 : 2_000 })
  results.note(
    `eviction, ${sizeLabel(size)}: ${sizeThen} entries fit, ${full.cache.size} after the run`,
  )
  below.close()
  full.close()
  const side = (name) => ({ name, slices: slices.get(name) })
  const row = { basis: 'time', ours: side('at the limit'), peer: side('below the limit') }
  const title = `set at the limit, ${sizeLabel(size)}`
  results.compare({ ...row, title, bar: { atMost: 2 } })
  results.compare({ ...row, title: `${title}, p99`, bar: { atMost: 5 }, statistic: p99 })
  for (const [name, own] of slices) results.measurement({ op: 'evict', size, entries }, name, own)
}

/** The bytes that `entries` values take by the store's own count. */
async function limitFor(subject, stores, { size, entries }) {
  const sample = Math.min(entries, 200)
  const handle = subject.open(stores.directory('sample'))
  newKeys(handle, size)(sample)
  const bytes = handle.cache.bytes()
  handle.close()
  return Math.ceil((bytes / sample) * entries)
}

/** Every set stores a key that was never stored before. */
function newKeys(handle, size) {
  const values = makeValues(size)
  let serial = 0
  return (count) =>
    timeSync(count, () => handle.set(keyName(serial++), values[serial % values.length]))
}
