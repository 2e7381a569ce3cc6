import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import * as arrow from 'apache-arrow'
import * as arquero from 'arquero'
import { arrowCodec } from '../../src/codecs/arrow.ts'
import { auto } from '../../src/codecs/auto.ts'
import { classCodec } from '../../src/codecs/class-codec.ts'
import { defineCodec } from '../../src/codecs/define-codec.ts'
import { json } from '../../src/codecs/json.ts'
import { parquetCodec } from '../../src/codecs/parquet.ts'
import { type PolarsModule, polarsCodec } from '../../src/codecs/polars.ts'
import type { Codec } from '../../src/contracts/codec.ts'
import { encryption } from '../../src/frame/encryption.ts'

/*
 * The values that the fixtures of released versions were made of. Never change one: add others beside it. What a fixture holds
 * is compared with what is made here.
 */

/** A class of a user. */
export class Money {
  readonly cents: bigint
  readonly currency: string

  constructor(cents: bigint, currency: string) {
    this.cents = cents
    this.currency = currency
  }
}

const money = classCodec({
  id: 'test.money',
  version: 2,
  class: Money,
  encode: ({ cents, currency }) => ({ cents, currency }),
  decode: ({ cents, currency }) => new Money(cents, currency),
})

/** A thing with bytes and small facts beside them. */
export class Bitmap {
  readonly width: number
  readonly bits: Uint8Array

  constructor(width: number, bits: Uint8Array) {
    this.width = width
    this.bits = bits
  }
}

const bitmap = defineCodec<Bitmap>({
  id: 'test.bitmap',
  test: (value) => value instanceof Bitmap,
  encode: ({ width, bits }) => ({ bytes: bits, meta: Uint8Array.of(width) }),
  decode: (bits: Uint8Array, { meta: [width = 0] }) => new Bitmap(width, Uint8Array.from(bits)),
})

/** What reads every sample. */
export const reader: Codec = auto({ classes: [money], codecs: [bitmap], tf })

/** Keys that everybody knows: for tests alone. */
export const testKeys: { readonly encryption: string; readonly signing: Uint8Array } = {
  encryption: '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff',
  signing: Buffer.alloc(32, 'signed by a test'),
}

/** New at each call, as it is in another process. */
export function testEncryption(): ReturnType<typeof encryption> {
  return encryption({ keys: [testKeys.encryption], tenant: 'fixtures' })
}

/** A value, and how it is to be written. */
export interface FrameSample {
  readonly value: unknown
  /** What writes it. @default {@link reader}, which chooses */
  readonly codec?: Codec
  /** Whether it is large enough, and regular, for every algorithm to make it smaller. */
  readonly isBulky?: boolean
  /** What of it is compared, where two equal ones are not the same in all. */
  readonly shows?: (value: never) => unknown
}

/** A value for every built-in codec and for codecs of a user, made anew at each call. */
export function frameSamples(): ReadonlyMap<string, FrameSample> {
  return new Map<string, FrameSample>([
    ...plainSamples(),
    ...elementSamples(),
    ...structureSamples(),
    ...librarySamples(),
    ...bulkySamples(),
  ])
}

type Named = readonly [name: string, sample: FrameSample]

function plainSamples(): Named[] {
  const values = {
    undefined,
    null: null,
    false: false,
    true: true,
    'number-minus-zero': -0,
    'number-nan': Number.NaN,
    'number-fraction': 0.1,
    'text-empty': '',
    'text-astral': 'naïve 😀\0',
    'text-lone-surrogate': 'a\ud83d',
    'bigint-small': -1n,
    'bigint-unsigned': 2n ** 63n,
    'bigint-huge': -(3n ** 400n),
    bytes: Uint8Array.of(0, 1, 255),
    'bytes-empty': new Uint8Array(0),
    buffer: Buffer.from('bytes'),
    'array-buffer': Uint8Array.of(1, 2, 3).buffer,
    date: new Date('2026-01-01T00:00:00.001Z'),
    'date-invalid': new Date(Number.NaN),
    url: new URL('https://a.example/b?c=1#d'),
  }
  return Object.entries(values).map(([name, value]) => [name, { value }])
}

