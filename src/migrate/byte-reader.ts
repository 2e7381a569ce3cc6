import { NotConvertible } from './not-convertible.ts'

/** Reads numbers and pieces of `bytes` from front to back. Every length is checked against what is there before it is used. */
export class ByteReader {
  readonly #bytes: Buffer
  readonly #format: string
  #position = 0

  /** @param format names the format in reasons. */
  constructor(bytes: Uint8Array, format: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#format = format
  }

  get atEnd(): boolean {
    return this.left === 0
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#bytes.length - this.#position
  }

  uint8(): number {
    return this.#bytes.readUInt8(this.#advance(1))
  }

  int8(): number {
    return this.#bytes.readInt8(this.#advance(1))
  }

  uint16(): number {
    return this.#bytes.readUInt16LE(this.#advance(2))
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#advance(4))
  }

  int32(): number {
    return this.#bytes.readInt32LE(this.#advance(4))
  }

  /** A length of 8 bytes. One that no buffer can have is a broken one. */
  length64(): number {
    const length = this.#bytes.readBigUInt64LE(this.#advance(8))
    if (length > BigInt(this.#bytes.length)) throw this.broken()
    return Number(length)
  }

  /** A view of the next `length` bytes, not a copy. */
  take(length: number): Buffer {
    const start = this.#advance(length)
    return this.#bytes.subarray(start, start + length)
  }

  /** The bytes up to the next line feed, which is skipped. */
  line(longest: number): Buffer {
    const end = this.#bytes.subarray(0, this.#position + longest + 1).indexOf(0x0a, this.#position)
    if (end < 0) throw this.broken()
    const line = this.take(end - this.#position)
    this.#position += 1
    return line
  }

  broken(): NotConvertible {
    return new NotConvertible(`${this.#format} that is damaged or cut short`)
  }

  #advance(length: number): number {
    const start = this.#position
    if (length > this.left) throw this.broken()
    this.#position = start + length
    return start
  }
}
