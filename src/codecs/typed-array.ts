import { endianness } from 'node:os'
import type { Codec } from '../contracts/codec.ts'

type TypedArrayType =
  | typeof Int8Array
  | typeof Uint8ClampedArray
  | typeof Int16Array
  | typeof Uint16Array
  | typeof Int32Array
  | typeof Uint32Array
  | typeof Float32Array
  | typeof Float64Array
  | typeof BigInt64Array
  | typeof BigUint64Array

/** A codec for one typed-array class. */
export interface TypedArrayCodec extends Codec {
  readonly type: TypedArrayType
}

/** The elements of a typed array as they lie in memory, always little-endian in the store. */
function codecOf(type: TypedArrayType): TypedArrayCodec {
  const width = type.BYTES_PER_ELEMENT
  const name = type.name.toLowerCase()
  return {
    id: name,
    type,
    encode(value) {
      const view = value as InstanceType<TypedArrayType>
      return toLittleEndian(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), width)
    },
    decode(bytes) {
      if (bytes.byteLength % width !== 0)
        throw new RangeError(`${bytes.byteLength} bytes are no whole ${name}`)
      const aligned = bytes.byteOffset % width === 0 ? bytes : bytes.slice()
      const ordered = toLittleEndian(aligned, width)
      return new type(ordered.buffer as ArrayBuffer, ordered.byteOffset, ordered.byteLength / width)
    },
  }
}

const bigEndian = endianness() === 'BE'

function toLittleEndian(bytes: Uint8Array, width: number): Uint8Array {
  if (!bigEndian || width === 1) return bytes
  const swapped = Buffer.from(bytes)
  if (width === 2) return swapped.swap16()
  return width === 4 ? swapped.swap32() : swapped.swap64()
}

/** In the order of their numbers in rows: append only. */
export const typedArrayCodecs: readonly TypedArrayCodec[] = [
  codecOf(Int8Array),
  codecOf(Uint8ClampedArray),
  codecOf(Int16Array),
  codecOf(Uint16Array),
  codecOf(Int32Array),
  codecOf(Uint32Array),
  codecOf(Float32Array),
  codecOf(Float64Array),
  codecOf(BigInt64Array),
  codecOf(BigUint64Array),
]
