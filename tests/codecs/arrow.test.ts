import { createRequire } from 'node:module'
import * as arrow from 'apache-arrow'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { arrowCodec, arrowVectorCodec } from '../../src/codecs/arrow.ts'
import { forgetArrowCopy } from '../../src/codecs/arrow-copies.ts'
import type { Codec } from '../../src/contracts/codec.ts'
import { codecSuite } from '../../src/testing/codec-suite.ts'
import {
  aligned,
  columnTypes,
  columnValues,
  denseUnion,
  sampleTable,
  sparseUnion,
  textOf,
} from './support/arrow-tables.ts'

const commonJs = createRequire(import.meta.url)('apache-arrow') as typeof arrow
const codec = arrowCodec()
const mebibyte = 2 ** 20

beforeEach(forgetArrowCopy)

function payloadOf(codec: Codec, value: unknown): { bytes: Uint8Array; meta: Uint8Array } {
  const payload = codec.encode(value)
  if (payload instanceof Uint8Array || payload.meta === undefined) throw new Error('no meta')
  return { bytes: aligned(payload.bytes), meta: payload.meta }
}

function roundTrip<T>(codec: Codec, value: T): T {
  const { bytes, meta } = payloadOf(codec, value)
  return codec.decode(bytes, { meta, version: 1 }) as T
}

function expectKept(table: arrow.Table): void {
  expect(textOf(roundTrip(codec, table))).toEqual(textOf(table))
}

function column(name: string, vector: arrow.Vector): arrow.Table {
  return new arrow.Table({ [name]: vector })
}

/** Bytes of the file without footer, per batch. */
function largestBatch(table: arrow.Table): number {
  const { bytes } = payloadOf(codec, table)
  const { footer } = arrow.RecordBatchReader.from(bytes).open() as arrow.RecordBatchFileReader
  return Math.max(...[...(footer?.recordBatches() ?? [])].map(({ bodyLength }) => bodyLength))
}

describe('a table', () => {
  it.each(Object.keys(columnTypes(arrow)))('keeps a column of %s, whole and sliced', (name) => {
    const table = sampleTable(arrow, 61, [name])
    expectKept(table)
    expectKept(table.slice(5, 29))
    expectKept(table.slice(8).slice(3, 20))
  })

  it('keeps all columns, nulls, and metadata of schema and fields', () => {
    expectKept(sampleTable(arrow, 50))
  })

  it('keeps tables without rows, columns or batches', () => {
    expectKept(new arrow.Table())
    expectKept(sampleTable(arrow, 0))
    const { schema } = sampleTable(arrow, 1)
    expectKept(new arrow.Table(schema, []))
    expect(roundTrip(codec, new arrow.Table(schema, [])).numRows).toBe(0)
  })

  it('keeps chunks, and any slice of them', () => {
    const parts = [sampleTable(arrow, 3), sampleTable(arrow, 0), sampleTable(arrow, 90)]
    const table = parts.slice(1).reduce((all, part) => all.concat(part), parts[0] as arrow.Table)
    expectKept(table)
    const range = fc.tuple(fc.nat(93), fc.nat(93))
    fc.assert(
      fc.property(range, ([one, two]) => {
        expectKept(table.slice(Math.min(one, two), Math.max(one, two)))
      }),
      { numRuns: 25 },
    )
  })

  it('keeps unions', () => {
    for (const union of [denseUnion(arrow), sparseUnion(arrow)]) {
      expectKept(column('union', union))
      expectKept(column('union', union).slice(1, 5))
    }
  })

  it('keeps a thousand columns', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `c${index}`)
    const columns = names.map((name, index) => [name, Int32Array.of(index, -index)])
    expectKept(arrow.tableFromArrays(Object.fromEntries(columns)))
  })

  it('keeps columns of unequal length, whose ends apache-arrow leaves without values', () => {
    for (const name of Object.keys(columnTypes(arrow))) {
      const long = arrow.vectorFromArray(Int32Array.from({ length: 20 }, (_, row) => row))
      const short = sampleTable(arrow, 3, [name]).getChildAt(0) as arrow.Vector
      const table = new arrow.Table({ long, short })
      expect(table.numRows).toBe(20)
      expectKept(table)
      expectKept(
        new arrow.Table([
          new arrow.RecordBatch({ long: long.data[0], short: short.data[0] } as never),
        ]),
      )
    }
  })

  it('keeps metadata of batches', () => {
    const [batch] = sampleTable(arrow, 4).batches
    if (batch === undefined) throw new Error('no batch')
    const metadata = new Map([['part', 'first']])
    const table = new arrow.Table([new arrow.RecordBatch(batch.schema, batch.data, metadata)])
    expect(roundTrip(codec, table).batches[0]?.metadata).toEqual(metadata)
  })

  it('is written in the format that others read', () => {
    const table = sampleTable(arrow, 100)
    const { bytes } = payloadOf(codec, table)
    expect(textOf(arrow.tableFromIPC(bytes))).toEqual(textOf(table))
  })
})

