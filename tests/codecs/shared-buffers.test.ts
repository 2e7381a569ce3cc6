import { describe, expect, it } from 'vitest'
import { auto } from '../../src/codecs/auto.ts'
import { msgpack } from '../../src/codecs/msgpack.ts'
import { raw } from '../../src/codecs/raw.ts'
import { structured } from '../../src/codecs/structured.ts'
import { typedArray } from '../../src/codecs/typed-array.ts'
import type { Codec } from '../../src/contracts/codec.ts'
import { resolveCompression } from '../../src/frame/compression-options.ts'
import { unwrap, wrap } from '../../src/frame/frame.ts'
import { ValueFormat } from '../../src/frame/value-format.ts'
import { usableNames } from '../frame/compression-support.ts'
import { testEncryption } from '../support/frame-samples.ts'
import { roundTrip } from './support/coding.ts'
import { typedArrayKinds } from './support/kinds.ts'

type View = Uint8Array | DataView

/** The same view over a SharedArrayBuffer, such as bytes and tables have that are mapped from a file. */
function shared<V extends View>(view: V): V {
  const { buffer, byteOffset, byteLength } = view
  const room = new SharedArrayBuffer(byteLength + 8)
  new Uint8Array(room, 8).set(new Uint8Array(buffer, byteOffset, byteLength))
  if (Buffer.isBuffer(view)) return Buffer.from(room, 8, byteLength) as unknown as V
  const length = 'length' in view ? view.length : byteLength
  const type = view.constructor as new (buffer: SharedArrayBuffer, at: number, length: number) => V
  return new type(room, 8, length)
}

/** Each value twice: as it is, and over a SharedArrayBuffer. */
function* pairs(make: (view: <V extends View>(of: V) => V) => unknown) {
  yield make((view) => view)
  yield make(shared)
}

const arrays = typedArrayKinds() as Record<string, Uint8Array>
const bytes = Uint8Array.from({ length: 5_000 }, (_, index) => index >> 4)
const numbers = Float64Array.from({ length: 2_000 }, (_, index) => index)

describe('a view of a SharedArrayBuffer comes back as what it shows', () => {
  it.each(Object.keys(arrays))('%s', (name) => {
    const [plain, view] = pairs((of) => of(arrays[name] as Uint8Array))
    expect(roundTrip(auto(), view)).toStrictEqual(plain)
    expect(roundTrip(structured(), view)).toStrictEqual(plain)
  })

  it.each<[string, Codec, (of: <V extends View>(view: V) => V) => unknown]>([
    ['a Buffer', auto(), (of) => of(Buffer.from(bytes))],
    ['a DataView', auto(), (of) => of(new DataView(bytes.buffer, 3, 20))],
    ['an n-d array', auto(), (of) => ({ data: of(bytes), shape: [50, 100], dtype: 'uint8' })],
    ['in an object', auto(), (of) => ({ list: [of(bytes), of(Buffer.from(bytes))] })],
    ['in a Map and an error', auto(), (of) => new Map([[new Error('a'), of(bytes)]])],
    ['in a graph with a cycle', auto(), (of) => cyclic(of(bytes))],
    ['bytes by raw()', raw(), (of) => of(bytes)],
    ['bytes by typedArray()', typedArray(), (of) => of(bytes)],
    ['in an object by msgpack()', msgpack(), (of) => ({ list: [of(bytes)] })],
    ['in a Map by structured()', structured(), (of) => new Map([['a', of(bytes)]])],
  ])('%s', (_, codec, make) => {
    const [plain, view] = pairs(make)
    expect(roundTrip(codec, view)).toStrictEqual(plain)
  })

  it.each(
    ['none', ...usableNames].flatMap((name) => [[name, false] as const, [name, true] as const]),
  )('compressed by %s, encrypted: %s', async (algorithm, isEncrypted) => {
    const format = new ValueFormat({
      codec: auto(),
      compression:
        algorithm === 'none' ? undefined : resolveCompression({ algorithm, minBytes: 0 }),
      encryption: isEncrypted ? testEncryption() : undefined,
      maxValueBytes: Number.POSITIVE_INFINITY,
      maxStoredBytes: Number.POSITIVE_INFINITY,
    })
    const key = Buffer.from('key')
    const view = new Float64Array(shared(new Uint8Array(numbers.buffer)).buffer, 8)
    const { fields, payload } = format.seal(format.encode(view), key)
    // And what is decoded may lie in such a buffer as well.
    const frame = shared(wrap(fields, payload))
    expect(format.decode(format.open(unwrap(frame, true), key))).toStrictEqual(numbers)
  })
})

function cyclic(bytes: Uint8Array): unknown {
  const value: Record<string, unknown> = { bytes, again: [bytes], at: new Date(0) }
  value['self'] = value
  return value
}
