import { types } from 'node:util'
import type { Codec } from '../contracts/codec.ts'
import { elementTypeOf, littleEndianBytes, type TypedArray } from './element-type.ts'
import { maxDepth } from './refusal.ts'
import { hasOwnNames, isTagged } from './walk.ts'

export interface WriterOptions {
  /** The codec of its own that keeps an object, which MessagePack then does not. @default none has one */
  readonly codecFor?: ((value: object) => Codec | undefined) | undefined
  /** Whether {@link codecFor} may have one for plain objects and arrays too. @default false */
  readonly isForAll?: boolean | undefined
  /** Whether a part that is shared is written once for each place. @default false: then MessagePack does not keep the value */
  readonly isTree?: boolean | undefined
}

/** Thrown inwards at the first part that MessagePack does not keep. */
const notKept = Symbol('not kept')

/** Written into again and again: a value that nests another call takes another. */
let spare: Writer | undefined
const firstSize = 2 ** 16

/**
 * The MessagePack of `value`; `undefined` if it would lose something. Checking and writing are one pass, because this
 * is the way of most values: a walk before a packer that knows nothing of it costs half as much again.
 */
export function writeMessagePack(value: unknown, options: WriterOptions): Uint8Array | undefined {
  const writer = spare ?? new Writer()
  spare = undefined
  try {
    return writer.write(value, options)
  } catch (error) {
    if (error === notKept) return undefined
    throw error
  } finally {
    writer.forget()
    spare = writer
  }
}

class Writer {
  #bytes: Buffer = Buffer.allocUnsafeSlow(firstSize)
  #view: DataView = viewOf(this.#bytes)
  #position = 0
  #options: WriterOptions = {}
  #seen: Set<object> | undefined

  write(value: unknown, options: WriterOptions): Uint8Array {
    this.#options = options
    this.#seen = options.isTree === true ? undefined : new Set()
    this.#value(value, 0)
    const written = this.#bytes.subarray(0, this.#position)
    // A large one is handed over as it is; of the others many are written before the memory is worn out.
    if (this.#position > firstSize / 2) this.#bytes = Buffer.alloc(0)
    return this.#bytes.length === 0 ? written : Buffer.from(written)
  }

  /** Lets go of the last value. */
  forget(): void {
    this.#position = 0
    this.#seen = undefined
    this.#options = {}
    if (this.#bytes.length === firstSize) return
    this.#bytes = Buffer.allocUnsafeSlow(firstSize)
    this.#view = viewOf(this.#bytes)
  }

  #value(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string':
        this.#string(value)
        return
      case 'number':
        this.#number(value)
        return
      case 'boolean':
        this.#byte(value ? 0xc3 : 0xc2)
        return
      case 'undefined':
        this.#extension(0, 0)
        return
      case 'object':
        if (value === null) this.#byte(0xc0)
        else this.#object(value, depth)
        return
      case 'bigint':
        this.#bigint(value)
        return
      default:
        throw notKept
    }
  }

  #object(value: object, depth: number): void {
    if (depth > maxDepth) throw notKept
    if (this.#seen !== undefined) {
      const { size } = this.#seen
      if (this.#seen.add(value).size === size) throw notKept
    }
    const prototype: unknown = Object.getPrototypeOf(value)
    const isRecord = prototype === Object.prototype && !isTagged(value)
    const isList = prototype === Array.prototype && Array.isArray(value)
    const isAsked = this.#options.isForAll === true || !(isRecord || isList)
    if (isAsked && this.#options.codecFor?.(value) !== undefined) throw notKept
    if (isRecord) this.#record(value as Readonly<Record<string, unknown>>, depth)
    else if (isList) this.#list(value, depth)
    else this.#other(value, prototype, depth)
  }

  #record(value: Readonly<Record<string, unknown>>, depth: number): void {
    if (Object.getOwnPropertySymbols(value).length > 0) throw notKept
    const start = this.#position
    this.#byte(0x80)
    let count = 0
    // Not Object.keys, which takes three times as long; a plain object inherits nothing that could be met here.
    for (const name in value) {
      if (name === '__proto__') throw notKept
      this.#string(name)
      this.#value(value[name], depth + 1)
      count += 1
    }
    if (count < 16) this.#bytes[start] = 0x80 | count
    else this.#widen(start, 0xde, count)
  }

