import { describe, expect, it } from 'vitest'
import { basicCodecFor, basicCodecs } from '../../src/codecs/basic.ts'
import { structuredCodec } from '../../src/codecs/structured.ts'
import { samples } from '../disk/support/samples.ts'

/** What a store does with a value: bytes by one codec, copied, and back by the codec of that number. */
function roundTrip(value: unknown): unknown {
  const codec = basicCodecFor(value)
  const number = basicCodecs.indexOf(codec)
  const bytes = Uint8Array.from(codec.encode(value))
  return basicCodecs[number]?.decode(bytes)
}

const part = [1]

const more: readonly (readonly [string, unknown])[] = [
  ['minus infinity', Number.NEGATIVE_INFINITY],
  ['a negative bigint', -(2n ** 64n)],
  ['an error', new Error('message')],
  ['a type error', new TypeError('message')],
  ['a range error', new RangeError('')],
  ['a data view', new DataView(Uint8Array.of(1, 2, 3).buffer, 1, 1)],
  ['a regular expression with every flag', /(?<a>x)\/y/dgimsuy],
  ['a sparse array', Object.assign(new Array<number>(3), { 1: 5 })],
  ['a map of maps', new Map([[new Map([[1, 2]]), new Map()]])],
  ['a set with NaN and minus zero', new Set([Number.NaN, 'a', null])],
  ['dates in objects', { at: [new Date(1), { never: new Date(Number.NaN) }] }],
  ['bytes in objects', { view: new Uint8Array([1, 2]), buffer: Buffer.from('ab') }],
  ['empty names', { '': { '': '' } }],
  ['an array buffer in an object', { buffer: Uint8Array.of(1, 2).buffer }],
  ['shared parts', { a: part, b: part }],
]

describe('a value of every supported kind', () => {
  it.each([...samples, ...more])('comes back as what it was: %s', (_, value) => {
    const back = roundTrip(value)
    expect(back).toStrictEqual(value)
    if (typeof value !== 'object' || value === null) return
    expect(Object.getPrototypeOf(back)).toBe(Object.getPrototypeOf(value))
    expect(back).not.toBe(value)
  })

  it.each([
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
  ])('every typed array, alone and in an object: %o', (type) => {
    // A view that begins within its buffer, as most real ones do.
    const value = new type(new type([9, 1, 2, 3, 9]).buffer, type.BYTES_PER_ELEMENT, 3)
    expect(roundTrip(value)).toStrictEqual(new type([1, 2, 3]))
    expect(roundTrip({ value })).toStrictEqual({ value: new type([1, 2, 3]) })
    expect(roundTrip(new type(0))).toStrictEqual(new type(0))
  })

  it.each([BigInt64Array, BigUint64Array])('and those of bigints: %o', (type) => {
    const value = new type([0n, 1n, 2n ** 62n])
    expect(roundTrip(value)).toStrictEqual(value)
    expect(roundTrip([value])).toStrictEqual([value])
  })

  it('keeps shared and circular references as they were', () => {
    const shared = { n: 1 }
    const value: Record<string, unknown> = { a: shared, b: [shared] }
    value['self'] = value
    const back = roundTrip(value) as { a: object; b: object[]; self: unknown }
    expect(back.self).toBe(back)
    expect(back.b[0]).toBe(back.a)
    expect(back.a).toEqual(shared)
  })

  it('keeps the cause and the kind of an error', () => {
    const back = roundTrip(new TypeError('outer', { cause: 'inner' })) as TypeError
    expect(back).toBeInstanceOf(TypeError)
    expect([back.name, back.message, back.cause]).toEqual(['TypeError', 'outer', 'inner'])
  })

  it('takes an accessor as the value that it has now', () => {
    let now = 1
    const value = {
      get now() {
        return now
      },
    }
    const bytes = basicCodecFor(value).encode(value)
    now = 2
    expect(structuredCodec.decode(bytes)).toEqual({ now: 1 })
  })

  it('makes nobody’s prototype out of a name', () => {
    const value: unknown = JSON.parse('{"__proto__":{"polluted":true}}')
    const back = roundTrip(value) as object
    expect(Object.keys(back)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('has a number in rows that never changes', () => {
    expect(basicCodecs.map(({ id }) => id)).toEqual([
      'undefined',
      'null',
      'false',
      'true',
      'number',
      'text',
      'bytes',
      'buffer',
      'structured',
      'int8array',
      'uint8clampedarray',
      'int16array',
      'uint16array',
      'int32array',
      'uint32array',
      'float32array',
      'float64array',
      'bigint64array',
      'biguint64array',
    ])
  })
})
