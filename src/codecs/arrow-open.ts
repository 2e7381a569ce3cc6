import { aligned } from './arrow-check.ts'
import { corruptArrow } from './arrow-flatbuffer.ts'
import { ArrowLoader, type DictionaryOf } from './arrow-load.ts'
import { type ArrowBlock, readArrowFooter, readArrowMessage } from './arrow-metadata.ts'
import type {
  ArrowBatch,
  ArrowCopy,
  ArrowData,
  ArrowSchema,
  ArrowTable,
  ArrowVector,
} from './arrow-types.ts'
import { recordBatch } from './arrow-write.ts'

/**
 * The table of an Arrow file whose buffers are views of `file`; no body is read, and the header of a batch only when the
 * batch is first used: 128 headers (1 GB) cost apache-arrow 10 to 100 ms.
 * @param rows how many rows each batch has, where that is known; otherwise every header is read for it.
 * @throws HoldfastError `ERR_CORRUPT`: here, and from a batch that is opened later.
 */
export function openArrowFile(
  copy: ArrowCopy,
  bytes: Uint8Array,
  rows: readonly number[] | undefined,
): ArrowTable {
  const file = aligned(bytes)
  const footer = readArrowFooter(file)
  const { schema } = copy.RecordBatchReader.from(footer.schemaFile).open()
  const dictionaryOf = loadDictionaries(copy, file, schema, footer.dictionaries)
  if (rows !== undefined && rows.length !== footer.batches.length)
    throw corruptArrow('it has not as many batches as was recorded')
  const batches = footer.batches.map((block, index) => {
    const length = rows?.[index] ?? readArrowMessage(file, block).rows
    return lazyBatch(copy, schema, length, () => {
      const message = readArrowMessage(file, block)
      if (message.rows !== length || message.dictionary !== undefined)
        throw corruptArrow('a batch has not as many rows as was recorded')
      const types = schema.fields.map(({ type }) => type)
      const columns = new ArrowLoader(copy, message, dictionaryOf).load(types)
      return { columns, metadata: message.metadata }
    })
  })
  // So that a damaged small file is known when it is read. More would make opening cost more for larger files.
  void batches[0]?.data.children
  return new copy.Table(schema, batches)
}

interface Opened {
  readonly columns: readonly ArrowData[]
  readonly metadata: ReadonlyMap<string, string>
}

function lazyBatch(
  copy: ArrowCopy,
  schema: ArrowSchema,
  length: number,
  open: () => Opened,
): ArrowBatch {
  let opened: Opened | undefined
  const once = (): Opened => {
    opened ??= open()
    return opened
  }
  const batch = recordBatch(copy, schema, length, [])
  Object.defineProperty(batch.data, 'children', { get: () => once().columns, enumerable: true })
  Object.defineProperty(batch, '_metadata', { get: () => once().metadata, enumerable: true })
  return batch
}

function loadDictionaries(
  copy: ArrowCopy,
  file: Uint8Array,
  schema: ArrowSchema,
  blocks: readonly ArrowBlock[],
): DictionaryOf {
  const chunks = new Map<number, ArrowData[]>()
  const vectors = new Map<number, ArrowVector>()
  // A dictionary may be written in any number of parts: its vector is made when it is first asked for.
  const dictionaryOf = (id: number): ArrowVector | undefined => {
    const known = vectors.get(id)
    const data = chunks.get(id)
    if (known !== undefined || data === undefined) return known
    const vector = new copy.Vector(data)
    vectors.set(id, vector.memoize?.() ?? vector)
    return vectors.get(id)
  }
  for (const block of blocks) {
    const message = readArrowMessage(file, block)
    const id = message.dictionary?.id ?? -1
    const type = schema.dictionaries.get(id)
    const parts = chunks.get(id) ?? []
    if (type === undefined || message.dictionary?.isDelta !== parts.length > 0)
      throw corruptArrow('a dictionary belongs to no column, or replaces another one')
    parts.push(...new ArrowLoader(copy, message, dictionaryOf).load([type]))
    chunks.set(id, parts)
    vectors.delete(id)
  }
  return dictionaryOf
}
