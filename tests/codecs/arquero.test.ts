import * as aq from 'arquero'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arqueroCodec } from '../../src/codecs/arquero.ts'
import { codecSuite } from '../../src/testing/codec-suite.ts'

const codec = arqueroCodec({ arquero: aq })
const info = { meta: new Uint8Array(0), version: 1 }
const unsupported = expect.objectContaining({ code: 'ERR_UNSUPPORTED_VALUE' })

type Table = ReturnType<typeof aq.table>

function roundTrip(table: Table, own = codec): Table {
  expect(own.test?.(table)).toBe(true)
  return own.decode(Uint8Array.from(own.encode(table) as Uint8Array), info) as Table
}

function rows(table: Table): object[] {
  return table.objects({ limit: Number.POSITIVE_INFINITY })
}

const sample = aq.table({
  whole: [1, 2, null],
  real: [0.5, Number.NaN, -1e300],
  large: [2 ** 40, -1, 0],
  big: [1n, -(2n ** 62n), null],
  text: ['x', 'π', null],
  flag: [true, null, false],
  date: [new Date(0), new Date(1e12), null],
  typed: Float32Array.of(1, 2.5, 3),
  object: [
    { x: 1, y: 'a' },
    { x: 2, y: null },
    { x: 3, y: 'c' },
  ],
  texts: [['a'], [], ['b', 'c']],
  nothing: [null, null, null],
})

describe('a table', () => {
  it('keeps columns of every kind', () => {
    const back = roundTrip(sample)
    expect(back).toBeInstanceOf(aq.ColumnTable)
    expect(back.columnNames()).toEqual(sample.columnNames())
    expect(rows(back)).toEqual(rows(sample))
    expect(rows(roundTrip(back))).toEqual(rows(sample))
  })

  it('keeps tables without rows or columns', () => {
    expect(roundTrip(aq.table({})).numCols()).toBe(0)
    const back = roundTrip(aq.table({ a: [], b: [] }))
    expect([back.numRows(), back.columnNames()]).toEqual([0, ['a', 'b']])
  })

  it('is what can be seen of it: filtered and in order', () => {
    const table = aq
      .table({ a: [3, 1, 2, 5] })
      .filter(aq.escape((row: { a: number }) => row.a > 1))
      .orderby('a')
    expect(roundTrip(table).array('a')).toEqual([2, 3, 5])
  })

  it('keeps any numbers and texts', () => {
    const texts = fc.array(fc.option(fc.string({ unit: 'grapheme' })), { minLength: 1 })
    fc.assert(
      fc.property(texts, fc.array(fc.double(), { minLength: 1 }), (text, number) => {
        // A table of nothing but nulls is refused by arquero's Arrow writer.
        const one = text.map(() => 1)
        expect([...roundTrip(aq.table({ text, one })).array('text')]).toEqual(text)
        // Columns of nothing but integers are stored as integers, which have no -0.
        const real = [...number, 0.5]
        expect([...roundTrip(aq.table({ real })).array('real')]).toEqual(real)
      }),
      { numRuns: 50 },
    )
  })

  it('of bytes that are not aligned', () => {
    const bytes = codec.encode(sample) as Uint8Array
    const shifted = Buffer.alloc(bytes.length + 3).subarray(3)
    shifted.set(bytes)
    expect(rows(codec.decode(shifted, info) as Table)).toEqual(rows(sample))
  })
})

describe('what is refused', () => {
  it('grouped tables, columns of mixed types, and other values', () => {
    const values = [
      sample.groupby('whole'),
      aq.table({ a: [1, 'x'] }),
      aq.table({ a: [new Set()] }),
    ]
    for (const value of [...values, null, 1, {}])
      expect(() => codec.encode(value)).toThrow(unsupported)
    for (const value of [null, 1, {}, []]) expect(codec.test?.(value)).toBe(false)
  })

  it('a module that is none; without one the installed one is used', () => {
    const invalid = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
    expect(() => arqueroCodec({ arquero: {} as never })).toThrow(invalid)
    expect(rows(roundTrip(sample, arqueroCodec()))).toEqual(rows(sample))
    let reads = 0
    const fromArrow: typeof aq.fromArrow = (...given) => {
      reads += 1
      return aq.fromArrow(...given)
    }
    roundTrip(sample, arqueroCodec({ arquero: { fromArrow } as never }))
    expect(reads).toBe(1)
  })

  it('bytes that were changed or cut off throw, or are read', () => {
    const bytes = codec.encode(sample) as Uint8Array
    for (let length = 0; length < bytes.length; length += 1)
      expect(() => codec.decode(bytes.subarray(0, length), info)).toThrow()
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const changed = Uint8Array.from(bytes)
        for (const [at, value] of changes) changed[at] = value
        try {
          codec.decode(changed, info)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
      { numRuns: 3000 },
    )
  })
})

describe('conformance', () => {
  const suite = codecSuite({
    codec,
    values: { columns: sample },
    refused: { groups: sample.groupby('whole'), text: 'text' },
    equal: (actual, expected) => expect(rows(actual as Table)).toEqual(rows(expected as Table)),
  })
  it.each(suite)('$name', ({ run }) => run())
})
