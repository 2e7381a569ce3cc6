/** What a large value adds to the resident memory of a process that uses little of it. */
import { median, round } from '../lib/stats.mjs'
import { memoryOf } from './child.mjs'
import { readersOf } from './readers.mjs'
import { MB, SCANNED, scannedBytes } from './tables.mjs'

const ROUNDS = 3
const SMALL = { atMost: 5 }
const TOUCHED = { atMost: 1.1 }

export async function runMemory(context) {
  const { large } = context
  const whole = { megabytes: large, of: (large * MB) / 100, basis: '% of the file', bar: SMALL }
  await measure(context, {
    ...whole,
    kind: 'table',
    use: 'row',
    title: `Arrow table of ${large} MB, one row: memory`,
  })
  await measure(context, {
    ...whole,
    kind: 'array',
    use: 'element',
    title: `array of ${large} MB, one element: memory`,
  })
  await measure(context, {
    megabytes: large,
    of: scannedBytes(large),
    basis: 'x touched',
    bar: TOUCHED,
    kind: 'table',
    use: 'scan',
    title: `Arrow table of ${large} MB, scan of ${SCANNED.length} of 10 columns: memory`,
  })
}

/** Readers take turns, each time in a fresh process. The bar is ours. */
async function measure(context, { kind, use, megabytes, title, of, basis, bar }) {
  const found = new Map(readersOf(kind).map(({ name }) => [name, []]))
  for (let turn = 0; turn < ROUNDS; turn++) {
    context.progress(`${title}, round ${turn + 1}`)
    for (const [name, grown] of found) {
      const settings = { directory: context.directory, kind, name, use, megabytes }
      grown.push((await memoryOf(settings)).bytes)
    }
  }
  for (const [name, grown] of found) {
    context.results.figure({
      title,
      basis,
      value: grown.map((bytes) => bytes / of),
      bar: name === 'holdfast' ? bar : undefined,
      ours: { name, megabytes: round(median(grown) / MB) },
    })
  }
}
