import type { Codec } from '../contracts/codec.ts'
import { structuredCodec } from './structured.ts'
import { typedArrayCodecs } from './typed-array.ts'

const empty = new Uint8Array(0)

function constant(id: string, value: unknown): Codec {
  return { id, encode: () => empty, decode: () => value }
}

const undefinedCodec = constant('undefined', undefined)
const nullCodec = constant('null', null)
const falseCodec = constant('false', false)
const trueCodec = constant('true', true)

const numberCodec: Codec = {
  id: 'number',
  encode(value) {
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeDoubleLE(value as number)
    return bytes
  },
  decode: (bytes) => asBuffer(bytes).readDoubleLE(0),
}

const textCodec: Codec = {
  id: 'text',
  encode: (value) => Buffer.from(value as string, 'utf8'),
  decode: (bytes) => asBuffer(bytes).toString('utf8'),
}

const bytesCodec: Codec = {
  id: 'bytes',
  encode: (value) => value as Uint8Array,
  decode: (bytes) =>
    Buffer.isBuffer(bytes)
      ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      : bytes,
}

const bufferCodec: Codec = {
  id: 'buffer',
  encode: (value) => value as Uint8Array,
  decode: asBuffer,
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/**
 * The codecs that every store can read without being told, in the order of the numbers under which rows name them.
 * Append only: a number, once released, belongs to its codec for ever.
 */
export const basicCodecs: readonly Codec[] = [
  undefinedCodec,
  nullCodec,
  falseCodec,
  trueCodec,
  numberCodec,
  textCodec,
  bytesCodec,
  bufferCodec,
  structuredCodec,
  ...typedArrayCodecs,
]

/** The codec that keeps the type of `value`, chosen by what it is. */
export function basicCodecFor(value: unknown): Codec {
  switch (typeof value) {
    case 'string':
      // UTF-8 cannot hold a lone surrogate; structured clone can.
      return value.isWellFormed() ? textCodec : structuredCodec
    case 'number':
      return numberCodec
    case 'boolean':
      return value ? trueCodec : falseCodec
    case 'undefined':
      return undefinedCodec
    case 'object':
      return value === null ? nullCodec : objectCodecFor(value)
    default:
      return structuredCodec
  }
}

function objectCodecFor(value: object): Codec {
  if (!ArrayBuffer.isView(value)) return structuredCodec
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Buffer.prototype) return bufferCodec
  if (prototype === Uint8Array.prototype) return bytesCodec
  return typedArrayCodecs.find((codec) => codec.type.prototype === prototype) ?? structuredCodec
}
