import { serialize } from 'node:v8'
import fc from 'fast-check'
import { pack } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { auto } from '../../src/codecs/auto.ts'
import { builtInCodec, builtInCodecs } from '../../src/codecs/built-in.ts'
import type { Codec } from '../../src/contracts/codec.ts'
import { codeOf } from '../support/code-of.ts'
import { type Encoded, encoded } from './support/coding.ts'
import { kinds } from './support/kinds.ts'

const none = new Uint8Array(0)

/** Decodes, where an error is an answer too. */
function decode(codec: Codec, bytes: Uint8Array, meta: Uint8Array = none): string {
  try {
    codec.decode(bytes, { meta, version: 1 })
    return 'value'
  } catch (error) {
    return error instanceof Error ? 'error' : 'something else'
  }
}

function builtIn(id: string): Codec {
  const codec = builtInCodec(id)
  if (codec === undefined) throw new Error(`no codec '${id}'`)
  return codec
}

/** The small samples of auto, by the codec that keeps them. */
const originals = new Map<string, Encoded[]>()
for (const value of Object.values(kinds())) {
  const stored = encoded(auto(), value)
  if (stored.bytes.length > 2_000) continue
  originals.set(stored.codec, [...(originals.get(stored.codec) ?? []), stored])
}

describe('bytes that nobody encoded', () => {
  it.each(builtInCodecs)('give a value or an error: $id', (codec) => {
    const bytes = fc.uint8Array({ maxLength: 64 })
    fc.assert(
      fc.property(bytes, bytes, (payload, meta) => {
        expect(decode(codec, payload, meta)).not.toBe('something else')
      }),
      { numRuns: 300 },
    )
  })
})

describe('bytes that were damaged', () => {
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255) })
  const damage = fc.record({
    sample: fc.nat(),
    other: fc.nat(),
    changes: fc.array(change, { minLength: 1, maxLength: 4 }),
    cut: fc.option(fc.nat(), { freq: 3 }),
    splice: fc.option(fc.nat(), { freq: 5 }),
  })

  it.each(['msgpack', 'structured', 'graph', 'json', 'ndarray'])(
    'give a value or an error, 20,000 times: %s',
    (id) => {
      const codec = builtIn(id)
      const samples = originals.get(id) ?? [encoded(codec, { a: [1, 'b', { c: null }] })]
      fc.assert(
        fc.property(damage, ({ sample, other, changes, cut, splice }) => {
          const { bytes: whole, meta } = samples[sample % samples.length] as Encoded
          const foreign = (samples[other % samples.length] as Encoded).bytes
          const head = cut === null ? whole : whole.subarray(0, cut % (whole.length + 1))
          const tail = splice === null ? none : foreign.subarray(splice % (foreign.length + 1))
          const bytes = new Uint8Array(Buffer.concat([head, tail]))
          for (const { at, byte } of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte
          if (decode(codec, bytes, meta) === 'something else') throw new Error('no error, no value')
        }),
        { numRuns: 20_000 },
      )
    },
  )
})

/** V8's varint. */
function varint(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) | 128)
  }
}

const v8 = (...parts: (string | number[])[]) =>
  Uint8Array.from([
    0xff,
    15,
    ...parts.flatMap((part) =>
      typeof part === 'string' ? [...Buffer.from(part, 'latin1')] : part,
    ),
  ])

