/** Objects: our default codec beside those that applications use. */
import { isDeepStrictEqual } from 'node:util'
import { number } from '../lib/table.mjs'
import { loadCodecs } from './codecs.mjs'
import { compareAll, contestant, race } from './race.mjs'
import { SUBJECTS } from './subjects.mjs'

/** Codecs in JavaScript are slow until they are compiled, which takes a while: ours most of all. */
const WARM_MS = { quick: 150, full: 400 }

export async function runObjects(context) {
  for (const subject of SUBJECTS) await runSubject(context, subject)
}

async function runSubject(context, { title, make, per }) {
  const value = make()
  const entrants = chooseEntrants(context, title, value)
  const warmMs = WARM_MS[context.flags.quick ? 'quick' : 'full']
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
function chooseEntrants({ results }, title, value) {
  const entrants = []
  const failed = []
  for (const codec of loadCodecs()) {
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
