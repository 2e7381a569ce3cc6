/** Opening costs the same whatever the size. */
import { interleave } from '../lib/interleave.mjs'
import { timeSync } from '../lib/measure.mjs'
import { collected } from './collected.mjs'
import { openStore, USES } from './readers.mjs'

const FLAT = { atMost: 2 }

const OPENINGS = {
  'Arrow table, open + one row': (cache, megabytes) => USES.row(cache.get(`table ${megabytes}`)),
  'array, open + one element': (cache, megabytes) => USES.element(cache.get(`array ${megabytes}`)),
  'map() and its last byte': (cache, megabytes) => {
    const mapped = cache.map(`array ${megabytes}`)
    const last = mapped.bytes.at(-1)
    mapped.close()
    return last
  },
}

export async function runFlat(context) {
  const cache = await openStore(context.directory)
  for (const [title, use] of Object.entries(OPENINGS)) await measure(context, cache, title, use)
  cache.close()
}

async function measure({ results, rounds, sizes, progress }, cache, title, use) {
  progress(`${title}, ${sizes.join(', ')} MB`)
  const contestants = sizes.map((megabytes) => ({
    name: `${megabytes} MB`,
    count: 1,
    run: collected((count) => timeSync(count, () => use(cache, megabytes))),
  }))
  // Single calls of under a millisecond: many rounds, or a pause of the machine is all that is seen.
  const slices = await interleave(contestants, { rounds: rounds * 5, warmMs: 20 })
  const of = (megabytes) => ({ name: `${megabytes} MB`, slices: slices.get(`${megabytes} MB`) })
  const [smallest, largest] = [sizes[0], sizes.at(-1)]
  for (const [size, base] of pairs(sizes))
    results.compare({ title, basis: 'time', ours: of(size), peer: of(base), bar: FLAT })
  results.compare({ title, basis: 'time', ours: of(largest), peer: of(smallest), bar: FLAT })
}

/**
 * V8 answers an ArrayBuffer of more than 64 MiB, which arrays have, with a step of garbage collection: some milliseconds,
 * whatever the size. Sizes on the same side of it are compared too, so that this step can be told from a cost that grows.
 */
function pairs(sizes) {
  const step = 64
  return [sizes.filter((size) => size <= step), sizes.filter((size) => size > step)]
    .filter((side) => side.length > 1)
    .map((side) => [side.at(-1), side[0]])
}
