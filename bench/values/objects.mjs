/** Objects: our default codec beside those that applications use. */
import { isDeepStrictEqual } from 'node:util'
import { number } from '../lib/table.mjs'
import { loadCodecs } from './codecs.mjs'
import { compareAll, contestant, race } from './race.mjs'
import { SUBJECTS } from './subjects.mjs'

export async function runObjects(context) {
  for (const subject of SUBJECTS) await runSubject(context, subject)
}

async function runSubject(context, { title, make, per }) {
  const value = make()
  const entrants = loadCodecs()
    .map((codec) => ({ codec, encoded: tryOut(codec, value) }))
    .filter(({ codec, encoded }) => {
      if (encoded === undefined) context.results.note(`${title}: ${codec.name} does not keep it`)
      return encoded !== undefined
    })
  const sizes = new Map(entrants.map(({ codec, encoded }) => [codec.name, codec.size(encoded)]))
  context.results.note(`${title}: holdfast writes it as ${entrants[0].encoded.codec}`)
  for (const op of ['encode', 'decode']) {
    context.progress(`${title}, ${op}`)
    const contestants = entrants.map(({ codec, encoded }) =>
      contestant(codec.name, operationOf(op, codec, value, encoded), per),
    )
    const extra = Object.fromEntries([...sizes].map(([name, bytes]) => [name, { bytes }]))
    const entries = await race(context, { op, value: title }, contestants, { extra })
    compareAll(context, `${title}, ${op}`, entries)
  }
  compareSizes(context, title, sizes)
}

const operationOf = (op, codec, value, encoded) =>
  op === 'encode' ? () => codec.encode(value) : () => codec.decode(encoded)

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

function compareSizes({ results }, title, sizes) {
  const [[ours, ownSize], ...peers] = sizes
  for (const [name, size] of peers) {
    results.figure({
      title: `${title}, bytes`,
      basis: 'x size',
      value: [ownSize / size],
      ours: { name: ours },
      peer: { name },
    })
  }
}

/** A table of times and sizes, subjects downwards, as the ratios alone do not show them. */
export function objectRows(measurements) {
  const titles = [...new Set(SUBJECTS.map(({ title }) => title))]
  return titles.flatMap((title) => {
    const own = measurements.filter(({ value }) => value === title)
    const names = [...new Set(own.map(({ subject }) => subject))]
    return names.map((name, i) => {
      const find = (op) => own.find((each) => each.op === op && each.subject === name)
      const [encode, decode] = [find('encode'), find('decode')]
      return [
        i === 0 ? title : '',
        name,
        ...[encode, decode].map(({ p50 }) => number(p50)),
        String(encode.bytes),
      ]
    })
  })
}
