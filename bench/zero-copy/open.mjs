/** Opening a large file and using little of it: mapped, and read and decoded. */
import { interleave } from '../lib/interleave.mjs'
import { timeSync } from '../lib/measure.mjs'
import { collected } from './collected.mjs'
import { openStore, readersOf, USES } from './readers.mjs'

const EIGHT = { atLeast: 8 }

export async function runOpen(context) {
  await compare(context, { kind: 'table', use: 'row', title: 'Arrow table, open + one row' })
  await compare(context, { kind: 'array', use: 'element', title: 'array, open + one element' })
  await compareVerified(context)
}

async function compare(context, { kind, use, title }) {
  const { results, rounds, large, directory } = context
  context.progress(`${title}, ${large} MB`)
  const opened = await Promise.all(
    readersOf(kind).map(async ({ name, open }) => ({ name, reader: await open(directory) })),
  )
  const contestants = opened.map(({ name, reader }) => ({
    name,
    count: 1,
    run: collected((count) => timeSync(count, () => USES[use](reader.get(large)))),
  }))
  const slices = await interleave(contestants, { rounds, warmMs: 1 })
  for (const { name } of contestants) {
    results.measurement({ op: 'open', kind, megabytes: large }, name, slices.get(name))
  }
  const [ours, ...peers] = contestants.map(({ name }) => ({ name, slices: slices.get(name) }))
  for (const peer of peers) {
    results.compare({ title: `${title}, ${large} MB`, basis: 'speed', ours, peer, bar: EIGHT })
  }
  for (const { reader } of opened) reader.close()
}

/** The checksum of a file is verified when a handle first reads it: the price of that, beside reading without. */
async function compareVerified(context) {
  const { results, rounds, large, directory } = context
  const title = `Arrow table, open + one row, ${large} MB`
  context.progress(`${title}, verified`)
  const caches = await Promise.all(
    ['always', 'never'].map(async (verify) => ({
      name: `verify: '${verify}'`,
      cache: await openStore(directory, { verify }),
    })),
  )
  const contestants = caches.map(({ name, cache }) => ({
    name,
    count: 1,
    run: collected((count) => timeSync(count, () => USES.row(cache.get(`table ${large}`)))),
  }))
  const slices = await interleave(contestants, { rounds, warmMs: 1 })
  const [ours, peer] = contestants.map(({ name }) => ({ name, slices: slices.get(name) }))
  results.compare({ title, basis: 'time', ours, peer })
  for (const { cache } of caches) cache.close()
}
