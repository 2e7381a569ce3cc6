import { defaultChunkBytes, indexSize } from './chunks.ts'
import type { OpenStream } from './encryption-stream.ts'

/**
 * Reads the chunks of an encrypted value one after the other. Their index stands at the end, and decryption goes from the
 * beginning: so a first pass keeps the end, and a second gives the chunks.
 */
export class ForwardReader {
  readonly #stream: OpenStream
  readonly #pieces: () => Iterable<Uint8Array>
  readonly #end: Buffer
  readonly #endAt: number
  #source: Iterator<Uint8Array>
  #buffered: Buffer = Buffer.alloc(0)
  #position = 0

  /** @param stream whose verification has ended; @param pieces the ciphertext, cut as it was then. */
  constructor(
    stream: OpenStream,
    pieces: () => Iterable<Uint8Array>,
    storedSize: number,
    rawSize: number,
  ) {
    this.#stream = stream
    this.#pieces = pieces
    const index = indexSize(Math.ceil(rawSize / defaultChunkBytes))
    this.#end = this.#readEnd(Math.min(storedSize, index))
    this.#endAt = storedSize - this.#end.length
    stream.rewind()
    this.#source = pieces()[Symbol.iterator]()
  }

  /** Decrypted bytes: of the index in any order, of the rest from front to back. Fewer if there are no more. */
  read(offset: number, length: number): Uint8Array {
    if (offset >= this.#endAt)
      return this.#end.subarray(offset - this.#endAt, offset - this.#endAt + length)
    if (offset !== this.#position) throw new RangeError('ForwardReader: only forward')
    while (this.#buffered.length < length) {
      const next = this.#source.next()
      if (next.done === true) break
      this.#buffered = Buffer.concat([this.#buffered, this.#stream.open(next.value)])
    }
    const bytes = this.#buffered.subarray(0, length)
    this.#buffered = this.#buffered.subarray(length)
    this.#position += bytes.length
    return bytes
  }

  #readEnd(size: number): Buffer {
    let end: Buffer = Buffer.alloc(0)
    for (const piece of this.#pieces()) {
      const both = Buffer.concat([end, this.#stream.open(piece)])
      end = Buffer.from(both.subarray(Math.max(0, both.length - size)))
    }
    this.#stream.finish()
    return end
  }
}
