import type * as Arrow from 'apache-arrow'

/** Bytes as a map of a file or a read of one gives them: on a 64-byte boundary. */
export function aligned(bytes: Uint8Array): Uint8Array {
  const buffer = new ArrayBuffer(bytes.byteLength + 64)
  const copy = new Uint8Array(buffer, 0, bytes.byteLength)
  copy.set(bytes)
  return copy
}

type Library = typeof Arrow

/** Columns of every type that apache-arrow can build from values: `value(row)` is null for some rows of most. */
export function columnTypes(
  a: Library,
): Record<string, [Arrow.DataType, (row: number) => unknown]> {
  const some =
    <T>(value: (row: number) => T) =>
    (row: number) =>
      row % 7 === 3 ? null : value(row)
  const text = (row: number): string =>
    ['', 'a', 'π≈3', 'a longer text, not inline', '🦑'][row % 5] ?? ''
  const item = (type: Arrow.DataType): Arrow.Field => a.Field.new('item', type, true)
  const pair = new a.Struct([
    a.Field.new('key', new a.Utf8(), false),
    a.Field.new('value', new a.Int32(), true),
  ])
  const struct = new a.Struct([
    a.Field.new('x', new a.Int32(), true),
    a.Field.new('y', new a.Utf8(), true, new Map([['unit', 'mm']])),
    a.Field.new('z', new a.List(item(new a.Float64())), true),
  ])
  return {
    bool: [new a.Bool(), some((row) => row % 3 === 0)],
    int8: [new a.Int8(), some((row) => (row % 256) - 128)],
    uint16: [new a.Uint16(), some((row) => row * 31)],
    int32: [new a.Int32(), (row) => -row],
    int64: [new a.Int64(), some((row) => BigInt(row) * 2n ** 40n - 2n ** 62n)],
    uint64: [new a.Uint64(), some((row) => 2n ** 64n - 1n - BigInt(row))],
    float32: [new a.Float32(), some((row) => row / 4)],
    float64: [new a.Float64(), (row) => [Number.NaN, -0, Infinity, row / 3][row % 4]],
    text: [new a.Utf8(), some(text)],
    largeText: [new a.LargeUtf8(), some(text)],
    bytes: [new a.Binary(), some((row) => Uint8Array.of(row & 255, 1, 2).subarray(row % 3))],
    fixedBytes: [new a.FixedSizeBinary(3), some((row) => Uint8Array.of(row & 255, 7, 9))],
    day: [new a.DateDay(), some((row) => new Date(86_400_000 * row))],
    milliseconds: [new a.DateMillisecond(), some((row) => new Date(1234.5e8 + row))],
    zoned: [new a.TimestampMicrosecond('Europe/Paris'), some((row) => 1.6e12 + row)],
    nanoseconds: [new a.TimestampNanosecond(), some((row) => 1.6e12 + row)],
    time: [new a.TimeNanosecond(), some((row) => BigInt(row) * 10n ** 9n)],
    duration: [new a.DurationMillisecond(), some((row) => BigInt(row) * 1000n)],
    decimal: [
      new a.Decimal(3, 20, 128),
      some((row) =>
        row % 2 ? Uint32Array.of(row, 5, 0, 0) : Uint32Array.of(-1 - row, -1, -1, -1),
      ),
    ],
    list: [
      new a.List(item(new a.Int16())),
      some((row) => Array.from({ length: row % 4 }, (_, i) => (i === 2 ? null : i + row))),
    ],
    nested: [
      new a.List(item(new a.List(item(new a.Utf8())))),
      some((row) => [[text(row)], [], [text(row + 1), null]]),
    ],
    pairs: [new a.FixedSizeList(2, item(new a.Float32())), some((row) => [row, row + 0.5])],
    struct: [struct, some((row) => ({ x: row, y: row % 2 ? null : text(row), z: [row / 2] }))],
    map: [
      new a.Map_(a.Field.new('entries', pair, false)),
      some(
        (row) =>
          new Map([
            [`k${row}`, row],
            ['k', 0],
          ]),
      ),
    ],
    category: [
      new a.Dictionary(new a.Utf8(), new a.Int16(), 11, true),
      some((row) => text(row % 3)),
    ],
    nothing: [new a.Null(), () => null],
  }
}

