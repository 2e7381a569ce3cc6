import type { Codec } from '../contracts/codec.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { asBuffer, asPlainBytes } from './bytes.ts'
import { refused } from './refusal.ts'

const empty = new Uint8Array(0)

function constant(id: string, value: unknown): Codec {
  return {
    id,
    encode: () => empty,
    decode(bytes) {
      assertSize(id, bytes, 0)
      return value
    },
  }
}

export const undefinedCodec: Codec = constant('undefined', undefined)
export const nullCodec: Codec = constant('null', null)
export const falseCodec: Codec = constant('false', false)
export const trueCodec: Codec = constant('true', true)

/** An IEEE double, little-endian. */
export const numberCodec: Codec = {
  id: 'number',
  encode: (value) => doubleBytes(value as number),
  decode: (bytes) => doubleOf('number', bytes),
}

/** Well-formed text as UTF-8. */
export const textCodec: Codec = {
  id: 'text',
  encode: (value) => Buffer.from(value as string, 'utf8'),
  decode: (bytes) => asBuffer(bytes).toString('utf8'),
}

/** A Uint8Array as it is. */
export const bytesCodec: Codec = {
  id: 'bytes',
  encode: (value) => value as Uint8Array,
  decode: asPlainBytes,
}

/** A Buffer as it is. */
export const bufferCodec: Codec = {
  id: 'buffer',
  encode: (value) => value as Uint8Array,
  decode: asBuffer,
}

/** Eight bytes, little-endian, in two's complement; where that is too small a byte for the sign (1: below zero) and the magnitude, largest byte first. */
export const bigintCodec: Codec = {
  id: 'bigint',
  encode(value) {
    const number = value as bigint
    if (BigInt.asIntN(64, number) === number) {
      const bytes = Buffer.allocUnsafe(8)
      bytes.writeBigInt64LE(number)
      return bytes
    }
    const isNegative = number < 0n
    const digits = (isNegative ? -number : number).toString(16)
    const sign = isNegative ? '01' : '00'
    return Buffer.from(sign + (digits.length % 2 === 0 ? digits : `0${digits}`), 'hex')
  },
  decode(bytes) {
    const buffer = asBuffer(bytes)
    if (buffer.length === 8) return buffer.readBigInt64LE()
    const sign = buffer[0]
    if (buffer.length < 9 || (sign !== 0 && sign !== 1)) throw wrongSize('bigint', bytes)
    const magnitude = BigInt(`0x${buffer.toString('hex', 1)}`)
    return sign === 1 ? -magnitude : magnitude
  },
}

/** A Date as the double of its milliseconds: NaN for an invalid one. */
export const dateCodec: Codec = {
  id: 'date',
  encode: (value) => doubleBytes((value as Date).getTime()),
  decode: (bytes) => new Date(doubleOf('date', bytes)),
}

/** An ArrayBuffer that cannot grow. */
export const arrayBufferCodec: Codec = {
  id: 'array-buffer',
  encode: (value) => new Uint8Array(value as ArrayBuffer),
  decode(bytes) {
    const { buffer } = bytes
    const isWhole = bytes.byteLength === buffer.byteLength && buffer instanceof ArrayBuffer
    // A buffer that a pool or a frame shares must be cut out.
    return isWhole ? buffer : new Uint8Array(bytes).buffer
  },
}

/** A URL as its href. */
export const urlCodec: Codec = {
  id: 'url',
  encode(value) {
    const [added] = Object.keys(value as URL)
    if (added !== undefined)
      throw refused(
        [],
        `the property '${added}' that was added to a URL would be lost. Store it beside that.`,
      )
    return Buffer.from((value as URL).href, 'utf8')
  },
  decode: (bytes) => new URL(asBuffer(bytes).toString('utf8')),
}

function doubleBytes(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeDoubleLE(value)
  return bytes
}

function doubleOf(id: string, bytes: Uint8Array): number {
  assertSize(id, bytes, 8)
  return asBuffer(bytes).readDoubleLE()
}

function assertSize(id: string, bytes: Uint8Array, size: number): void {
  if (bytes.byteLength !== size) throw wrongSize(id, bytes)
}

function wrongSize(id: string, bytes: Uint8Array): HoldfastError {
  return new HoldfastError('ERR_CORRUPT', `${bytes.byteLength} bytes are no ${id}.`)
}
