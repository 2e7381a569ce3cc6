import { endianness } from 'node:os'
import { HoldfastError } from '../contracts/errors.ts'

/** A typed-array class that every Node has. */
export type ElementType =
  | Int8ArrayConstructor
  | Uint8ArrayConstructor
  | Uint8ClampedArrayConstructor
  | Int16ArrayConstructor
  | Uint16ArrayConstructor
  | Int32ArrayConstructor
  | Uint32ArrayConstructor
  | Float32ArrayConstructor
  | Float64ArrayConstructor
  | BigInt64ArrayConstructor
  | BigUint64ArrayConstructor

/** These classes in an order that n-d arrays keep as numbers: append only. */
export const elementTypes: readonly ElementType[] = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
]

/** An instance of one. */
export type TypedArray = InstanceType<ElementType>

const numbers: ReadonlyMap<unknown, number> = new Map(
  elementTypes.map((type, number) => [type.prototype, number]),
)

/** Place in {@link elementTypes} of the class of `value`; `undefined` for subclasses, Buffers and whatever is no typed array. */
export function elementTypeOf(value: unknown): number | undefined {
  return ArrayBuffer.isView(value) ? numbers.get(Object.getPrototypeOf(value)) : undefined
}

/** The elements as they lie in memory; a copy only where that is big-endian. */
export function littleEndianBytes(value: TypedArray): Uint8Array {
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  return toLittleEndian(bytes, value.BYTES_PER_ELEMENT)
}

/**
 * A view of `bytes`; of a copy where they do not lie on a boundary of the element.
 * @throws HoldfastError `ERR_CORRUPT` for a part of an element.
 */
export function elementsOf(type: ElementType, bytes: Uint8Array): TypedArray {
  const width = type.BYTES_PER_ELEMENT
  if (bytes.byteLength % width !== 0)
    throw new HoldfastError('ERR_CORRUPT', `${bytes.byteLength} bytes are no whole ${type.name}.`)
  const isAligned = bytes.byteOffset % width === 0
  const ordered = toLittleEndian(isAligned ? bytes : new Uint8Array(bytes), width)
  return new type(ordered.buffer as ArrayBuffer, ordered.byteOffset, ordered.byteLength / width)
}

const bigEndian = endianness() === 'BE'

function toLittleEndian(bytes: Uint8Array, width: number): Uint8Array {
  if (!bigEndian || width === 1) return bytes
  const swapped = Buffer.from(bytes)
  if (width === 2) return swapped.swap16()
  return width === 4 ? swapped.swap32() : swapped.swap64()
}
