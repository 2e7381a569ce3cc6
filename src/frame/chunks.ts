import { checksum64 } from './checksum.ts'
import { damaged } from './header.ts'

/*
 * Compressed bytes are stored as chunks that can be read alone, then an index, then a footer. All numbers are little-endian.
 *
 *   the chunks, one after the other, without gaps
 *   the index, 16 bytes for each chunk:
 *     0..3   stored bytes of the chunk
 *     4      form: 0 as it is, 1 compressed, 3 shuffled and then compressed
 *     5..7   zero
 *     8..15  XXH3-64 of the stored bytes
 *   the footer, 24 bytes:
 *     0..7   raw bytes of all chunks
 *     8..11  raw bytes of each chunk but the last, which has the rest
 *     12     bytes of an element, by which chunks are shuffled; 1 = none is
 *     13..15 zero
 *     16..23 XXH3-64 of the index and the footer's first 16 bytes
 *
 * The index stands at the end so that it can be written as a stream. There is no version in it: the frame has one.
 */

/** How a chunk is stored. */
export const chunkForm = { raw: 0, packed: 1, shuffled: 3 } as const

export interface ChunkEntry {
  readonly form: number
  readonly storedBytes: number
  /** XXH3-64 of the stored bytes. */
  readonly checksum: bigint
}

/** What all chunks of a value have in common. */
export interface ChunkLayout {
  readonly rawSize: number
  /** Raw bytes of each chunk but the last. */
  readonly chunkBytes: number
  /** 2, 4, 8 or 16; 1 = none. */
  readonly elementBytes: number
}

export const defaultChunkBytes = 1_048_576
const smallestChunk = 4_096
const largestChunk = 67_108_864

/** Nothing may unpack to more than this many times its size: a guard against bombs. */
export const maxRatio = 1_000

const entryBytes = 16
export const footerBytes = 24
const summedFooterBytes = 16

/** Bytes of the index and footer of `count` chunks. */
export function indexSize(count: number): number {
  return count * entryBytes + footerBytes
}

/** Throws unless chunks may have this size: 4 KiB to 64 MiB. Within this package, a mistake of the caller. */
export function checkChunkBytes(chunkBytes: number): void {
  if (!isChunkSize(chunkBytes)) throw new RangeError(`${chunkBytes} is no size for chunks`)
}

function isChunkSize(chunkBytes: number): boolean {
  const isWithin = chunkBytes >= smallestChunk && chunkBytes <= largestChunk
  return isWithin && Number.isInteger(chunkBytes)
}

/** The index and the footer. */
export function writeIndex(entries: readonly ChunkEntry[], layout: ChunkLayout): Buffer {
  const index = Buffer.alloc(indexSize(entries.length))
  let at = 0
  for (const { storedBytes, form, checksum } of entries) {
    index.writeUInt32LE(storedBytes, at)
    index[at + 4] = form
    index.writeBigUInt64LE(checksum, at + 8)
    at += entryBytes
  }
  index.writeBigUInt64LE(BigInt(layout.rawSize), at)
  index.writeUInt32LE(layout.chunkBytes, at + 8)
  index[at + 12] = layout.elementBytes
  index.writeBigUInt64LE(checksum64(index.subarray(0, at + summedFooterBytes)), at + 16)
  return index
}

/** What a footer says. @throws HoldfastError `ERR_INVALID_FRAME` unless it fits these sizes. */
export function readFooter(footer: Buffer, storedSize: number, rawSize: number): ChunkLayout {
  const recorded = footer.readUInt32LE(0) + footer.readUInt32LE(4) * 2 ** 32
  if (recorded !== rawSize) throw damaged('its chunks are those of a value of another size')
  const chunkBytes = footer.readUInt32LE(8)
  if (!isChunkSize(chunkBytes)) throw damaged('its chunks have an impossible size')
  const elementBytes = footer[12] as number
  const isElementSize = [1, 2, 4, 8, 16].includes(elementBytes)
  if (!isElementSize || footer.readUIntLE(13, 3) !== 0)
    throw damaged('the footer of its chunks says what no writer writes')
  if (indexSize(Math.ceil(rawSize / chunkBytes)) > storedSize)
    throw damaged('it is too short for its index of chunks')
  return { rawSize, chunkBytes, elementBytes }
}

/** A chunk, and where it lies. */
export interface Chunk extends ChunkEntry {
  /** Where its stored bytes begin. */
  readonly offset: number
  readonly rawBytes: number
}

/** The index of the chunks of one value, every entry of which was checked. */
export class ChunkIndex {
  readonly layout: ChunkLayout
  readonly count: number
  readonly #bytes: Buffer
  /** Of each chunk; one more for the end. */
  readonly #offsets: Float64Array

  /**
   * @param bytes index and footer.
   * @param end where the index begins, and so the last chunk ends.
   * @throws HoldfastError `ERR_INVALID_FRAME` unless all of it fits together.
   */
  constructor(bytes: Buffer, layout: ChunkLayout, end: number) {
    this.layout = layout
    this.count = Math.ceil(layout.rawSize / layout.chunkBytes)
    this.#bytes = bytes
    this.#offsets = new Float64Array(this.count + 1)
    const summed = bytes.length - footerBytes + summedFooterBytes
    if (checksum64(bytes.subarray(0, summed)) !== bytes.readBigUInt64LE(summed))
      throw damaged('the checksum of its index of chunks differs')
    for (let index = 0; index < this.count; index++)
      this.#offsets[index + 1] = (this.#offsets[index] as number) + this.#checkedSize(index)
    if (this.#offsets[this.count] !== end) throw damaged('its chunks do not fill their place')
  }

  /** The chunk with this number. */
  at(index: number): Chunk {
    const at = index * entryBytes
    return {
      form: this.#bytes[at + 4] as number,
      storedBytes: this.#bytes.readUInt32LE(at),
      checksum: this.#bytes.readBigUInt64LE(at + 8),
      offset: this.#offsets[index] as number,
      rawBytes: this.#rawBytes(index),
    }
  }

  #rawBytes(index: number): number {
    const { rawSize, chunkBytes } = this.layout
    return Math.min(chunkBytes, rawSize - index * chunkBytes)
  }

  /** The stored size of a chunk, if its entry is one that a writer writes. */
  #checkedSize(index: number): number {
    const at = index * entryBytes
    const stored = this.#bytes.readUInt32LE(at)
    const raw = this.#rawBytes(index)
    if (!this.#isPossible(this.#bytes.readUInt32LE(at + 4), stored, raw))
      throw damaged('the index of its chunks says what no writer writes')
    return stored
  }

  #isPossible(form: number, stored: number, raw: number): boolean {
    if (form === chunkForm.raw) return stored === raw
    const isKnown = form === chunkForm.packed || form === chunkForm.shuffled
    const isOfElements = form !== chunkForm.shuffled || this.layout.elementBytes > 1
    return isKnown && isOfElements && stored < raw && raw <= stored * maxRatio
  }
}
