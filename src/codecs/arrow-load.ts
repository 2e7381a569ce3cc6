import { corruptArrow } from './arrow-flatbuffer.ts'
import type { ArrowMessage } from './arrow-metadata.ts'
import type {
  ArrowCopy,
  ArrowData,
  ArrowDictionaryType,
  ArrowType,
  ArrowVector,
  DataProperties,
} from './arrow-types.ts'
import { arrowTypeId as id } from './arrow-types.ts'

/** Finds a dictionary by its id. */
export type DictionaryOf = (id: number) => ArrowVector | undefined

const empty = new Uint8Array(0)

/**
 * Makes the columns of a record batch: views of its body, of which nothing is read or copied. apache-arrow has such a loader,
 * but checks no length, and looks up every column by name among all others for every batch: 15 ms for 1,000 columns.
 */
export class ArrowLoader {
  readonly #copy: ArrowCopy
  readonly #message: ArrowMessage
  readonly #dictionaryOf: DictionaryOf
  #node = 0
  #buffer = 0
  #variadic = 0

  constructor(copy: ArrowCopy, message: ArrowMessage, dictionaryOf: DictionaryOf) {
    this.#copy = copy
    this.#message = message
    this.#dictionaryOf = dictionaryOf
  }

  /**
   * The columns of `types`, each of as many rows as the message says.
   * @throws HoldfastError `ERR_CORRUPT` where a column is shorter than that, or its buffers are too short for it.
   */
  load(types: readonly ArrowType[]): ArrowData[] {
    const columns = types.map((type) => this.#column(type))
    if (columns.some(({ length }) => length !== this.#message.rows))
      throw corruptArrow('a column has not as many rows as its batch')
    return columns
  }

  #column(type: ArrowType): ArrowData {
    const node = this.#message.nodes[this.#node]
    this.#node += 1
    if (node === undefined || node.nullCount > node.length || node.length > 0x7fff_ffff)
      throw corruptArrow('the header of a batch has not what its columns need')
    const data = this.#copy.makeData({ type, ...node, ...this.#parts(type, node) })
    checkLengths(data, node.nullCount)
    return data
  }

  #parts(
    type: ArrowType,
    node: { length: number; nullCount: number },
  ): Omit<DataProperties, 'type' | 'length' | 'nullCount'> {
    if (type.typeId === id.null) return {}
    if (type.typeId === id.union) return this.#union(type)
    const validity = this.#next()
    const nullBitmap = node.nullCount > 0 ? validity : empty
    switch (type.typeId) {
      case id.utf8:
      case id.binary:
        return { nullBitmap, valueOffsets: this.#offsets(node.length, 4), data: this.#next() }
      case id.largeUtf8:
      case id.largeBinary:
        return { nullBitmap, valueOffsets: this.#offsets(node.length, 8), data: this.#next() }
      case id.utf8View:
      case id.binaryView:
        return { nullBitmap, views: this.#next(), variadicBuffers: this.#variadicBuffers() }
      case id.list:
      case id.map:
        return { nullBitmap, valueOffsets: this.#offsets(node.length, 4), child: this.#child(type) }
      case id.largeList:
        return { nullBitmap, valueOffsets: this.#offsets(node.length, 8), child: this.#child(type) }
      case id.fixedSizeList:
        return { nullBitmap, child: this.#child(type) }
      case id.struct:
        return { nullBitmap, children: this.#children(type) }
      case id.dictionary:
        return { nullBitmap, data: this.#next(), dictionary: this.#dictionary(type) }
      default:
        return { nullBitmap, data: this.#next() }
    }
  }

  #union(type: ArrowType): Partial<DataProperties> {
    const typeIds = this.#next()
    if (!isDense(type)) return { typeIds, children: this.#children(type) }
    return { typeIds, valueOffsets: this.#next(), children: this.#children(type) }
  }

  #children(type: ArrowType): ArrowData[] {
    return (type.children ?? []).map((field) => this.#column(field.type))
  }

  #child(type: ArrowType): ArrowData {
    const field = type.children?.[0]
    if (field === undefined) throw corruptArrow('a list has no element type')
    return this.#column(field.type)
  }

  #next(): Uint8Array {
    const buffer = this.#message.buffers[this.#buffer]
    this.#buffer += 1
    if (buffer === undefined) throw corruptArrow('a batch has fewer buffers than its columns need')
    return buffer
  }

  /** Offsets of no elements may be left out; apache-arrow trips over that later. */
  #offsets(length: number, width: number): Uint8Array {
    const offsets = this.#next()
    return length === 0 && offsets.byteLength < width ? new Uint8Array(width) : offsets
  }

  #variadicBuffers(): Uint8Array[] {
    const count = this.#message.variadicBufferCounts[this.#variadic] ?? 0
    this.#variadic += 1
    if (count > this.#message.buffers.length)
      throw corruptArrow('a batch has fewer buffers than its columns need')
    return Array.from({ length: count }, () => this.#next())
  }

  #dictionary(type: ArrowType): ArrowVector {
    const dictionary = this.#dictionaryOf((type as ArrowDictionaryType).id)
    if (dictionary === undefined) throw corruptArrow('a dictionary is missing')
    return dictionary
  }
}

/**
 * Afterwards nothing that is read later is out of bounds, apart from what offsets and indices say; those are never walked.
 * A column of nothing but nulls may lack all but its bitmap: apache-arrow makes such ones.
 */
function checkLengths(data: ArrowData, nullCount: number): void {
  const { type, length, nullBitmap } = data
  if (type.typeId === id.null) return
  const isMarked = nullCount === 0 || (nullBitmap !== undefined && nullBitmap.length * 8 >= length)
  const isFull = (nullCount === length && isMarked) || !isShort(data)
  if (!isFull || !isMarked) throw corruptArrow('a column is shorter than its batch says')
}

/** Whether a column has fewer values, offsets or children than its length needs. */
export function isShort(data: ArrowData): boolean {
  const { type, length, stride, values, valueOffsets, typeIds, children } = data
  if (type.typeId === id.null) return false
  if (!(stride >= 0) || (typeIds !== undefined && typeIds.length < length)) return true
  if (valueOffsets !== undefined && valueOffsets.length < length + (typeIds === undefined ? 1 : 0))
    return true
  if (children.length < (type.children?.length ?? 0)) return true
  if (children.some((child) => child.length < childLength(data))) return true
  if (values === undefined || valueOffsets !== undefined) return false
  if (type.typeId === id.bool) return values.length * 8 < length
  return values.length < length * stride
}

/** How many elements a child must have, where the offsets do not say it. */
export function childLength({ type, length, stride }: ArrowData): number {
  if (type.typeId === id.struct) return length
  if (type.typeId === id.fixedSizeList) return length * stride
  return type.typeId === id.union && !isDense(type) ? length : 0
}

export function isDense(type: ArrowType): boolean {
  return (type as { mode?: unknown }).mode === 1
}