function elementSamples(): Named[] {
  const values = {
    int8array: Int8Array.of(-128, 0, 127),
    uint8clampedarray: Uint8ClampedArray.of(0, 128, 255),
    int16array: Int16Array.of(-32_768, 1),
    uint16array: Uint16Array.of(1, 65_535),
    int32array: Int32Array.of(-(2 ** 31), 7),
    uint32array: Uint32Array.of(2 ** 32 - 1),
    float32array: Float32Array.of(0.5, -0, Number.NaN),
    float64array: Float64Array.of(0.1, -0, Number.NEGATIVE_INFINITY),
    bigint64array: BigInt64Array.of(-1n, 2n ** 62n),
    biguint64array: BigUint64Array.of(2n ** 64n - 1n),
    'dataview-in-object': { view: new DataView(Uint8Array.of(1, 2, 3).buffer, 1, 1) },
    'ndarray-matrix': { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3], dtype: 'float32' },
    'ndarray-strided': {
      data: Int16Array.of(1, 2, 3, 4),
      shape: [2, 2],
      dtype: '<i2',
      strides: [-1, 2],
    },
    'ndarray-number': { data: Float64Array.of(-0), shape: [], dtype: 'float64' },
  }
  return Object.entries(values).map(([name, value]) => [name, { value }])
}

function structureSamples(): Named[] {
  const shared = { n: 1 }
  const circular: Record<string, unknown> = { list: [shared, shared] }
  circular['self'] = circular
  const error = new TypeError('outer', { cause: 'inner' })
  error.stack = 'TypeError: outer\n    at nowhere'
  const simple = new RangeError('simple')
  simple.stack = 'RangeError: simple\n    at nowhere'
  const coded = Object.assign(new RangeError('coded'), { code: 'E_CODE' })
  coded.stack = 'RangeError: coded\n    at nowhere'
  const url = new URL('https://a.example/')
  const values = {
    'msgpack-result': {
      page: 1,
      items: [{ id: 1, name: 'Ada', tags: ['a'], at: new Date(1), big: 2n ** 63n - 1n }],
      next: null,
      none: undefined,
    },
    'msgpack-bytes-and-sets': { bytes: Buffer.from('abc'), set: new Set([1, 'a', new Set([{}])]) },
    'structured-map': new Map<unknown, unknown>([
      [{ key: 1 }, new Set([1])],
      [Number.NaN, -0],
    ]),
    'structured-cycle': circular,
    'structured-error': simple,
    'graph-error-cause': error,
    'structured-regexp': /(?<a>x)\/y/dgimsuy,
    'structured-holes': Object.assign(new Array<number>(3), { 1: 5 }),
    'structured-proto': JSON.parse('{"__proto__":{"polluted":true},"a":1}') as unknown,
    'graph-urls': { url, list: [url], map: new Map([[url, url]]), set: new Set([url]) },
    'graph-error': { coded },
    'graph-bare': Object.assign(Object.create(null) as object, { a: 1 }),
    'graph-money': { price: new Money(1_999n, 'EUR'), list: [new Money(-1n, 'CHF')] },
    'class-money': new Money(2n ** 70n, 'JPY'),
    'defined-bitmap': new Bitmap(3, Uint8Array.of(5, 2)),
  }
  const chosen = Object.entries(values).map(([name, value]): Named => [name, { value }])
  const value = { a: [1, 'b', { c: null }], π: '😀' }
  return [...chosen, ['json-object', { value, codec: json() }]]
}

function librarySamples(): Named[] {
  return [
    ['arrow-table', { value: smallTable(), shows: tableText }],
    [
      'arrow-vector',
      {
        value: arrow.vectorFromArray([1, null, 3], new arrow.Int32()),
        shows: (vector: arrow.Vector) => [String(vector.type), ...vector],
      },
    ],
    ['parquet-table', { value: plainTable(8), codec: parquetCodec(), shows: tableText }],
    [
      'arquero-table',
      {
        value: arquero.table({ whole: [1, 2, null], text: ['x', 'π', null], big: [1n, -1n, null] }),
        shows: (table: arquero.ColumnTable) => table.objects(),
      },
    ],
    ...tensors(),
  ]
}

/** What is used of nodejs-polars, which is not among the dependencies. */
export interface Polars extends PolarsModule {
  DataFrame(columns: object): unknown
}

/** Name of what {@link polarsSample} makes. */
export const polarsName = 'polars-frame'

