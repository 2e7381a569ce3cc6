/** What the frame around a value costs, and what verifying its checksum does. */
import { xxh3 } from '@node-rs/xxhash'
import { unwrap, wrap } from '../../dist/frame/frame.js'
import { xxh3Secret } from '../../dist/util/xxh3.js'
import { makeValues } from '../lib/random.mjs'
import { compareAll, compareMedians, contestant, race, typical } from './race.mjs'

const SMALL = 256
const LARGE = 2 ** 20
/** The most that a small value may pay in bytes. */
const FEW_BYTES = { atMost: 16 }
const VALUES = 8

export const fieldsOf = (payload) => ({
  codec: 7,
  version: 1,
  meta: new Uint8Array(0),
  compression: 0,
  cipher: undefined,
  rawSize: payload.byteLength,
})

export async function runFrame(context) {
  await small(context)
  await large(context)
}

async function small(context) {
  context.progress('frame of 256 B')
  const [payload] = makeValues(SMALL, 1)
  const fields = fieldsOf(payload)
  const frame = wrap(fields, payload)
  const copy = () => {
    const bytes = Buffer.allocUnsafe(SMALL)
    bytes.set(payload)
    return bytes
  }
  const contestants = [
    contestant('wrap + unwrap', () => unwrap(wrap(fields, payload), true), 32),
    contestant('wrap', () => wrap(fields, payload), 32),
    contestant('unwrap', () => unwrap(frame, true), 32),
    contestant('copy', copy, 32),
  ]
  const entries = await race(context, { op: 'frame', size: SMALL }, contestants)
  const [copied] = entries.slice(-1)
  const { results } = context
  results.figure({
    title: 'frame of 256 B, added bytes',
    basis: 'bytes',
    value: [frame.byteLength - SMALL],
    bar: FEW_BYTES,
    ours: { name: 'holdfast' },
  })
  for (const entry of entries)
    results.figure({
      title: 'frame of 256 B, a call',
      basis: 'ns',
      value: typical(entry).map((us) => us * 1000),
      ours: { name: entry.name },
    })
  compareMedians(context, {
    title: 'frame of 256 B',
    basis: 'time',
    ours: entries[0],
    peer: copied,
  })
}

/** Several values in turn, so that they do not all come from the processor's smallest cache. */
async function large(context) {
  context.progress('frame of 1 MiB')
  const values = makeValues(LARGE, VALUES)
  const frames = values.map((value) => wrap(fieldsOf(value), value))
  const inTurn = (list, use) => {
    let turn = 0
    return () => use(list[turn++ % VALUES])
  }
  const contestants = [
    contestant(
      'unwrap, verified',
      inTurn(frames, (frame) => unwrap(frame, true)),
    ),
    contestant(
      'XXH3 alone',
      inTurn(values, (value) => xxh3.xxh64WithSecret(value, xxh3Secret)),
    ),
    contestant(
      'unwrap, not verified',
      inTurn(frames, (frame) => unwrap(frame, false)),
    ),
  ]
  const entries = await race(context, { op: 'verify', size: LARGE }, contestants)
  compareAll(context, 'verify 1 MiB', entries.slice(0, 2), { basis: 'time' })
  const wrapping = [
    contestant(
      'wrap',
      inTurn(values, (value) => wrap(fieldsOf(value), value)),
    ),
    contestant(
      'copy',
      inTurn(values, (value) => Buffer.from(value)),
    ),
  ]
  compareAll(context, 'wrap 1 MiB', await race(context, { op: 'wrap', size: LARGE }, wrapping), {
    basis: 'time',
  })
}