describe('dictionaries', () => {
  const words = (...values: (string | null)[]): arrow.Vector => arrow.vectorFromArray(values)

  it('of tables that were put together become one', () => {
    const one = column('word', words('a', 'b', null))
    const two = column('word', words('c', 'b'))
    const table = one.concat(two).concat(one)
    expectKept(table)
    const back = roundTrip(codec, table)
    expect(new Set(back.batches.map(({ data }) => data.children[0]?.dictionary)).size).toBe(1)
  })

  it('in lists and structs too', () => {
    const type = () =>
      new arrow.Struct([
        arrow.Field.new(
          'words',
          new arrow.List(
            arrow.Field.new(
              'item',
              new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8(), 5),
              true,
            ),
          ),
          true,
        ),
      ])
    const part = (...values: string[]): arrow.Table =>
      column(
        'nested',
        arrow.vectorFromArray(
          values.map((value) => ({ words: [value, 'z'] })),
          type(),
        ),
      )
    expectKept(part('a', 'b').concat(part('c', 'a')).slice(1))
  })

  it('of two columns under one id get ids of their own', () => {
    const type = new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32(), 1)
    const one = arrow.vectorFromArray(['a', 'b'], type)
    const two = arrow.vectorFromArray(['x', 'a'], type)
    const back = roundTrip(codec, new arrow.Table({ one, two }))
    expect(back.toArray().map((row) => row?.toJSON())).toEqual([
      { one: 'a', two: 'x' },
      { one: 'b', two: 'a' },
    ])
  })

  it('may grow from batch to batch', () => {
    const type = new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32(), 7)
    const builder = arrow.makeBuilder({ type })
    const batches = ['ab', 'bc', 'dea'].map((letters) => {
      for (const letter of letters) builder.append(letter)
      const data = builder.flush()
      return new arrow.RecordBatch({ letter: data })
    })
    expectKept(new arrow.Table(batches))
  })

  it('that do not fit the indices together are refused', () => {
    const type = () => new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8(), 5)
    const part = (from: number): arrow.Table =>
      column(
        'w',
        arrow.vectorFromArray(
          Array.from({ length: 100 }, (_, i) => `${from + i}`),
          type(),
        ),
      )
    const code = { code: 'ERR_UNSUPPORTED_VALUE' }
    expect(() => codec.encode(part(0).concat(part(100)))).toThrow(expect.objectContaining(code))
  })
})

