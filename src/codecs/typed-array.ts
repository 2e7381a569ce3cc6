import type { Codec } from '../contracts/codec.ts'
import type { Compression } from '../contracts/compression.ts'
import { checkOptionNames } from '../util/options.ts'
import { bufferCodec, bytesCodec } from './basic.ts'
import {
  type ElementType,
  elementsOf,
  elementTypeOf,
  elementTypes,
  littleEndianBytes,
  type TypedArray,
} from './element-type.ts'
import { isNdArray, ndArrayCodec } from './ndarray.ts'
import { unsupported } from './refusal.ts'

/** A codec for one typed-array class: the elements as they lie in memory, always little-endian in the store. */
function codecOf(type: ElementType): Codec {
  const elementBytes = type.BYTES_PER_ELEMENT
  return {
    id: type.name.toLowerCase(),
    encode: (value) => ({ bytes: littleEndianBytes(value as TypedArray), elementBytes }),
    decode: (bytes) => elementsOf(type, bytes),
  }
}

/** In the order of their numbers in rows: append only. A Uint8Array has a number of its own, from earlier. */
export const typedArrayCodecs: readonly Codec[] = elementTypes
  .filter((type) => type !== Uint8Array)
  .map(codecOf)

const byElementType: readonly Codec[] = elementTypes.map((type) =>
  type === Uint8Array ? bytesCodec : codecOf(type),
)

/** The codec of a typed array or Buffer by its class; `undefined` for a subclass and for anything else. */
export function typedArrayCodecFor(value: unknown): Codec | undefined {
  const number = elementTypeOf(value)
  if (number !== undefined) return byElementType[number]
  const isBuffer = Buffer.isBuffer(value) && Object.getPrototypeOf(value) === Buffer.prototype
  return isBuffer ? bufferCodec : undefined
}

/** For {@link typedArray}. */
export interface TypedArrayOptions {
  /** How these values are compressed, whatever the store does with others. @default what the store says */
  readonly compression?: Compression | undefined
}

/**
 * Typed arrays, Buffers and n-d arrays (`{ data, shape, dtype, strides? }`) as the bytes of their elements, little-endian. Not
 * compressed, a large one that is read from a file is a view of its pages. Other values are refused with `ERR_UNSUPPORTED_VALUE`.
 * @example new DiskCache(directory, { codec: auto({ codecs: [typedArray({ compression: 'zstd' })] }) })
 */
export function typedArray(options?: TypedArrayOptions): Codec {
  checkOptionNames('typedArray', options, ['compression'])
  const compression = options?.compression
  const own = (codec: Codec): Codec =>
    compression === undefined ? codec : { ...codec, compression }
  const members = [bytesCodec, bufferCodec, ...typedArrayCodecs, ndArrayCodec].map(own)
  const byId = new Map(members.map((codec) => [codec.id, codec]))
  const find = (value: unknown) => (isNdArray(value) ? ndArrayCodec : typedArrayCodecFor(value))
  const choose = (value: unknown): Codec => {
    const codec = byId.get(find(value)?.id ?? '')
    if (codec === undefined) throw unsupported(value, [])
    return codec
  }
  return {
    id: 'typed-array',
    members,
    choose,
    test: (value) => find(value) !== undefined,
    encode: (value) => choose(value).encode(value),
    decode() {
      throw new TypeError('typedArray() reads by the codecs it chooses')
    },
  }
}
