import { childLength, isDense, isShort } from './arrow-load.ts'
import {
  type ArrowCopy,
  type ArrowData,
  type ArrowType,
  arrowTypeId as id,
  type Numbers,
} from './arrow-types.ts'
import { compactViews } from './arrow-views.ts'

/**
 * Rows `begin` to `begin + length` of a column, with no more than their own bytes in its buffers. `slice` of apache-arrow
 * keeps whole bitmaps and whole children, and its writer writes them: pieces of a large batch would each be as large.
 */
export function exactSlice(
  copy: ArrowCopy,
  column: ArrowData,
  begin: number,
  length: number,
): ArrowData {
  const data = isShort(column) || endsTooEarly(column) ? fill(copy, column) : column
  const { type, stride, values, typeIds, dictionary } = data
  // The writer of apache-arrow knows how to cut these, by their offset.
  if (type.typeId === id.union && isDense(type)) return data.slice(begin, length)
  const common = { type, length, ...validity(data, begin, length) }
  switch (type.typeId) {
    case id.null:
      return copy.makeData({ type, length, nullCount: length })
    case id.bool:
      return copy.makeData({
        ...common,
        data: bits(values as Uint8Array, data.offset + begin, length),
      })
    case id.utf8View:
    case id.binaryView:
      return compactViews(copy, data, common, begin)
    case id.utf8:
    case id.binary:
    case id.largeUtf8:
    case id.largeBinary: {
      const { from, to, valueOffsets } = offsetsOf(data, begin, length)
      return copy.makeData({ ...common, valueOffsets, data: values?.subarray(from, to) })
    }
    case id.list:
    case id.map:
    case id.largeList:
      return copy.makeData({ ...common, ...list(copy, data, begin, length) })
    case id.fixedSizeList: {
      const child = data.children[0]
      if (child === undefined) return copy.makeData(common)
      return copy.makeData({
        ...common,
        child: exactSlice(copy, child, begin * stride, length * stride),
      })
    }
    case id.struct:
    case id.union: {
      const children = data.children.map((child) => exactSlice(copy, child, begin, length))
      return copy.makeData({
        ...common,
        children,
        typeIds: typeIds?.subarray(begin, begin + length),
      })
    }
    default: {
      const part = values?.subarray(begin * stride, (begin + length) * stride)
      return copy.makeData({ ...common, data: part, dictionary })
    }
  }
}

/** How many bytes the rows `begin` to `end` of a column take in a file. */
export function bytesOf(data: ArrowData, begin: number, end: number): number {
  const { type, stride, values, valueOffsets, typeIds, children } = data
  const rows = end - begin
  if (type.typeId === id.null || rows <= 0) return 0
  let bytes = data.nullCount > 0 ? padded(rows / 8) : 0
  if (type.typeId === id.union && isDense(type)) {
    // Which rows of the children these are is not looked up: as many as of the whole.
    const all = children.reduce((sum, child) => sum + bytesOf(child, 0, child.length), 0)
    return padded(rows) + padded(rows * 4) + Math.ceil((all * rows) / Math.max(1, data.length))
  }
  if (typeIds !== undefined) bytes += padded(rows)
  if (valueOffsets === undefined) {
    const perRow = type.typeId === id.fixedSizeList ? stride : 1
    for (const child of children) bytes += bytesOf(child, begin * perRow, end * perRow)
    if (values === undefined) return bytes
    if (type.typeId === id.bool) return bytes + padded(rows / 8)
    return bytes + padded(rows * stride * values.BYTES_PER_ELEMENT) + viewedBytes(data, begin, end)
  }
  const from = Number(valueOffsets[begin] ?? 0)
  const to = Number(valueOffsets[end] ?? from)
  bytes += padded((rows + 1) * valueOffsets.BYTES_PER_ELEMENT)
  const child = children[0]
  return bytes + (child === undefined ? padded(to - from) : bytesOf(child, from, to))
}

function viewedBytes({ type, values }: ArrowData, begin: number, end: number): number {
  if (type.typeId !== id.utf8View && type.typeId !== id.binaryView) return 0
  const view = viewOf(values as Uint8Array)
  let bytes = 0
  for (let row = begin; row < end; row += 1) {
    const length = view.getInt32(16 * row, true)
    if (length > 12) bytes += length
  }
  return padded(bytes)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Buffers are written in multiples of 8 bytes. */
function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8
}

function list(copy: ArrowCopy, data: ArrowData, begin: number, length: number): object {
  const { from, to, valueOffsets } = offsetsOf(data, begin, length)
  const child = data.children[0]
  return {
    valueOffsets,
    child: child === undefined ? undefined : exactSlice(copy, child, from, to - from),
  }
}

/** Where the elements of some rows lie, and their offsets from there on. */
function offsetsOf(
  data: ArrowData,
  begin: number,
  length: number,
): { from: number; to: number; valueOffsets: Int32Array | BigInt64Array } {
  const offsets = data.valueOffsets ?? new Int32Array(1)
  const from = Number(offsets[begin] ?? 0)
  const to = Number(offsets[begin + length] ?? from)
  const own = offsets.subarray(begin, begin + length + 1)
  return { from, to, valueOffsets: from === 0 ? own : rebased(own, from) }
}

