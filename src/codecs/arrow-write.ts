import { type Columns, shareDictionaries } from './arrow-dictionaries.ts'
import { bytesOf, exactSlice } from './arrow-slice.ts'
import type { ArrowBatch, ArrowCopy, ArrowData, ArrowSchema, ArrowTable } from './arrow-types.ts'

/** Record batches have at most so many bytes: what is read of a mapped table is read batch by batch. */
export const maxBatchBytes: number = 8 * 1024 * 1024

/** An Arrow file, and how many rows each of its batches has. */
export interface ArrowFile {
  readonly bytes: Uint8Array
  readonly rows: readonly number[]
}

/**
 * Writes `table` as an Arrow file without compression, in batches of at most {@link maxBatchBytes} (a single larger row is a
 * batch of its own). Batches that are small already stay as they are.
 * @param copy the copy of apache-arrow that made `table`.
 */
export function writeArrowFile(copy: ArrowCopy, table: ArrowTable): ArrowFile {
  const tidy = tidyTable(copy, table)
  const bytes = copy.RecordBatchFileWriter.writeAll(tidy).toUint8Array(true)
  return { bytes, rows: tidy.batches.map(({ data }) => data.length) }
}

/** Writes `table` as an Arrow stream, otherwise like {@link writeArrowFile}. */
export function writeArrowStream(copy: ArrowCopy, table: ArrowTable): Uint8Array {
  return copy.RecordBatchStreamWriter.writeAll(tidyTable(copy, table)).toUint8Array(true)
}

/** `table` in batches that can be written: small, of their own bytes only, and with one dictionary for each column. */
function tidyTable(copy: ArrowCopy, table: ArrowTable): ArrowTable {
  const whole = table.batches.map(({ data, schema }) =>
    schema.fields.map((field, index) => wholeColumn(copy, data, field.type, index)),
  )
  const { schema, batches } = shareDictionaries(copy, table.schema, whole)
  const pieces = batches.flatMap((columns, index) => {
    const batch = table.batches[index]
    return split(columns, batch?.data.length ?? 0).map(([begin, end]) => {
      const parts = columns.map((column) => exactSlice(copy, column, begin, end - begin))
      return recordBatch(copy, schema, end - begin, parts, batch?.metadata)
    })
  })
  return new copy.Table(schema, pieces)
}

function wholeColumn(
  copy: ArrowCopy,
  batch: ArrowData,
  type: ArrowData['type'],
  index: number,
): ArrowData {
  const { length } = batch
  const column = batch.children[index]
  if (column !== undefined) return exactSlice(copy, column, 0, length)
  const nullBitmap = new Uint8Array((length + 7) >> 3)
  return exactSlice(copy, copy.makeData({ type, length, nullCount: length, nullBitmap }), 0, length)
}

/**
 * A batch of `columns`. The constructor is passed over: it compares every column's name with every other's, which takes 15 ms
 * for 1,000 columns, and it reads all columns, which {@link openArrowFile} must not do.
 */
export function recordBatch(
  copy: ArrowCopy,
  schema: ArrowSchema,
  length: number,
  children: readonly ArrowData[],
  metadata: ReadonlyMap<string, string> = new Map(),
): ArrowBatch {
  const type = new copy.Struct(schema.fields)
  const data = copy.makeData({ type, length, nullCount: 0, children })
  // Assigned: with descriptors it takes 3 us more, and a file of 1 GB has 128 batches.
  const batch: object = Object.create(copy.RecordBatch.prototype)
  return Object.assign(batch, { schema, data, _metadata: metadata }) as unknown as ArrowBatch
}

function split(columns: Columns, rows: number): [begin: number, end: number][] {
  const ranges: [number, number][] = []
  const visit = (begin: number, end: number): void => {
    const bytes = columns.reduce((sum, column) => sum + bytesOf(column, begin, end), 0)
    const parts = Math.min(end - begin, Math.ceil(bytes / maxBatchBytes))
    if (parts <= 1) {
      ranges.push([begin, end])
      return
    }
    const size = Math.ceil((end - begin) / parts)
    for (let from = begin; from < end; from += size) visit(from, Math.min(end, from + size))
  }
  visit(0, rows)
  return ranges
}
