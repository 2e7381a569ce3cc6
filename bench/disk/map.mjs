/** `map` must open a large value as quickly as a small one. */
import { interleave } from '../lib/interleave.mjs'
import { timeSync } from '../lib/measure.mjs'
import { makeValues } from '../lib/random.mjs'
import { sizeLabel } from './single.mjs'

const SMALL = 256 * 1024
const LARGE = 16 * 2 ** 20

export async function runMap(context) {
  const { holdfast } = context.subjects
  if (holdfast === undefined) return
  context.progress('map of a small and of a large value')
  const handle = holdfast.open(context.stores.directory('map'), { hot: false, verify: 'never' })
  try {
    for (const size of [SMALL, LARGE]) handle.set(sizeLabel(size), makeValues(size, 1)[0])
    const problem = mapProblem(handle.cache)
    if (problem === undefined) await measure(context, handle.cache)
    else context.results.note(`map is left out: ${problem}`)
  } finally {
    handle.close()
  }
}

function mapProblem(cache) {
  if (typeof cache.map !== 'function') return 'this version has no map()'
  try {
    const mapped = cache.map(sizeLabel(SMALL))
    mapped?.close()
    return mapped === undefined ? 'map() gave nothing' : undefined
  } catch (error) {
    return error.message
  }
}

async function measure({ results, pace }, cache) {
  const contestants = [SMALL, LARGE].map((size) => ({
    name: `map ${sizeLabel(size)}`,
    run: (count) =>
      timeSync(count, () => {
        const mapped = cache.map(sizeLabel(size))
        mapped.bytes.at(-1)
        mapped.close()
      }),
  }))
  const slices = await interleave(contestants, { ...pace, maxOps: 200 })
  const [small, large] = contestants.map(({ name }) => ({ name, slices: slices.get(name) }))
  const title = `map of ${sizeLabel(LARGE)} and of ${sizeLabel(SMALL)}`
  results.compare({ title, basis: 'time', ours: large, peer: small, bar: { atMost: 1.5 } })
}