describe('record batches', () => {
  it('hold at most 8 MiB', () => {
    const rows = 600_000
    const numbers = Float64Array.from({ length: rows }, (_, row) => row)
    const nulls = new Uint8Array(rows / 8).fill(0b0111_1110)
    const data = arrow.makeData({
      type: new arrow.Float64(),
      length: rows,
      nullBitmap: nulls,
      data: numbers,
    })
    const bits = arrow.makeData({ type: new arrow.Bool(), length: rows, data: nulls })
    const table = new arrow.Table({
      numbers: new arrow.Vector([data]),
      bits: new arrow.Vector([bits]),
      copies: new arrow.Vector([data]),
    })
    expect(largestBatch(table)).toBeLessThanOrEqual(8 * mebibyte)
    expect(largestBatch(table)).toBeGreaterThan(4 * mebibyte)
    const back = roundTrip(codec, table)
    expect(back.batches).toHaveLength(2)
    for (const name of ['numbers', 'bits', 'copies'] as const) {
      const [was, is] = [table.getChild(name), back.getChild(name)]
      expect(is?.nullCount).toBe(was?.nullCount)
      for (let row = 0; row < rows; row += 997) expect(is?.get(row)).toBe(was?.get(row))
    }
  })

  it('hold at most 8 MiB of lists with nulls, and of text that is unevenly long', () => {
    const child = arrow.makeData({
      ...{ type: new arrow.Int32(), length: 5_000_000, data: new Int32Array(5_000_000).fill(7) },
      nullBitmap: new Uint8Array(625_000).fill(0x5f),
    })
    const type = new arrow.List(arrow.Field.new('item', new arrow.Int32(), true))
    const valueOffsets = Int32Array.from({ length: 1_000_001 }, (_, row) => row * 5)
    const lists = column(
      'list',
      new arrow.Vector([arrow.makeData({ type, length: 1_000_000, valueOffsets, child })]),
    )
    expect(largestBatch(lists)).toBeLessThanOrEqual(8 * mebibyte)
    const back = roundTrip(codec, lists)
    expect(columnValues(back.slice(999_990).getChildAt(0))).toEqual(
      columnValues(lists.slice(999_990).getChildAt(0)),
    )
    const texts = Array.from({ length: 40 }, (_, row) => 'x'.repeat(row < 4 ? 3 * mebibyte : 10))
    const uneven = column('text', arrow.vectorFromArray(texts, new arrow.Utf8()))
    expect(largestBatch(uneven)).toBeLessThanOrEqual(8 * mebibyte)
    expect(columnValues(roundTrip(codec, uneven).getChildAt(0))).toEqual(texts)
  })

  it('may hold one row that is larger', () => {
    const table = column(
      'text',
      arrow.vectorFromArray(['a', 'x'.repeat(9 * mebibyte), 'b'], new arrow.Utf8()),
    )
    expectKept(table)
    expect(roundTrip(codec, table).batches.length).toBeGreaterThan(1)
  })

  it('of a slice hold its rows, not what it was cut from', () => {
    const nulls = new Uint8Array(mebibyte).fill(0x55)
    const data = arrow.makeData({
      type: new arrow.Bool(),
      length: 8 * mebibyte,
      nullBitmap: nulls,
      data: nulls,
    })
    const slice = column('bit', new arrow.Vector([data])).slice(1001, 1011)
    expect(payloadOf(codec, slice).bytes.byteLength).toBeLessThan(1000)
    expectKept(slice)
  })

  it('of views hold what they point to', () => {
    const texts = Array.from({ length: 200_000 }, (_, row) =>
      row % 3 ? `a text that is not inline ${row}` : row % 2 ? 'short' : null,
    )
    const table = column('view', arrow.vectorFromArray(texts, new arrow.Utf8View()))
    expect(largestBatch(table)).toBeLessThanOrEqual(8 * mebibyte)
    expect(columnValues(roundTrip(codec, table).getChildAt(0))).toEqual(texts)
    const slice = table.slice(100_000, 100_010)
    expect(payloadOf(codec, slice).bytes.byteLength).toBeLessThan(2000)
    expectKept(slice)
  })
})

