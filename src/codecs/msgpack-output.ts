import { littleEndianBytes, type TypedArray } from './element-type.ts'

const firstSize = 2 ** 16

/** Bytes that grow as MessagePack is written into them. */
export class MessagePackOutput {
  #bytes: Buffer = Buffer.allocUnsafeSlow(firstSize)
  #view: DataView = viewOf(this.#bytes)
  #position = 0

  /** What was written. A large one is handed over as it is; memory for the others is used again. */
  take(): Uint8Array {
    const written = this.#bytes.subarray(0, this.#position)
    if (this.#position <= firstSize / 2) return Buffer.from(written)
    this.#replace(Buffer.allocUnsafeSlow(firstSize))
    return written
  }

  /** Forgets what was written. */
  reset(): void {
    this.#position = 0
    if (this.#bytes.length > firstSize) this.#replace(Buffer.allocUnsafeSlow(firstSize))
  }

  null(): void {
    this.byte(0xc0)
  }

  boolean(value: boolean): void {
    this.byte(value ? 0xc3 : 0xc2)
  }

  undefined(): void {
    this.#extension(0, 0)
  }

  /** Begins a map of a number of names and values that is not known yet. @returns its place, for {@link endMap}. */
  beginMap(): number {
    this.byte(0x80)
    return this.#position - 1
  }

  endMap(start: number, count: number): void {
    if (count < 16) this.#bytes[start] = 0x80 | count
    else this.#widen(start, count)
  }

  /** Begins an array; its elements follow. */
  list(length: number): void {
    this.#count(0x90, 0xdc, length)
  }

  /** Begins a set, whose members follow as an array. */
  set(): void {
    this.#extension(0x73, 0)
  }

  buffer(value: Uint8Array): void {
    this.#sized(0xc4, value.length)
    this.#append(value)
  }

  elements(type: number, value: TypedArray): void {
    const bytes = littleEndianBytes(value)
    this.#sized(0xc7, bytes.length + 1)
    this.byte(0x74)
    this.byte(type)
    this.#append(bytes)
  }

  /** Seconds and nanoseconds, in the smallest of the three forms. */
  date(value: Date): void {
    const time = value.getTime()
    if (Number.isNaN(time)) {
      this.#extension(0xff, 0xff)
      return
    }
    const seconds = Math.floor(time / 1000)
    const nanoseconds = (time - seconds * 1000) * 1_000_000
    const isEarly = seconds >= 0 && seconds < 2 ** 32
    this.#room(15)
    if (isEarly && nanoseconds === 0) {
      this.#pair(0xd6, 0xff)
      this.#uint32(seconds)
    } else if (isEarly) {
      this.#pair(0xd7, 0xff)
      this.#uint32(nanoseconds * 4)
      this.#uint32(seconds)
    } else {
      this.#pair(0xc7, 12)
      this.byte(0xff)
      this.#uint32(nanoseconds)
      this.#view.setBigInt64(this.#position, BigInt(seconds))
      this.#position += 8
    }
  }

  /** @returns `false`, and nothing of use, for half of a surrogate pair. */
  string(value: string): boolean {
    const { length } = value
    const start = this.#position
    if (length < 32) {
      this.#room(length * 3 + 5)
      const bytes = this.#bytes
      let at = start + 1
      for (let index = 0; index < length; index += 1) {
        const unit = value.charCodeAt(index)
        if (unit >= 0x80) {
          return this.#wideString(value)
        }
        bytes[at] = unit
        at += 1
      }
      bytes[start] = 0xa0 | length
      this.#position = at
      return true
    }
    return this.#wideString(value)
  }

  #wideString(value: string): boolean {
    if (!value.isWellFormed()) return false
    this.#room((value.length < 4_096 ? value.length * 3 : Buffer.byteLength(value)) + 5)
    // Where the text goes if it is ASCII; moved if it is not, and the header is longer for that.
    const start = this.#position
    const guess = stringHeader(value.length)
    const length = this.#bytes.write(value, start + guess, 'utf8')
    const header = stringHeader(length)
    if (header !== guess)
      this.#bytes.copyWithin(start + header, start + guess, start + guess + length)
    if (header === 1) this.byte(0xa0 | length)
    else this.#sized(0xd9, length)
    this.#position = start + header + length
    return true
  }

  number(value: number): void {
    this.#room(9)
    if ((value | 0) !== value || Object.is(value, -0)) this.#double(value)
    else if (value >= 0) this.#natural(value)
    else if (value >= -32) this.byte(256 + value)
    else if (value >= -128) this.#pair(0xd0, 256 + value)
    else if (value >= -32_768) {
      this.byte(0xd1)
      this.#view.setInt16(this.#position, value)
      this.#position += 2
    } else {
      this.byte(0xd2)
      this.#view.setInt32(this.#position, value)
      this.#position += 4
    }
  }

  #natural(value: number): void {
    if (value < 128) this.byte(value)
    else if (value < 256) this.#pair(0xcc, value)
    else if (value < 65_536) {
      this.byte(0xcd)
      this.#uint16(value)
    } else {
      this.byte(0xce)
      this.#uint32(value)
    }
  }

