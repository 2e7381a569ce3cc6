/** setMany and getMany of 1 to 10,000: the cost per entry beside transactions of raw SQLite and lmdb. */
import { interleave } from '../lib/interleave.mjs'
import { makeValues } from '../lib/random.mjs'
import { randomKeys } from './operations.mjs'
import { countLabel } from './single.mjs'

const BATCHES = [1, 10, 100, 1_000, 10_000]
const SIZE = 256

/** A slice covers about this many entries, whatever the batch. */
const OPS_PER_SLICE = 3_000

export async function runBatch(context) {
  const entries = context.flags.quick ? 20_000 : 100_000
  for (const op of ['setMany', 'getMany']) {
    const open = await openAll(context, entries, op === 'getMany' ? { hot: false } : undefined)
    for (const batch of context.flags.quick ? [1, 100, 10_000] : BATCHES) {
      context.progress(`${op} of ${countLabel(batch)}`)
      await runSize(context, open, { op, batch, entries })
    }
    for (const { handle } of open) await handle.close()
  }
}

async function openAll(context, entries, options) {
  const open = []
  for (const id of ['holdfast', 'rawSqlite', 'lmdb']) {
    const subject = context.subjects[id]
    if (subject === undefined) continue
    const path = await context.stores.filled(subject, { entries, size: SIZE })
    const handle = await subject.open(path, id === 'holdfast' ? options : undefined)
    open.push({ name: subject.name, handle })
  }
  return open
}

async function runSize({ results, pace }, open, { op, batch, entries }) {
  const count = Math.max(1, Math.round(OPS_PER_SLICE / batch))
  const build = op === 'setMany' ? setMany : getMany
  const contestants = open.map(({ name, handle }) => ({
    name,
    count,
    run: build(handle, batch, entries),
  }))
  const slices = await interleave(contestants, { ...pace, rounds: Math.ceil(pace.rounds * 0.6) })
  for (const [name, own] of slices) {
    results.measurement({ op, batch, entries, size: SIZE }, name, own)
  }
  if (!slices.has('holdfast')) return
  const side = (name) => ({ name, slices: slices.get(name) })
  for (const { name } of open.slice(1)) {
    const title = `${op} of ${countLabel(batch)}, per entry`
    results.compare({ title, basis: 'speed', ours: side('holdfast'), peer: side(name) })
  }
}

function setMany(handle, batch, entries) {
  const next = randomKeys(entries)
  const values = makeValues(SIZE)
  return perEntry(batch, () => {
    const rows = Array.from({ length: batch }, (_, i) => [next(), values[i % values.length]])
    return () => handle.setMany(rows)
  })
}

function getMany(handle, batch, entries) {
  const next = randomKeys(entries)
  return perEntry(batch, () => {
    const keys = Array.from({ length: batch }, next)
    return () => handle.getMany(keys)
  })
}

/** Times what `prepare` returns and divides by the batch. */
function perEntry(batch, prepare) {
  return (count) => {
    const samples = new Float64Array(count)
    for (let i = 0; i < count; i++) {
      const work = prepare()
      const start = performance.now()
      work()
      samples[i] = ((performance.now() - start) * 1000) / batch
    }
    return samples
  }
}
