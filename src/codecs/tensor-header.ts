import { HoldfastError } from '../contracts/errors.ts'

/** Element types of TensorFlow.js, in the order of their numbers in stored bytes: append only. */
export const tensorTypes = ['float32', 'int32', 'bool', 'complex64', 'string'] as const

export type TensorType = (typeof tensorTypes)[number]

/** Bytes of an element; 0 where they differ. */
export const tensorElementBytes: Readonly<Record<TensorType, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  complex64: 8,
  string: 0,
}

export interface TensorHeader {
  readonly dtype: TensorType
  readonly shape: readonly number[]
}

const formatVersion = 1

/** A byte each for version, element type and rank, a zero, then each dimension as 32-bit little-endian. */
export function encodeTensorHeader({ dtype, shape }: TensorHeader): Uint8Array {
  const bytes = Buffer.alloc(4 + 4 * shape.length)
  bytes.set([formatVersion, tensorTypes.indexOf(dtype), shape.length, 0])
  shape.forEach((size, index) => {
    bytes.writeUInt32LE(size, 4 + 4 * index)
  })
  return bytes
}

/** @throws HoldfastError `ERR_CORRUPT`. */
export function decodeTensorHeader(bytes: Uint8Array): TensorHeader {
  const [version, type = -1, rank = 0] = bytes
  const dtype = tensorTypes[type]
  if (version !== formatVersion || dtype === undefined || bytes.byteLength !== 4 + 4 * rank)
    throw corruptTensor('its shape cannot be read')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const shape = Array.from({ length: rank }, (_, index) => view.getUint32(4 + 4 * index, true))
  return { dtype, shape }
}

/** How many elements a tensor of this shape has. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1)
}

export function corruptTensor(what: string): HoldfastError {
  return new HoldfastError('ERR_CORRUPT', `Tensor: ${what}. The entry cannot be read.`)
}