  #list(value: readonly unknown[], depth: number): void {
    if (hasOwnNames(value)) throw notKept
    this.#count(0x90, 0xdc, value.length)
    for (let index = 0; index < value.length; index += 1) {
      const member = value[index]
      if (member === undefined && !(index in value)) throw notKept
      this.#value(member, depth + 1)
    }
  }

  #other(value: object, prototype: unknown, depth: number): void {
    if (Buffer.isBuffer(value) && prototype === Buffer.prototype) {
      this.#sized(0xc4, value.length)
      this.#append(value)
      return
    }
    const type = elementTypeOf(value)
    if (type !== undefined) this.#elements(type, value as TypedArray)
    else if (Reflect.ownKeys(value).length > 0) throw notKept
    else if (prototype === Date.prototype && types.isDate(value)) this.#date(value)
    else if (prototype === Set.prototype && types.isSet(value)) {
      this.#extension(0x73, 0)
      this.#list([...value], depth)
    } else throw notKept
  }

  #elements(type: number, value: TypedArray): void {
    const bytes = littleEndianBytes(value)
    this.#sized(0xc7, bytes.length + 1)
    this.#byte(0x74)
    this.#byte(type)
    this.#append(bytes)
  }

  /** Seconds and nanoseconds, in the smallest of the three forms. */
  #date(value: Date): void {
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
      this.#byte(0xff)
      this.#uint32(nanoseconds)
      this.#view.setBigInt64(this.#position, BigInt(seconds))
      this.#position += 8
    }
  }

  #string(value: string): void {
    const { length } = value
    const start = this.#position
    if (length < 32) {
      this.#room(length * 3 + 5)
      const bytes = this.#bytes
      let at = start + 1
      for (let index = 0; index < length; index += 1) {
        const unit = value.charCodeAt(index)
        if (unit >= 0x80) {
          this.#wideString(value)
          return
        }
        bytes[at] = unit
        at += 1
      }
      bytes[start] = 0xa0 | length
      this.#position = at
    } else this.#wideString(value)
  }

  #wideString(value: string): void {
    if (!value.isWellFormed()) throw notKept
    this.#room((value.length < 4_096 ? value.length * 3 : Buffer.byteLength(value)) + 5)
    // Where the text goes if it is ASCII; moved if it is not, and the header is longer for that.
    const start = this.#position
    const guess = stringHeader(value.length)
    const length = this.#bytes.write(value, start + guess, 'utf8')
    const header = stringHeader(length)
    if (header !== guess)
      this.#bytes.copyWithin(start + header, start + guess, start + guess + length)
    if (header === 1) this.#byte(0xa0 | length)
    else this.#sized(0xd9, length)
    this.#position = start + header + length
  }

  #number(value: number): void {
    this.#room(9)
    if ((value | 0) !== value || Object.is(value, -0)) this.#double(value)
    else if (value >= 0) this.#natural(value)
    else if (value >= -32) this.#byte(256 + value)
    else if (value >= -128) this.#pair(0xd0, 256 + value)
    else if (value >= -32_768) {
      this.#byte(0xd1)
      this.#view.setInt16(this.#position, value)
      this.#position += 2
    } else {
      this.#byte(0xd2)
      this.#view.setInt32(this.#position, value)
      this.#position += 4
    }
  }

  #natural(value: number): void {
    if (value < 128) this.#byte(value)
    else if (value < 256) this.#pair(0xcc, value)
    else if (value < 65_536) {
      this.#byte(0xcd)
      this.#uint16(value)
    } else {
      this.#byte(0xce)
      this.#uint32(value)
    }
  }

  #double(value: number): void {
    this.#byte(0xcb)
    this.#view.setFloat64(this.#position, value)
    this.#position += 8
  }

  #bigint(value: bigint): void {
    this.#room(9)
    if (BigInt.asIntN(64, value) === value) {
      this.#byte(0xd3)
      this.#view.setBigInt64(this.#position, value)
    } else if (BigInt.asUintN(64, value) === value) {
      this.#byte(0xcf)
      this.#view.setBigUint64(this.#position, value)
    } else throw notKept
    this.#position += 8
  }

  /** The header of a container: a count of up to 15 in its first byte, otherwise in two or four bytes. */
  #count(small: number, wide: number, count: number): void {
    if (count < 16) this.#byte(small | count)
    else if (count < 65_536) {
      this.#byte(wide)
      this.#uint16(count)
    } else {
      this.#byte(wide + 1)
      this.#uint32(count)
    }
  }

  /** Makes room for a longer header of a map that turned out to have more than 15 members. */
  #widen(start: number, wide: number, count: number): void {
    const end = this.#position
    const added = count < 65_536 ? 2 : 4
    this.#room(added)
    this.#bytes.copyWithin(start + 1 + added, start + 1, end)
    this.#position = start
    this.#count(0, wide, count)
    this.#position = end + added
  }

  /** A header with a length in one, two or four bytes. */
  #sized(token: number, length: number): void {
    if (length < 256) this.#pair(token, length)
    else if (length < 65_536) {
      this.#byte(token + 1)
      this.#uint16(length)
    } else {
      this.#byte(token + 2)
      this.#uint32(length)
    }
  }

  /** An extension of one byte. */
  #extension(type: number, byte: number): void {
    this.#byte(0xd4)
    this.#pair(type, byte)
  }

  #append(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#position)
    this.#position += bytes.length
  }

  #byte(value: number): void {
    this.#room(1)
    this.#bytes[this.#position] = value
    this.#position += 1
  }

  #pair(first: number, second: number): void {
    this.#byte(first)
    this.#byte(second)
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
    this.#bytes = larger
    this.#view = viewOf(larger)
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