describe('reading', () => {
  it('gives views of the bytes, and of nothing else', () => {
    const table = sampleTable(arrow, 100)
    const { bytes, meta } = payloadOf(codec, table)
    const back = codec.decode(bytes, { meta, version: 1 }) as arrow.Table
    const visit = (data: arrow.Data): void => {
      for (const buffer of [data.values, data.valueOffsets, data.nullBitmap])
        if (buffer !== undefined && buffer.byteLength > 0) expect(buffer.buffer).toBe(bytes.buffer)
      data.children.forEach(visit)
      data.dictionary?.data.forEach(visit)
    }
    for (const batch of back.batches) batch.data.children.forEach(visit)
  })

  it('copes with bytes that are not aligned, and with a Buffer', () => {
    const table = sampleTable(arrow, 30)
    const { bytes, meta } = payloadOf(codec, table)
    for (const offset of [1, 4, 8]) {
      const shifted = Buffer.alloc(bytes.byteLength + 16).subarray(
        offset,
        offset + bytes.byteLength,
      )
      shifted.set(bytes)
      const back = codec.decode(shifted, { meta, version: 1 }) as arrow.Table
      expect(textOf(back)).toEqual(textOf(table))
      expect(back.getChild('bytes')?.get(0)).not.toBeInstanceOf(Buffer)
    }
  })

  it('opens batches when they are used, with and without the row counts', () => {
    const one = sampleTable(arrow, 10, ['int32', 'text'])
    const table = Array.from({ length: 19 }, () => one).reduce((all, part) => all.concat(part), one)
    const { bytes, meta } = payloadOf(codec, table)
    const { footer } = arrow.RecordBatchReader.from(bytes).open() as arrow.RecordBatchFileReader
    const block = footer?.getRecordBatch(15)
    bytes.fill(0xff, block?.offset, (block?.offset ?? 0) + (block?.metaDataLength ?? 0))
    const back = codec.decode(bytes, { meta, version: 1 }) as arrow.Table
    expect(back.numRows).toBe(200)
    expect(back.get(149)?.toJSON()).toEqual(table.get(149)?.toJSON())
    expect(back.get(199)?.['int32']).toBe(-9)
    const corrupt = expect.objectContaining({ code: 'ERR_CORRUPT' })
    expect(() => back.get(150)?.toJSON()).toThrow(corrupt)
    expect(() => back.getChild('text')).toThrow(corrupt)
    const none = { meta: new Uint8Array(0), version: 1 }
    expect(() => codec.decode(bytes, none)).toThrow(corrupt)
    const intact = payloadOf(codec, table).bytes
    expect(textOf(codec.decode(intact, none) as arrow.Table)).toEqual(textOf(table))
  })

  it('gives a table that can be used as any other', () => {
    const table = sampleTable(arrow, 20, ['int32', 'text', 'category'])
    const back = roundTrip(codec, table.concat(table))
    expect(back.slice(15, 25).toArray().map(String)).toEqual(
      table.concat(table).slice(15, 25).toArray().map(String),
    )
    expect(back.select(['text']).numCols).toBe(1)
    expect([...(back.batches[1] as Iterable<unknown>)]).toHaveLength(20)
    expect(back.nullCount).toBe(0)
    expect(textOf(arrow.tableFromIPC(arrow.tableToIPC(back)))).toEqual(textOf(table.concat(table)))
    expectKept(back)
    expectKept(back.concat(table))
  })
})

