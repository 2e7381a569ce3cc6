import { createRequire } from 'node:module'
import * as arrow from 'apache-arrow'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { forgetArrowCopy } from '../../src/codecs/arrow-copies.ts'
import { type ParquetModule, type ParquetOptions, parquetCodec } from '../../src/codecs/parquet.ts'
import type { Payload } from '../../src/contracts/codec.ts'
import { codecSuite } from '../../src/testing/codec-suite.ts'
import { columnTypes, denseUnion, sampleTable, textOf } from './support/arrow-tables.ts'

const require = createRequire(import.meta.url)
const parquet = require('parquet-wasm') as ParquetModule
const commonJs = require('apache-arrow') as typeof arrow

beforeEach(forgetArrowCopy)

function stored(
  table: arrow.Table,
  options?: ParquetOptions,
): { bytes: Uint8Array; meta: Uint8Array } {
  const { bytes, meta = new Uint8Array(0) } = parquetCodec(options).encode(table) as Payload
  return { bytes, meta }
}

function roundTrip(table: arrow.Table, options?: ParquetOptions): arrow.Table {
  const { bytes, meta } = stored(table, options)
  return parquetCodec(options).decode(bytes, { meta, version: 1 }) as arrow.Table
}

describe('a table', () => {
  it.each(Object.keys(columnTypes(arrow)))('keeps a column of %s', (name) => {
    const table = sampleTable(arrow, 40, [name])
    expect(textOf(roundTrip(table))).toEqual(textOf(table))
  })

  it('keeps all columns and metadata, chunks and slices', () => {
    const table = sampleTable(arrow, 30)
    expect(textOf(roundTrip(table))).toEqual(textOf(table))
    const parts = table.concat(table).slice(7, 50)
    expect(textOf(roundTrip(parts))).toEqual(textOf(parts))
  })

  it('keeps tables without rows', () => {
    const table = sampleTable(arrow, 0)
    expect(textOf(roundTrip(table))).toEqual(textOf(table))
    expect(roundTrip(new arrow.Table(table.schema, [])).numRows).toBe(0)
  })

  it('of many rows', () => {
    const table = arrow.tableFromArrays({
      row: Int32Array.from({ length: 200_000 }, (_, row) => row),
    })
    const back = roundTrip(table)
    expect(back.numRows).toBe(200_000)
    expect(back.getChild('row')?.get(199_999)).toBe(199_999)
  })

  it('that Parquet has no type for is refused', () => {
    const table = new arrow.Table({ union: denseUnion(arrow) })
    const refused = expect.objectContaining({ code: 'ERR_UNSUPPORTED_VALUE' })
    expect(() => parquetCodec().encode(table)).toThrow(refused)
    for (const value of [null, 1, {}]) {
      expect(parquetCodec().test?.(value)).toBe(false)
      expect(() => parquetCodec().encode(value)).toThrow(refused)
    }
    // The module can be used after that.
    expect(roundTrip(sampleTable(arrow, 2, ['text'])).numRows).toBe(2)
  })
})

describe('options', () => {
  it('compression: each is used, and none is the largest', () => {
    const table = arrow.tableFromArrays({
      text: Array.from({ length: 5000 }, (_, row) => `row ${row}`),
    })
    const sizes = (['none', 'snappy', 'gzip', 'brotli', 'lz4', 'zstd'] as const).map(
      (compression) => {
        expect(textOf(roundTrip(table, { compression }))).toEqual(textOf(table))
        return stored(table, { compression }).bytes.byteLength
      },
    )
    expect(new Set(sizes).size).toBe(6)
    expect(Math.max(...sizes)).toBe(sizes[0])
    expect(stored(table).bytes.byteLength).toBe(sizes[5])
  })

  it('arrow: tables come back in that copy; parquet: that module does it', () => {
    const table = sampleTable(arrow, 3)
    for (const given of [arrow, commonJs])
      expect(Object.getPrototypeOf(roundTrip(table, { arrow: given }))).toBe(given.Table.prototype)
    let reads = 0
    const counting: ParquetModule = {
      ...parquet,
      readParquet: (...given) => {
        reads += 1
        return parquet.readParquet(...given)
      },
    }
    roundTrip(table, { parquet: counting })
    expect(reads).toBe(1)
  })

  it('that make no sense are refused', () => {
    const invalid = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
    expect(() => parquetCodec({ compression: 'toString' as never })).toThrow(invalid)
    expect(() => parquetCodec({ parquet: {} as never })).toThrow(invalid)
    expect(() => parquetCodec({ arrow: {} as never })).toThrow(invalid)
  })
})

it('bytes that were changed or cut off throw or are read, and the module works on', () => {
  const table = sampleTable(arrow, 20, ['int32', 'text', 'list', 'category', 'zoned'])
  const { bytes, meta } = stored(table)
  const decode = (changed: Uint8Array, rows = meta): unknown =>
    parquetCodec().decode(changed, { meta: rows, version: 1 })
  for (let length = 0; length < bytes.length; length += 7)
    expect(() => decode(bytes.subarray(0, length))).toThrow()
  expect(() => decode(bytes, Uint8Array.of(1, 19))).toThrow()
  expect(() => decode(bytes, Uint8Array.of(1, 21))).toThrow()
  const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }))
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const changed = Uint8Array.from(bytes)
      for (const [at, value] of changes) changed[at] = value
      try {
        textOf(decode(changed) as arrow.Table)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
      }
    }),
    { numRuns: 500 },
  )
  expect(textOf(decode(bytes) as arrow.Table)).toEqual(textOf(table))
})

describe('conformance', () => {
  const suite = codecSuite({
    codec: parquetCodec(),
    values: { columns: sampleTable(arrow, 20) },
    refused: { text: 'text' },
    equal: (actual, expected) =>
      expect(textOf(actual as arrow.Table)).toEqual(textOf(expected as arrow.Table)),
  })
  it.each(suite)('$name', ({ run }) => run())
})
