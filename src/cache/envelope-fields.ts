import { isUtf8 } from 'node:buffer'
import { HoldfastError } from '../contracts/errors.ts'
import { invalidOption } from '../util/options.ts'

/*
 * The parts of an envelope's fields. Text is UTF-8 with its length in bytes before it; lengths and counts are LEB128: seven bits
 * a byte, the lowest first, the highest bit set where another follows. Numbers are doubles, little-endian.
 */

const firstSize = 256
const longestNode = 255

/** What a version or another member that is text or a number begins with. */
const mark = { text: 0, number: 1 } as const

/** Bytes that grow as fields are written. */
export class FieldWriter {
  #bytes: Buffer = Buffer.allocUnsafe(firstSize)
  #position: number

  /** @param start bytes that are left free at the beginning. */
  constructor(start: number) {
    this.#position = start
  }

  /** What was written. */
  take(): Buffer {
    return this.#bytes.subarray(0, this.#position)
  }

  /** Text with its length in one byte. */
  shortText(text: string): void {
    const length = Buffer.byteLength(text)
    if (length > longestNode || !text.isWellFormed())
      throw invalidOption('node', text, 'text of at most 255 bytes')
    this.#byte(length)
    this.#utf8(text, length)
  }

  text(text: string): void {
    const length = Buffer.byteLength(text)
    this.count(length)
    this.#utf8(text, length)
  }

  textOrNumber(value: string | number): void {
    if (typeof value === 'string') {
      this.#byte(mark.text)
      this.text(value)
    } else {
      this.#byte(mark.number)
      this.number(value)
    }
  }

  number(value: number): void {
    this.#room(8)
    this.#position = this.#bytes.writeDoubleLE(value, this.#position)
  }

  bytes(bytes: Uint8Array): void {
    this.count(bytes.length)
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#position)
    this.#position += bytes.length
  }

  count(count: number): void {
    let rest = count
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#byte((rest % 0x80) | 0x80)
    this.#byte(rest)
  }

  #byte(byte: number): void {
    this.#room(1)
    this.#bytes[this.#position] = byte
    this.#position += 1
  }

  #utf8(text: string, length: number): void {
    this.#room(length)
    this.#position += this.#bytes.write(text, this.#position, length, 'utf8')
  }

  #room(size: number): void {
    const needed = this.#position + size
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#position))
    this.#bytes = larger
  }
}

/** Reads what a {@link FieldWriter} wrote. Every length is compared with what is left before anything is made of it. */
export class FieldReader {
  readonly #bytes: Buffer
  readonly #end: number
  #position: number

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#position = start
    this.#end = end
  }

  get isAtEnd(): boolean {
    return this.#position === this.#end
  }

  shortText(): string {
    return this.#utf8(this.#byte())
  }

  text(): string {
    return this.#utf8(this.count())
  }

  texts(): string[] {
    const count = this.count()
    // Each takes a byte at least.
    if (count > this.#end - this.#position) throw cutOff()
    const texts: string[] = []
    for (let index = 0; index < count; index += 1) texts.push(this.text())
    return texts
  }

  textOrNumber(): string | number {
    const kind = this.#byte()
    if (kind === mark.text) return this.text()
    if (kind === mark.number) return this.number()
    throw damagedField('a member is neither text nor a number')
  }

  number(): number {
    const at = this.#take(8)
    return this.#bytes.readDoubleLE(at)
  }

  /** A view. */
  bytes(): Buffer {
    const length = this.count()
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  count(): number {
    let value = 0
    for (let factor = 1; factor <= 2 ** 28; factor *= 0x80) {
      const byte = this.#byte()
      value += (byte & 0x7f) * factor
      if (byte < 0x80) {
        if (byte === 0 && factor > 1) throw damagedField('a length has more bytes than it needs')
        return value
      }
    }
    throw damagedField('a length is impossible')
  }

  #byte(): number {
    return this.#bytes[this.#take(1)] as number
  }

  #utf8(length: number): string {
    const at = this.#take(length)
    const text = this.#bytes.toString('utf8', at, at + length)
    // What is no UTF-8 becomes this character, which text may have as well.
    if (text.includes('\ufffd') && !isUtf8(this.#bytes.subarray(at, at + length)))
      throw damagedField('a text is no UTF-8')
    return text
  }

  /** Passes `size` bytes. @returns where they begin. */
  #take(size: number): number {
    const at = this.#position
    if (size > this.#end - at) throw cutOff()
    this.#position = at + size
    return at
  }
}

function cutOff(): HoldfastError {
  return damagedField('a length goes beyond its end')
}

function damagedField(why: string): HoldfastError {
  return new HoldfastError('ERR_INVALID_FRAME', `The fields of the entry are damaged: ${why}.`)
}