describe('copies of apache-arrow', () => {
  it('are both taken by shape; tables come back in the copy that was handed in', () => {
    for (const library of [arrow, commonJs]) {
      const table = sampleTable(library, 9)
      expect(codec.test(table)).toBe(true)
      for (const given of [arrow, commonJs]) {
        const back = roundTrip(arrowCodec({ arrow: given }), table)
        expect(Object.getPrototypeOf(back)).toBe(given.Table.prototype)
        expect(textOf(back)).toEqual(textOf(table))
      }
    }
  })

  it('the first one seen is the one that is given back', () => {
    const { bytes, meta } = payloadOf(codec, sampleTable(arrow, 3))
    for (const library of [commonJs, arrow]) {
      forgetArrowCopy()
      codec.encode(library.tableFromArrays({ a: [1] }))
      const back = codec.decode(bytes, { meta, version: 1 })
      expect(Object.getPrototypeOf(back)).toBe(library.Table.prototype)
    }
  })

  it('a program that imports and has stored none gets that of import', () => {
    const { bytes, meta } = payloadOf(codec, commonJs.tableFromArrays({ a: [1] }))
    forgetArrowCopy()
    const back = codec.decode(bytes, { meta, version: 1 })
    expect(Object.getPrototypeOf(back)).toBe(arrow.Table.prototype)
  })

  it('that cannot be found must be handed in', () => {
    class Table extends Object {}
    const stranger = Object.assign(new Table(), {
      ...arrow.tableFromArrays({ a: [1] }),
      numRows: 1,
      getChildAt: () => null,
    })
    expect(codec.test(stranger)).toBe(true)
    const refused = expect.objectContaining({
      code: 'ERR_UNSUPPORTED_VALUE',
      message: expect.stringContaining('arrow('),
    })
    expect(() => codec.encode(stranger)).toThrow(refused)
  })
})

describe('a vector', () => {
  const vectors = arrowVectorCodec()

  it.each(Object.keys(columnTypes(arrow)))('of %s comes back as a vector', (name) => {
    const vector = sampleTable(arrow, 33, [name]).getChildAt(0) as arrow.Vector
    for (const value of [vector, vector.slice(9, 20), vector.slice(0, 0), vector.concat(vector)]) {
      expect(vectors.test(value)).toBe(true)
      const back = roundTrip(vectors, value)
      expect(Object.getPrototypeOf(back.data[0])).toBe(arrow.Data.prototype)
      expect(String(back.type)).toBe(String(vector.type))
      expect(columnValues(back)).toEqual(columnValues(value))
    }
  })

  it('of the other copy, and a memoized one', () => {
    const vector = commonJs.vectorFromArray(['a', 'b', null], new commonJs.Utf8()).memoize()
    const back = roundTrip(vectors, vector)
    expect([...back]).toEqual(['a', 'b', null])
  })
})

describe('options', () => {
  it('say how the bytes are compressed', () => {
    expect(arrowCodec().compression).toBe('none')
    expect(arrowCodec({ compression: 'zstd' }).compression).toBe('zstd')
    expect(arrowVectorCodec({ compression: 'lz4' }).compression).toBe('lz4')
  })

  it('that make no sense are refused, and so are other values', () => {
    const invalid = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
    expect(() => arrowCodec({ compression: 'gzip' as never })).toThrow(invalid)
    expect(() => arrowCodec({ arrow: {} as never })).toThrow(invalid)
    const refused = expect.objectContaining({ code: 'ERR_UNSUPPORTED_VALUE' })
    for (const value of [
      null,
      1,
      [],
      {},
      { schema: {}, batches: [] },
      sampleTable(arrow, 1).batches[0],
    ]) {
      expect(codec.test(value)).toBe(false)
      expect(arrowVectorCodec().test(value)).toBe(false)
      expect(() => codec.encode(value)).toThrow(refused)
      expect(() => arrowVectorCodec().encode(value)).toThrow(refused)
    }
  })
})

describe('conformance', () => {
  const equal = (actual: unknown, expected: unknown): void => {
    const [is, was] = [actual, expected] as arrow.Table[]
    expect(textOf(is as arrow.Table)).toEqual(textOf(was as arrow.Table))
  }
  const suite = codecSuite({
    codec,
    values: { columns: sampleTable(arrow, 20), nothing: new arrow.Table() },
    refused: { text: 'text', 'a record batch': sampleTable(arrow, 1).batches[0] },
    equal,
  })
  it.each(suite)('$name', ({ run }) => run())
})