  #double(value: number): void {
    this.byte(0xcb)
    this.#view.setFloat64(this.#position, value)
    this.#position += 8
  }

  /** @returns `false`, and nothing of use, for more than 64 bits. */
  bigint(value: bigint): boolean {
    this.#room(9)
    if (BigInt.asIntN(64, value) === value) {
      this.byte(0xd3)
      this.#view.setBigInt64(this.#position, value)
    } else if (BigInt.asUintN(64, value) === value) {
      this.byte(0xcf)
      this.#view.setBigUint64(this.#position, value)
    } else return false
    this.#position += 8
    return true
  }

  /** The header of a container: a count of up to 15 in its first byte, otherwise in two or four bytes. */
  #count(small: number, wide: number, count: number): void {
    if (count < 16) this.byte(small | count)
    else if (count < 65_536) {
      this.byte(wide)
      this.#uint16(count)
    } else {
      this.byte(wide + 1)
      this.#uint32(count)
    }
  }

  /** Makes room for a longer header of a map that turned out to have more than 15 members. */
  #widen(start: number, count: number): void {
    const end = this.#position
    const added = count < 65_536 ? 2 : 4
    this.#room(added)
    this.#bytes.copyWithin(start + 1 + added, start + 1, end)
    this.#position = start
    this.#count(0, 0xde, count)
    this.#position = end + added
  }

  /** A header with a length in one, two or four bytes. */
  #sized(token: number, length: number): void {
    if (length < 256) this.#pair(token, length)
    else if (length < 65_536) {
      this.byte(token + 1)
      this.#uint16(length)
    } else {
      this.byte(token + 2)
      this.#uint32(length)
    }
  }

  /** An extension of one byte. */
  #extension(type: number, byte: number): void {
    this.byte(0xd4)
    this.#pair(type, byte)
  }

  #append(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#position)
    this.#position += bytes.length
  }

  byte(value: number): void {
    this.#room(1)
    this.#bytes[this.#position] = value
    this.#position += 1
  }

  #pair(first: number, second: number): void {
    this.byte(first)
    this.byte(second)
  }

  #uint16(value: number): void {
    this.#room(2)
    this.#view.setUint16(this.#position, value)
    this.#position += 2
  }

  #uint32(value: number): void {
    this.#room(4)
    this.#view.setUint32(this.#position, value)
    this.#position += 4
  }

  #room(size: number): void {
    const needed = this.#position + size
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#position))
    this.#replace(larger)
  }

  #replace(bytes: Buffer): void {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
  }
}

/** Bytes before a string of so many bytes. */
function stringHeader(length: number): number {
  if (length < 32) return 1
  if (length < 256) return 2
  return length < 65_536 ? 3 : 5
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
