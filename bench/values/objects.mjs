/** Objects: our default codec beside those that applications use. */
import { isDeepStrictEqual } from 'node:util'
import { number } from '../lib/table.mjs'
import { loadCodecs } from './codecs.mjs'
import { compareAll, contestant, race, sink } from './race.mjs'
import { SUBJECTS } from './subjects.mjs'

/** How long each codec works on all values before anything is measured, and then before each race. */
const WARM_MS = { quick: [500, 80], full: [2_000, 300] }

export async function runObjects(context) {
  const [allMs, warmMs] = WARM_MS[context.flags.quick ? 'quick' : 'full']
  const subjects = SUBJECTS.map(({ make, ...subject }) => ({ ...subject, value: make() }))
  const codecs = loadCodecs()
  context.progress('codecs, warm-up')
  for (const codec of codecs) warmUp(codec, subjects, allMs)
  for (const subject of subjects) await runSubject(context, subject, { codecs, warmMs })
}

/**
 * A codec meets values of many shapes before one is measured, as in an application: what V8 compiles for a single shape is
 * faster than that, and gone with the next one.
 */
function warmUp(codec, subjects, ms) {
  const kept = subjects
    .map(({ value }) => ({ value, encoded: tryOut(codec, value) }))
    .filter(({ encoded }) => encoded !== undefined)
  const end = performance.now() + ms
  while (performance.now() < end) {
    for (const { value, encoded } of kept) {
      sink.value = codec.encode(value)
      sink.value = codec.decode(encoded)
    }
  }
}

async function runSubject(context, { title, value, per }, { codecs, warmMs }) {
  const entrants = chooseEntrants(context, title, value, codecs)
  const extra = Object.fromEntries(
    entrants.map(({ codec, encoded }) => [codec.name, { bytes: codec.size(encoded) }]),
  )
  for (const op of ['encode', 'decode']) {
    context.progress(`${title}, ${op}`)
    const contestants = entrants.map(({ codec, encoded }) =>
      contestant(codec.name, operationOf(op, codec, value, encoded), per),
    )
    const entries = await race(context, { op, value: title }, contestants, { extra, warmMs })
    compareAll(context, `${title}, ${op}`, entries)
  }
}

const operationOf = (op, codec, value, encoded) =>
  op === 'encode' ? () => codec.encode(value) : () => codec.decode(encoded)

/** The codecs that give back the same value; one that is `instead` of another only where that one does not. */
function chooseEntrants({ results }, title, value, codecs) {
  const entrants = []
  const failed = []
  for (const codec of codecs) {
    if (entrants.some(({ codec: { name } }) => name === codec.instead)) continue
    const encoded = tryOut(codec, value)
    if (encoded === undefined) failed.push(codec.name)
    else entrants.push({ codec, encoded })
  }
  results.note(`${title}: holdfast writes it as ${entrants[0].encoded.codec}`)
  if (failed.length > 0) results.note(`${title}: not kept by ${failed.join('; ')}`)
  return entrants
}

/** What `codec` makes of the value, if it gives back the same. */
function tryOut(codec, value) {
  try {
    const { keep = Buffer.from } = codec
    const encoded = keep(codec.encode(value))
    return isDeepStrictEqual(codec.decode(encoded), value) ? encoded : undefined
  } catch {
    return undefined
  }
}

/** Rows for a table of times and sizes, which ratios alone do not show. */
export function objectRows(measurements) {
  return SUBJECTS.flatMap(({ title }) => {
    const own = measurements.filter(({ value }) => value === title)
    const names = [...new Set(own.map(({ subject }) => subject))]
    return names.map((name, i) => {
      const find = (op) => own.find((each) => each.op === op && each.subject === name)
      const [encode, decode] = [find('encode'), find('decode')]
      const times = [encode, decode].map(({ p50 }) => number(p50))
      return [i === 0 ? title : '', name, ...times, String(encode.bytes)]
    })
  })
}