/** @param polars the module. */
export function polarsSample(polars: Polars): FrameSample {
  const columns = { whole: [1, 2, null], real: [0.5, null, -1e300], text: ['x', null, 'π'] }
  return {
    value: polars.DataFrame(columns),
    codec: polarsCodec({ polars }),
    shows: (frame: { toRecords(): unknown }) => frame.toRecords(),
  }
}

function tensors(): Named[] {
  const shows = (tensor: tf.Tensor): unknown => [tensor.dtype, tensor.shape, tensor.dataSync()]
  const values = {
    'tensor-float32': tf.tensor2d([1.5, Number.NaN, -0, 4], [2, 2]),
    'tensor-bool': tf.tensor1d([true, false], 'bool'),
    'tensor-complex': tf.complex([1, 2], [3, -4]),
    'tensor-string': tf.tensor1d(['a', '', 'π'], 'string'),
  }
  return Object.entries(values).map(([name, value]) => [name, { value, shows }])
}

function plainTable(rows: number): arrow.Table {
  const range = Array.from({ length: rows }, (_, row) => row)
  return new arrow.Table({
    id: arrow.vectorFromArray(range, new arrow.Int32()),
    real: arrow.vectorFromArray(
      range.map((row) => (row % 7 === 3 ? null : row / 4)),
      new arrow.Float64(),
    ),
    text: arrow.vectorFromArray(
      range.map((row) => (row % 5 === 1 ? null : `row ${row}`)),
      new arrow.Utf8(),
    ),
  })
}

function smallTable(): arrow.Table {
  const { data } = plainTable(8).getChildAt(0) ?? {}
  const columns = {
    id: new arrow.Vector(data ?? []),
    large: arrow.vectorFromArray([1n, null, -(2n ** 62n), 4n, 5n, 6n, 7n, 8n], new arrow.Int64()),
    category: arrow.vectorFromArray(
      ['a', 'b', null, 'a', 'a', 'b', 'b', 'a'],
      new arrow.Dictionary(new arrow.Utf8(), new arrow.Int16(), 11),
    ),
    list: arrow.vectorFromArray(
      [[1, 2], [], null, [3], [4], [5], [6], [7]],
      new arrow.List(arrow.Field.new('item', new arrow.Int16(), true)),
    ),
    at: arrow.vectorFromArray(
      Array.from({ length: 8 }, (_, row) => 1.6e12 + row),
      new arrow.TimestampMicrosecond('Europe/Paris'),
    ),
  }
  return new arrow.Table(columns)
}

/** All that is compared of a table. */
function tableText(table: arrow.Table): unknown {
  const { fields } = table.schema
  const names = fields.map(({ name, type, nullable }) => [name, String(type), nullable])
  return [names, fields.map((_, at) => [...(table.getChildAt(at) ?? [])].map(cellText))]
}

function cellText(cell: unknown): unknown {
  return cell instanceof arrow.Vector ? [...cell] : cell
}

function bulkySamples(): Named[] {
  const range = (count: number) => Array.from({ length: count }, (_, at) => at)
  const rows = range(60).map((id) => ({ id, name: `name ${id}`, tags: ['red', 'green'] }))
  const values = {
    'bulky-text': rows.map(({ name }) => `${name} 😀`).join('\n'),
    'bulky-bytes': Uint8Array.from({ length: 5_000 }, (_, at) => (at * at) >> 9),
    'bulky-float64array': Float64Array.from(range(700), (at) => Math.sin(at / 100) * 1_000),
    'bulky-bigint64array': BigInt64Array.from(range(200), (at) => BigInt(at * at)),
    'bulky-msgpack': { rows },
    'bulky-structured': new Map(rows.map((row) => [row.id, row])),
    'bulky-graph': { rows: rows.map((row) => ({ ...row, price: new Money(1n, 'EUR') })) },
    'bulky-ndarray': {
      data: Int32Array.from(range(1_200), (at) => at * 3),
      shape: [30, 40],
      dtype: 'int32',
    },
  }
  const arrows: Named[] = [
    [
      'bulky-arrow',
      {
        value: plainTable(300),
        codec: arrowCodec({ compression: 'lz4' }),
        isBulky: false,
        shows: tableText,
      },
    ],
  ]
  const others = Object.entries(values).map(([name, value]): Named => {
    return [name, { value, isBulky: true }]
  })
  return [...others, ...arrows]
}
