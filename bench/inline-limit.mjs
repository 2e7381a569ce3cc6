/** `npm run bench -- inline-limit`: the same values in the row and in a file, to choose where one ends and the other begins. */
import { join } from 'node:path'
import { DiskCache } from 'holdfast'
import { describeMachine, workDirectory } from './lib/environment.mjs'

export const rows = ['get', 'set']

const KIB = 1_024
const sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256].map((kib) => kib * KIB)
const ROUNDS = 9
const STORED_BYTES = 16 * 2 ** 20

/** @param flags what `parseFlags` made of the command line */
export async function run(flags) {
  const place = workDirectory(flags.dir)
  const asked = flags.only ?? rows
  const { date, node, cpu } = describeMachine()
  console.log(
    `p50 in us per call, inline : file; ${date}, Node ${node}, ${cpu}, ${place.fileSystem}\n`,
  )
  console.log(
    `| value | ${asked.map((row) => `${row} inline | ${row} file | file : inline`).join(' | ')} |`,
  )
  console.log(`|---${'|---|---|---'.repeat(asked.length)}|`)
  for (const size of sizes) {
    const figures = measure(place.directory, size)
    const cells = asked.map((row) => {
      const [inline, file] = figures[row].map(median)
      return `${inline.toFixed(1)} | ${file.toFixed(1)} | ${(file / inline).toFixed(2)}x`
    })
    console.log(`| ${size / KIB} KiB | ${cells.join(' | ')} |`)
  }
}

/** Interleaved rounds over the same keys in a store of each kind. */
function measure(directory, size) {
  const count = Math.max(32, Math.min(2_000, STORED_BYTES / size))
  const stores = [Number.POSITIVE_INFINITY, 0].map(
    (inlineBytes, index) =>
      new DiskCache(join(directory, `${size}-${index}`), {
        inlineBytes,
        hot: false,
        unlinkDelay: 0,
      }),
  )
  const value = Buffer.alloc(size, 'holdfast')
  const figures = { get: [[], []], set: [[], []] }
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [index, store] of stores.entries()) {
      const set = timed(count, (key) => {
        value.writeDoubleLE(Math.random(), 0)
        store.set(key, value)
      })
      const get = timed(count, (key) => store.get(key))
      // The first round fills and warms up.
      if (round > 0) figures.set[index].push(median(set))
      if (round > 0) figures.get[index].push(median(get))
    }
  }
  for (const store of stores) store.close()
  return figures
}

function timed(count, work) {
  const times = new Array(count)
  for (let key = 0; key < count; key += 1) {
    const start = performance.now()
    work(key)
    times[key] = (performance.now() - start) * 1_000
  }
  return times
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}