/** A table with a column of every type, and metadata everywhere. */
export function sampleTable(a: Library, rows: number, only?: readonly string[]): Arrow.Table {
  const types = Object.entries(columnTypes(a)).filter(([name]) => only?.includes(name) ?? true)
  const vectors = types.map(([, [type, value]]) => columnOf(a, type, value, rows))
  const fields = types.map(([name, [type]], index) =>
    a.Field.new(name, type, name !== 'int32', new Map([['position', String(index)]])),
  )
  const schema = new a.Schema(
    fields,
    new Map([
      ['made by', 'a test'],
      ['π', ''],
    ]),
  )
  const children = vectors.map(({ data }) => data[0] as Arrow.Data)
  const data = a.makeData({ type: new a.Struct(fields), length: rows, nullCount: 0, children })
  return new a.Table(schema, [new a.RecordBatch(schema, data)])
}

function columnOf(
  a: Library,
  type: Arrow.DataType,
  value: (row: number) => unknown,
  rows: number,
): Arrow.Vector {
  if (type instanceof a.Null)
    return new a.Vector([a.makeData({ type, length: rows, nullCount: rows })])
  const builder = a.makeBuilder({ type, nullValues: [null] })
  for (let row = 0; row < rows; row += 1) builder.append(value(row))
  return builder.finish().toVector()
}

/** All that can be seen of a table, as plain values. */
export function textOf(table: Arrow.Table): unknown {
  const { schema } = table
  return {
    metadata: [...schema.metadata],
    fields: schema.fields.map(fieldText),
    columns: schema.fields.map((_, index) => columnValues(table.getChildAt(index))),
  }
}

function fieldText({ name, type, nullable, metadata }: Arrow.Field): unknown {
  const children = (type.children as Arrow.Field[] | null)?.map(fieldText)
  return [name, String(type), nullable, [...metadata], children]
}

export function columnValues(vector: Arrow.Vector | null): unknown[] {
  return Array.from({ length: vector?.length ?? 0 }, (_, row) => plain(vector?.get(row)))
}

function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return [value.constructor.name, ...(value as Uint8Array)]
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if ('data' in value && 'numChildren' in value) return columnValues(value as Arrow.Vector)
  return [...(value as Iterable<[string, unknown]>)].map(([name, member]) => [name, plain(member)])
}

function unionFields(a: Library): Arrow.Field[] {
  return [a.Field.new('number', new a.Int32(), true), a.Field.new('text', new a.Utf8(), true)]
}

/** Numbers and texts in one column, each kind in a child of its own length. */
export function denseUnion(a: Library): Arrow.Vector {
  const children = [
    a.vectorFromArray([1, null, 3], new a.Int32()).data[0],
    a.vectorFromArray(['a', 'b', null], new a.Utf8()).data[0],
  ] as Arrow.Data[]
  const type = new a.DenseUnion([0, 1], unionFields(a))
  const typeIds = Int8Array.of(0, 1, 0, 1, 1, 0)
  const valueOffsets = Int32Array.of(0, 0, 1, 1, 2, 2)
  return new a.Vector([a.makeData({ type, length: 6, typeIds, valueOffsets, children })]) as never
}

/** Numbers and texts in one column, each child as long as the column. */
export function sparseUnion(a: Library): Arrow.Vector {
  const children = [
    a.vectorFromArray([1, 2, null, 4, 5, 6], new a.Int32()).data[0],
    a.vectorFromArray(['a', 'b', 'c', null, 'e', 'f'], new a.Utf8()).data[0],
  ] as Arrow.Data[]
  const type = new a.SparseUnion([0, 1], unionFields(a))
  const typeIds = Int8Array.of(0, 1, 0, 1, 1, 0)
  return new a.Vector([a.makeData({ type, length: 6, typeIds, children })]) as never
}
