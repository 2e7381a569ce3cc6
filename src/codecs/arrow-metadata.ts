import { corruptArrow, Flatbuffer, type FlatTable } from './arrow-flatbuffer.ts'

/** Where a message of an Arrow file lies. */
export interface ArrowBlock {
  readonly offset: number
  readonly metadataLength: number
  readonly bodyLength: number
}

/** What the end of an Arrow file says. */
export interface ArrowFooter {
  readonly dictionaries: readonly ArrowBlock[]
  readonly batches: readonly ArrowBlock[]
  /** A file with the schema of this one and nothing else, small, for the reader of apache-arrow. */
  readonly schemaFile: Uint8Array
}

/** Header of a record batch or dictionary batch, with its body. */
export interface ArrowMessage {
  readonly rows: number
  readonly nodes: readonly { readonly length: number; readonly nullCount: number }[]
  readonly buffers: readonly Uint8Array[]
  readonly variadicBufferCounts: readonly number[]
  readonly metadata: Map<string, string>
  /** Where it is a dictionary batch. */
  readonly dictionary?: { readonly id: number; readonly isDelta: boolean }
}

const magic = Buffer.from('ARROW1')
const headLength = 8
const tailLength = 4 + magic.length
const version5 = 4
const headerType = { dictionary: 2, batch: 3 } as const
const unionType = 14
const timestampType = 10
const maxNesting = 64

/**
 * Reads the footer of an Arrow file: all of it is within bounds afterwards, and no walk over it takes more than linear time.
 * Format: https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format
 */
export function readArrowFooter(file: Uint8Array): ArrowFooter {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const isFile =
    file.byteLength >= headLength + tailLength &&
    magic.equals(file.subarray(0, magic.length)) &&
    magic.equals(file.subarray(file.byteLength - magic.length))
  if (!isFile) throw corruptArrow('it does not begin and end as an Arrow file does')
  const end = file.byteLength - tailLength
  const length = view.getInt32(end, true)
  const start = end - length
  if (length <= 0 || start < headLength) throw corruptArrow('the length of its footer is wrong')
  const bytes = file.subarray(start, end)
  const flat = new Flatbuffer(bytes)
  const footer = flat.root
  if (flat.int16(footer, 0) !== version5) throw corruptArrow('its version is not 5')
  checkSchema(flat, footer)
  readMetadata(flat, footer, 4)
  const dictionaries = flat.vector(footer, 2, 24)
  const batches = flat.vector(footer, 3, 24)
  const blocks = {
    dictionaries: readBlocks(flat, dictionaries, start),
    batches: readBlocks(flat, batches, start),
  }
  checkTotal(blocks, start)
  return {
    ...blocks,
    schemaFile: schemaFile(file.subarray(start), [dictionaries, batches]),
  }
}

/** The batch or dictionary at `block`. Its header is walked, its body is not touched. */
export function readArrowMessage(file: Uint8Array, block: ArrowBlock): ArrowMessage {
  const view = new DataView(file.buffer, file.byteOffset + block.offset, block.metadataLength)
  const length = view.byteLength < 8 ? 0 : view.getInt32(4, true)
  if (length <= 0 || length > block.metadataLength - 8 || view.getUint32(0, true) !== 0xffff_ffff)
    throw corruptArrow('the prefix of a message is wrong')
  const flat = new Flatbuffer(file.subarray(block.offset + 8, block.offset + 8 + length))
  const message = flat.root
  const kind = flat.uint8(message, 1)
  const header = flat.table(message, 2)
  if (flat.int16(message, 0) !== version5 || header === undefined)
    throw corruptArrow('the version of a message is not 5')
  if (flat.size(message, 3) !== block.bodyLength)
    throw corruptArrow('a message and the footer do not agree')
  const body = file.subarray(block.offset + block.metadataLength).subarray(0, block.bodyLength)
  const metadata = readMetadata(flat, message, 4)
  if (kind === headerType.batch) return { ...readBatch(flat, header, body), metadata }
  const data = kind === headerType.dictionary ? flat.table(header, 1) : undefined
  if (data === undefined) throw corruptArrow('a message is not the batch that it should be')
  const dictionary = { id: flat.size(header, 0), isDelta: flat.uint8(header, 2) !== 0 }
  return { ...readBatch(flat, data, body), metadata, dictionary }
}