/** Messages that ask for far more than they are, or that are not quite what we write. */
const structuredBombs: Record<string, Uint8Array> = {
  'holes by the million': v8('a', varint(30_000_000), '@\0', varint(30_000_000)),
  'holes by the million, in many arrays': v8(
    'A',
    [100],
    ...Array<string>(100).fill('a\x80\x90\x03@\0\x80\x90\x03'),
    '$\0',
    [100],
  ),
  'arrays of arrays that all claim the rest': v8(
    ...Array<number[]>(500).fill([0x41, ...varint(90_000)]),
    '_'.repeat(100_000),
  ),
  'a string of two gigabytes': v8('"', varint(2 ** 31 - 1)),
  'a buffer of four gigabytes': v8('B', varint(2 ** 32 - 1), 'x'),
  'a buffer that may grow to three gigabytes': v8('~', [0], varint(3e9)),
  'a bigint of a gigabyte': v8('Z', varint(2 ** 31 - 2)),
  'a length of more than 32 bits': v8('"', [0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
  'a hundred thousand levels': v8('A\x01'.repeat(100_000), '0', '$\0\x01'.repeat(100_000)),
  'a hundred thousand maps': v8(';'.repeat(100_000)),
  'another format version': Uint8Array.of(0xff, 14, 0x30),
  'bytes left over': v8('0', '0'),
  'a boxed number': v8('n', [0, 0, 0, 0, 0, 0, 0, 0]),
  'a shared buffer': v8('u\0'),
  'a WebAssembly module': v8('w\0'),
  'an object as a name': v8('o', 'o{\0', '0', '{\x01'),
  'a wrong count': v8('o', '"\x01a', '0', '{\x02'),
}

describe('a structured clone that asks for too much is refused before V8 sees it', () => {
  it.each(Object.entries(structuredBombs))('%s', (_, bytes) => {
    expect(codeOf(() => builtIn('structured').decode(bytes, { meta: none, version: 1 }))).toBe(
      'ERR_CORRUPT',
    )
  })
})

const msgpackBombs: Record<string, number[]> = {
  'four billion elements': [0xdd, 0xff, 0xff, 0xff, 0xff],
  'four billion properties': [0xdf, 0xff, 0xff, 0xff, 0xff],
  'more elements than bytes': [0xdc, 0x00, 0x05, 1, 2, 3, 4],
  'a string beyond the end': [0xdb, 0x7f, 0xff, 0xff, 0xff, 0x61],
  'bytes beyond the end': [0xc6, 0x00, 0x00, 0x00, 0x02, 0x61],
  'a number that ends too early': [0xcb, 0, 0, 0],
  'a hundred thousand levels': [...Array<number>(100_000).fill(0x91), 0xc0],
  'a name that is a number': [0x81, 0x01, 0x01],
  'a name that is a list': [0x81, 0x90, 0x01],
  'a record of msgpackr': [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01],
  'a reference of msgpackr': [0xd6, 0x70, 0, 0, 0, 1],
  'an object with an id of msgpackr': [0xd6, 0x69, 0, 0, 0, 1, 0x80],
  'strings in bundles': [0xd6, 0x62, 0, 0, 0, 5, 0x90, 0xa0, 0xa0],
  'an error of msgpackr': [0xd4, 0x65, 0, 0x93, 0xa1, 0x61, 0xa1, 0x62, 0xc0],
  'a regular expression of msgpackr': [0xd4, 0x78, 0, 0x92, 0xa1, 0x61, 0xa0],
  'the token that is never used': [0xc1],
  'an unknown extension': [0xc7, 0x01, 0x05, 0x00],
  'half an element': [0xc7, 0x02, 0x74, 0x05, 0x00],
  'elements of no class': [0xc7, 0x02, 0x74, 0x10, 0x00],
  'a set that is no list': [0xd4, 0x73, 0x00, 0x81, 0xa1, 0x61, 0x01],
  'bytes left over': [0xc0, 0xc0],
  nothing: [],
}

describe('a MessagePack that is not ours is refused before anything is built', () => {
  it.each(Object.entries(msgpackBombs))('%s', (_, bytes) => {
    const run = () => builtIn('msgpack').decode(Uint8Array.from(bytes), { meta: none, version: 1 })
    expect(codeOf(run)).toBe('ERR_CORRUPT')
  })

  it('while a name of an accessor touches no prototype', () => {
    const bytes = pack({ ['__proto__']: { polluted: 1 } })
    const back = builtIn('msgpack').decode(bytes, { meta: none, version: 1 }) as object
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })
})

describe('a graph that was tampered with', () => {
  const box = (index: number): unknown => Object(index)
  it.each([
    ['no list', 1],
    ['a place that is not there', [box(5), [], [], []]],
    ['a place below zero', [box(-1), [], [], []]],
    ['a place that leads to itself', [box(0), [[1, 'x', 1, box(0)]], [], []]],
    ['an unknown codec', [box(0), [[2, 'unknown', 1, undefined, new Uint8Array(1)]], [], []]],
    ['bytes that are none', [box(0), [[2, 'url', 1, undefined, 'abc']], [], []]],
    ['an error of no class', [box(0), [[0, 'toString', []]], [], []]],
    ['a property without a name', [box(0), [[0, 'Error', [1, 2, 3]]], [], []]],
    ['a lastIndex for what has none', [{}, [], [], [{}, 1]]],
    ['a version that is none', [box(0), [[2, 'url', 'x', undefined, new Uint8Array(1)]], [], []]],
  ])('is an error: %s', (_, message) => {
    expect(decode(builtIn('graph'), serialize(message))).toBe('error')
  })
})

describe('bytes of a wrong length', () => {
  it.each(['float64array', 'int16array', 'number', 'date', 'null', 'bigint'])(
    'are an error: %s',
    (id) => {
      expect(codeOf(() => builtIn(id).decode(new Uint8Array(3), { meta: none, version: 1 }))).toBe(
        'ERR_CORRUPT',
      )
    },
  )
})
