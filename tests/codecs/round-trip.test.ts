import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auto } from '../../src/codecs/auto.ts'
import { builtInCodecs, codecNumber } from '../../src/codecs/built-in.ts'
import { samples } from '../disk/support/samples.ts'
import { decoded, encoded, roundTrip } from './support/coding.ts'

const codec = auto()

describe('a value of every supported kind', () => {
  it.each([...samples])('comes back as what it was: %s', (_, value) => {
    expect(roundTrip(codec, value)).toStrictEqual(value)
  })

  it('however it is composed', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      withUnicodeString: true,
      maxDepth: 4,
    })
    fc.assert(
      fc.property(anything, (value) => {
        expect(roundTrip(codec, value)).toStrictEqual(value)
      }),
      { numRuns: 1_000 },
    )
  })

  it('and MessagePack alone keeps what is left to it', () => {
    const leaf = fc.oneof(
      fc.double(),
      fc.maxSafeInteger(),
      fc.integer(),
      fc.string({ unit: 'binary' }),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
      fc.boolean(),
      fc.constantFrom(null, undefined, -0, 2n ** 64n),
      fc.date(),
    )
    const names = fc.string({ unit: 'binary', maxLength: 8 })
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('tree'), { maxLength: 5 }),
        fc.dictionary(names, tie('tree'), { maxKeys: 5, noNullPrototype: true }),
      ),
    }))
    const seen = new Set<string>()
    fc.assert(
      fc.property(tree, (value) => {
        const stored = encoded(codec, [value])
        seen.add(stored.codec)
        expect(decoded(codec, stored)).toStrictEqual([value])
      }),
      { numRuns: 2_000 },
    )
    expect([...seen].sort()).toEqual(['msgpack', 'structured'])
  })

  it('keeps shared and circular references as they were', () => {
    const shared = { n: 1 }
    const value: Record<string, unknown> = { a: shared, b: [shared] }
    value['self'] = value
    const back = roundTrip(codec, value) as { a: object; b: object[]; self: unknown }
    expect(back.self).toBe(back)
    expect(back.b[0]).toBe(back.a)
    expect(back.a).toEqual(shared)
  })

  it.each([
    ['plain objects', () => ({ a: 1 })],
    ['arrays', () => [1]],
    ['dates', () => new Date(1)],
    ['buffers', () => Buffer.from('a')],
    ['maps', () => new Map()],
    ['URLs', () => new URL('https://a.example')],
    ['errors with properties', () => Object.assign(new Error('a'), { code: 1 })],
  ])('keeps what is in two places one, without any cycle: %s', (_, make) => {
    const shared = make()
    const back = roundTrip(codec, { a: shared, list: [shared, make()] }) as {
      a: unknown
      list: unknown[]
    }
    expect(back.list[0]).toBe(back.a)
    expect(back.list[1]).not.toBe(back.a)
  })

  it('keeps where a regular expression goes on', () => {
    const back = roundTrip(codec, [Object.assign(/a/g, { lastIndex: 3 })]) as RegExp[]
    expect(back[0]?.lastIndex).toBe(3)
  })

  it('keeps the cause and the kind of an error', () => {
    const back = roundTrip(codec, new TypeError('outer', { cause: 'inner' })) as TypeError
    expect(back).toBeInstanceOf(TypeError)
    expect([back.name, back.message, back.cause]).toEqual(['TypeError', 'outer', 'inner'])
    expect(Object.keys(back)).toEqual([])
  })

  it('keeps which properties of an error are enumerable', () => {
    const error = Object.assign(new Error('a', { cause: {} }), { code: 1 })
    const back = roundTrip(codec, error) as Error
    expect(Object.keys(back)).toEqual(['code'])
    // Which are values and which accessors (Node 24 has an accessor for the stack) is no part of the error.
    const facts = (of: Error) =>
      Object.entries(Object.getOwnPropertyDescriptors(of)).map(([name, { enumerable }]) => [
        name,
        enumerable,
        of[name as 'stack'],
      ])
    expect(facts(back).sort()).toStrictEqual(facts(error).sort())
  })

  it('takes an accessor as the value that it has now', () => {
    let now = 1
    const value = {
      get now() {
        return now
      },
    }
    const stored = encoded(codec, value)
    now = 2
    expect(decoded(codec, stored)).toEqual({ now: 1 })
  })

  it('makes nobody’s prototype out of a name', () => {
    const back = roundTrip(codec, JSON.parse('{"__proto__":{"polluted":true}}')) as object
    expect(Object.keys(back)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('keeps 1,000 levels and refuses more', () => {
    let value: unknown = []
    for (let level = 0; level < 1_000; level += 1) value = level % 2 === 0 ? [value] : { value }
    for (const deep of [value, [[], value]]) expect(() => encoded(codec, [deep, []])).toThrow()
    const text = JSON.stringify(value)
    expect(JSON.stringify(roundTrip(codec, value))).toBe(text)
    const withMap = { value: (value as { value: unknown }).value, more: new Map() }
    expect(JSON.stringify(roundTrip(codec, withMap))).toContain('[]')
    const withUrl = {
      value: (value as { value: unknown }).value,
      more: new URL('https://a.example'),
    }
    expect(JSON.stringify(roundTrip(codec, withUrl))).toContain('[]')
  })
})

describe('a built-in codec', () => {
  it('has a number in rows that never changes', () => {
    expect(builtInCodecs.map(({ id }) => id)).toEqual([
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
      'bigint',
      'msgpack',
      'json',
      'graph',
      'ndarray',
      'arrow',
      'arrow-vector',
      'polars',
      'arquero',
      'tensor',
      'parquet',
      'date',
      'array-buffer',
      'url',
    ])
    expect(builtInCodecs.map(({ id }) => codecNumber(id))).toEqual([...builtInCodecs.keys()])
  })
})
