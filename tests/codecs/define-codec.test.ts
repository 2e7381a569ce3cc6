import { describe, expect, it } from 'vitest'
import { auto } from '../../src/codecs/auto.ts'
import { classCodec } from '../../src/codecs/class-codec.ts'
import { type CodecDefinition, defineCodec } from '../../src/codecs/define-codec.ts'
import type { Payload, PayloadInfo } from '../../src/contracts/codec.ts'
import { codecSuite } from '../../src/testing/codec-suite.ts'
import { codeOf } from '../support/code-of.ts'
import { decoded, encoded, roundTrip } from './support/coding.ts'

class Bitmap {
  readonly width: number
  readonly dots: Uint8Array
  constructor(width: number, dots: Uint8Array) {
    this.width = width
    this.dots = dots
  }
}

const definition: CodecDefinition<Bitmap> = {
  id: 'test.bitmap',
  test: (value) => value instanceof Bitmap,
  encode: ({ width, dots }): Payload => ({
    bytes: dots,
    meta: Uint8Array.of(width),
    elementBytes: 1,
  }),
  decode: (bytes: Uint8Array, { meta }: PayloadInfo) =>
    new Bitmap(meta[0] ?? 0, new Uint8Array(bytes)),
}
const bitmaps = defineCodec(definition)
const values = {
  'a bitmap': new Bitmap(2, Uint8Array.of(1, 0, 1, 0)),
  'an empty one': new Bitmap(0, new Uint8Array(0)),
}

describe('defineCodec', () => {
  for (const { name, run } of codecSuite({ codec: bitmaps, values })) it(`alone ${name}`, run)
  const nested = {
    ...values,
    'a list': [values['a bitmap']],
    'a map': new Map([[values['a bitmap'], 1]]),
  }
  const suite = codecSuite({ codec: auto({ codecs: [bitmaps] }), values: nested })
  for (const { name, run } of suite) it(`within auto ${name}`, run)

  it('takes another value for bytes', () => {
    const codec = defineCodec({
      id: 'test.text',
      test: (value) => value instanceof Bitmap,
      encode: ({ width, dots }: Bitmap) => new Map([[width, [...dots]]]),
      decode: (map: Map<number, number[]>) => {
        const [width, dots] = [...map][0] ?? [0, []]
        return new Bitmap(width, Uint8Array.from(dots))
      },
    })
    for (const value of Object.values(values)) {
      expect(roundTrip(codec, value)).toStrictEqual(value)
      expect(roundTrip(auto({ codecs: [codec] }), [value])).toStrictEqual([value])
    }
  })

  it('is asked for plain objects too, before the built-in ones', () => {
    const codec = defineCodec({
      id: 'test.point',
      test: (value) => typeof value === 'object' && value !== null && 'x' in value,
      encode: ({ x }: { x: number }) => Uint8Array.of(x),
      decode: (bytes: Uint8Array) => ({ x: bytes[0] ?? -1 }),
    })
    const own = auto({ codecs: [codec] })
    expect(encoded(own, { x: 1 }).codec).toBe('test.point')
    expect(encoded(own, [{ x: 1 }]).codec).toBe('graph')
    expect(roundTrip(own, [{ x: 1 }, { y: 2 }])).toStrictEqual([{ x: 1 }, { y: 2 }])
  })

  it('takes no bytes of another version but through migrate', () => {
    const value = values['a bitmap']
    const stored = encoded(bitmaps, value)
    expect(codeOf(() => decoded(defineCodec({ ...definition, version: 2 }), stored))).toBe(
      'ERR_UNSUPPORTED_VALUE',
    )
    const migrating = defineCodec({
      ...definition,
      version: 2,
      migrate: (bytes: Uint8Array, version) => new Bitmap(version, new Uint8Array(bytes)),
    })
    expect(decoded(migrating, stored)).toStrictEqual(new Bitmap(1, value.dots))
  })

  it('copies bytes that it uses again', () => {
    const scratch = new Uint8Array(1)
    const codec = defineCodec({
      id: 'test.scratch',
      test: (value) => value instanceof Bitmap,
      encode: ({ width }: Bitmap) => {
        scratch[0] = width
        return scratch
      },
      decode: (bytes: Uint8Array) => new Bitmap(bytes[0] ?? 0, new Uint8Array(0)),
    })
    const list = [1, 2, 3].map((width) => new Bitmap(width, new Uint8Array(0)))
    expect(roundTrip(auto({ codecs: [codec] }), list)).toStrictEqual(list)
  })

  it.each([
    ['an id with a space', { id: 'a b' }],
    ['the id of a built-in codec', { id: 'msgpack' }],
    ['a version below 1', { version: -1 }],
    ['no test', { test: undefined }],
    ['no encode', { encode: 1 }],
    ['an unknown option', { tset: 1 }],
  ])('refuses %s', (_, wrong) => {
    expect(codeOf(() => defineCodec({ ...definition, ...wrong } as typeof definition))).toBe(
      'ERR_INVALID_OPTION',
    )
  })
})

describe('auto refuses', () => {
  const twin = classCodec({
    id: 'test.bitmap',
    class: Bitmap,
    encode: () => 1,
    decode: () => new Bitmap(0, new Uint8Array(0)),
  })
  it.each([
    ['two codecs of one id', { codecs: [bitmaps], classes: [twin] }],
    [
      'a codec without a test',
      { codecs: [{ id: 'x', encode: () => new Uint8Array(0), decode: () => 1 }] },
    ],
    ['what is no list', { classes: bitmaps }],
    ['a class instead of its codec', { classes: [Bitmap] }],
    ['an unknown option', { class: [] }],
    ['another object as tf', { tf: {} }],
    ['another object as polars', { polars: {} }],
  ])('%s', (_, options) => {
    expect(codeOf(() => auto(options as object))).toBe('ERR_INVALID_OPTION')
  })
})