function rebased(offsets: Int32Array | BigInt64Array, by: number): Int32Array | BigInt64Array {
  if (offsets instanceof Int32Array) return offsets.map((offset) => offset - by)
  return offsets.map((offset) => offset - BigInt(by))
}

function validity(
  data: ArrowData,
  begin: number,
  length: number,
): { nullCount: number; nullBitmap?: Uint8Array } {
  const { nullBitmap, nullCount, offset } = data
  if (nullCount === 0 || nullBitmap === undefined || data.type.typeId === id.union)
    return { nullCount: 0 }
  const isWhole = begin === 0 && length === data.length
  return {
    nullCount: isWhole ? nullCount : -1,
    nullBitmap: bits(nullBitmap, offset + begin, length),
  }
}

/** `length` bits from bit `begin` on, as a view where they begin on a byte. */
export function bits(bytes: Uint8Array, begin: number, length: number): Uint8Array {
  const first = begin >> 3
  const size = (length + 7) >> 3
  const shift = begin & 7
  if (shift === 0) return bytes.subarray(first, first + size)
  const moved = new Uint8Array(size)
  for (let index = 0; index < size; index += 1) {
    const low = bytes[first + index] ?? 0
    const high = bytes[first + index + 1] ?? 0
    moved[index] = (low >> shift) | (high << (8 - shift))
  }
  return moved
}

/** apache-arrow leaves out values, offsets and children of rows that it added as nulls, and its writer stumbles over that. */
function fill(copy: ArrowCopy, data: ArrowData): ArrowData {
  const { type, length, stride, nullCount, nullBitmap, dictionary } = data
  const values = data.values === undefined ? undefined : grown(data.values, valuesOf(data))
  const fields = type.children ?? []
  const minimum = childLength(data)
  const children = fields.map((field, index) =>
    lengthened(copy, field.type, data.children[index], minimum),
  )
  const offsets = data.valueOffsets
  return copy.makeData({
    type,
    length,
    nullCount,
    nullBitmap,
    dictionary,
    children,
    child: children[0],
    data: values,
    views: stride === 16 ? values : undefined,
    variadicBuffers: data.variadicBuffers ?? [],
    typeIds: data.typeIds === undefined ? undefined : grown(data.typeIds, length),
    valueOffsets: offsets === undefined ? undefined : grownOffsets(offsets, length + 1),
  })
}

function valuesOf({ type, length, stride, valueOffsets, values }: ArrowData): number {
  if (valueOffsets !== undefined) return values?.length ?? 0
  return type.typeId === id.bool ? (length + 7) >> 3 : length * stride
}

function lengthened(
  copy: ArrowCopy,
  type: ArrowType,
  child: ArrowData | undefined,
  length: number,
): ArrowData {
  if (child !== undefined && child.length >= length) return child
  const nullBitmap = new Uint8Array((length + 7) >> 3)
  const base = child ?? copy.makeData({ type, length: 0, nullCount: 0 })
  for (let row = 0; row < base.length; row += 1) {
    if (base.nullCount === 0 || isSet(base.nullBitmap, base.offset + row))
      nullBitmap[row >> 3] = (nullBitmap[row >> 3] ?? 0) | (1 << (row & 7))
  }
  const nullCount = base.nullCount + length - base.length
  const { values, valueOffsets, typeIds, children, dictionary, variadicBuffers } = base
  return fill(copy, {
    ...{ type, offset: 0, length, stride: base.stride, nullCount, nullBitmap },
    ...{ values, valueOffsets, typeIds, children, dictionary, variadicBuffers },
    slice: base.slice,
  })
}

function grown<T extends Numbers>(values: T, length: number): T {
  if (values.length >= length) return values
  const more = new (values.constructor as new (length: number) => T)(length)
  more.set(values as never)
  return more
}

/** Whether offsets fall back to zero in the nulls that apache-arrow added at the end, which cuts off what came before. */
function endsTooEarly({
  length,
  offset,
  nullCount,
  nullBitmap,
  valueOffsets,
  typeIds,
}: ArrowData): boolean {
  if (nullCount === 0 || valueOffsets === undefined || typeIds !== undefined) return false
  let row = length
  while (row > 0 && !isSet(nullBitmap, offset + row - 1)) row -= 1
  return (valueOffsets[length] ?? 0) < (valueOffsets[row] ?? 0)
}

function isSet(bitmap: Uint8Array | undefined, at: number): boolean {
  return bitmap === undefined || (((bitmap[at >> 3] ?? 0) >> (at & 7)) & 1) === 1
}

function grownOffsets(
  offsets: Int32Array | BigInt64Array,
  length: number,
): Int32Array | BigInt64Array {
  const more = offsets instanceof Int32Array ? new Int32Array(length) : new BigInt64Array(length)
  let highest = offsets[0] ?? more[0] ?? 0
  for (let index = 0; index < length; index += 1) {
    const offset = offsets[index] ?? highest
    if (offset > highest) highest = offset
    more[index] = highest as never
  }
  return more
}