function readBatch(
  flat: Flatbuffer,
  batch: FlatTable,
  body: Uint8Array,
): Omit<ArrowMessage, 'metadata'> {
  if (flat.table(batch, 3) !== undefined)
    throw corruptArrow('its buffers are compressed, which this package never writes')
  const nodes = flat.vector(batch, 1, 16)
  const regions = flat.vector(batch, 2, 16)
  const counts = flat.vector(batch, 4, 8)
  return {
    rows: flat.size(batch, 0),
    nodes: Array.from({ length: nodes.length }, (_, index) => ({
      length: flat.sizeAt(nodes.start + 16 * index),
      nullCount: flat.sizeAt(nodes.start + 16 * index + 8),
    })),
    buffers: Array.from({ length: regions.length }, (_, index) => {
      const offset = flat.sizeAt(regions.start + 16 * index)
      const length = flat.sizeAt(regions.start + 16 * index + 8)
      if (offset + length > body.byteLength) throw corruptArrow('a column reaches beyond its batch')
      return body.subarray(offset, offset + length)
    }),
    variadicBufferCounts: Array.from({ length: counts.length }, (_, index) =>
      flat.sizeAt(counts.start + 8 * index),
    ),
  }
}

function readBlocks(
  flat: Flatbuffer,
  { start, length }: { start: number; length: number },
  end: number,
): ArrowBlock[] {
  return Array.from({ length }, (_, index) => {
    const position = start + 24 * index
    const block = {
      offset: flat.sizeAt(position),
      metadataLength: flat.int32At(position + 8),
      bodyLength: flat.sizeAt(position + 16),
    }
    const { offset, metadataLength, bodyLength } = block
    if (metadataLength < 0 || offset + metadataLength + bodyLength > end)
      throw corruptArrow('a batch lies outside the file')
    return block
  })
}

/** Blocks that overlap would let a short file describe any number of batches. */
function checkTotal(
  { dictionaries, batches }: Pick<ArrowFooter, 'dictionaries' | 'batches'>,
  end: number,
): void {
  let total = 0
  for (const block of [...dictionaries, ...batches])
    total += block.metadataLength + block.bodyLength
  if (total > end) throw corruptArrow('its batches overlap')
}

/** Ends as the file does, but with no batches: their number, which stands before each vector, is set to zero. */
function schemaFile(
  tail: Uint8Array,
  vectors: readonly { start: number; length: number }[],
): Uint8Array {
  const file = new Uint8Array(headLength + tail.byteLength)
  file.set(magic)
  file.set(tail, headLength)
  for (const { start, length } of vectors)
    if (length > 0) file.fill(0, headLength + start - 4, headLength + start)
  return file
}

function checkSchema(flat: Flatbuffer, footer: FlatTable): void {
  const schema = flat.table(footer, 1)
  if (schema === undefined) throw corruptArrow('it has no schema')
  if (flat.int16(schema, 0) !== 0) throw corruptArrow('its numbers are not little-endian')
  readMetadata(flat, schema, 2)
  flat.vector(schema, 3, 8)
  for (const field of flat.tables(schema, 1)) checkField(flat, field, 1)
}

function checkField(flat: Flatbuffer, field: FlatTable, depth: number): void {
  if (depth > maxNesting) throw corruptArrow(`its columns nest more than ${maxNesting} deep`)
  flat.vector(field, 0, 1)
  readMetadata(flat, field, 6)
  const type = flat.table(field, 3)
  const typeId = flat.uint8(field, 2)
  if (type === undefined) throw corruptArrow('a column has no type')
  if (typeId === unionType) flat.vector(type, 1, 4)
  if (typeId === timestampType) flat.vector(type, 1, 1)
  const dictionary = flat.table(field, 4)
  if (dictionary !== undefined) flat.table(dictionary, 1)
  for (const child of flat.tables(field, 5)) checkField(flat, child, depth + 1)
}

function readMetadata(flat: Flatbuffer, table: FlatTable, id: number): Map<string, string> {
  return new Map(flat.tables(table, id).map((pair) => [flat.text(pair, 0), flat.text(pair, 1)]))
}
