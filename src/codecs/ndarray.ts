import type { Codec } from '../contracts/codec.ts'
import { HoldfastError } from '../contracts/errors.ts'
import {
  elementsOf,
  elementTypeOf,
  elementTypes,
  littleEndianBytes,
  type TypedArray,
} from './element-type.ts'

/**
 * An n-dimensional array: what numeric libraries hand out. `dtype` is the library's own word (`float32`, `<f4`, `bool`); the class of `data` is kept
 * beside it, so any word does.
 */
export interface NdArray {
  readonly data: TypedArray
  /** Length of each dimension. */
  readonly shape: readonly number[]
  readonly dtype: string
  /** Elements from one member of a dimension to its next; row after row where there are none. */
  readonly strides?: readonly number[] | undefined
}

const mostDimensions = 64
const longestWord = 64
const names: ReadonlySet<string> = new Set(['data', 'shape', 'dtype', 'strides'])

/**
 * Whether `value` is a plain object of exactly `data`, `shape`, `dtype` and perhaps `strides`, that fit each other. What does not
 * fit is an object like any other.
 */
export function isNdArray(value: unknown): value is NdArray {
  if (typeof value !== 'object' || value === null || !('dtype' in value)) return false
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  const own = Reflect.ownKeys(value)
  if (own.length < 3 || !own.every((name) => names.has(name as string))) return false
  const { data, shape, dtype, strides } = value as Partial<Record<keyof NdArray, unknown>>
  if (elementTypeOf(data) === undefined || !isWord(dtype) || !isSizes(shape, 0)) return false
  if (!('strides' in value)) return isCovered(shape, (data as TypedArray).length)
  return isSizes(strides, -Infinity) && strides.length === shape.length
}

/**
 * N-d arrays: the elements' bytes, little-endian; in the meta, in this order: number of the element class (1 byte), 1 if
 * there are strides, number of dimensions, length of `dtype` (1 byte each), `dtype` in UTF-8, each dimension's length, each
 * stride (doubles, little-endian).
 */
export const ndArrayCodec: Codec = {
  id: 'ndarray',
  encode(value) {
    const { data, shape, dtype, strides } = value as NdArray
    const word = Buffer.from(dtype, 'utf8')
    const type = elementTypeOf(data) ?? 0
    const head = [type, strides === undefined ? 0 : 1, shape.length, word.length]
    const sizes = Float64Array.from([...shape, ...(strides ?? [])])
    return {
      bytes: littleEndianBytes(data),
      meta: Buffer.concat([Uint8Array.from(head), word, littleEndianBytes(sizes)]),
      elementBytes: data.BYTES_PER_ELEMENT,
    }
  },
  decode(bytes, { meta }) {
    const [type = -1, strided = 0, dimensions = 0, length = 0] = meta
    const elements = elementTypes[type]
    const end = 4 + length
    if (elements === undefined || meta.length !== end + dimensions * 8 * (1 + strided))
      throw damaged()
    const dtype = Buffer.from(meta.subarray(4, end)).toString('utf8')
    const sizes = [...elementsOf(Float64Array, meta.slice(end))] as number[]
    const data = elementsOf(elements, bytes)
    const shape = sizes.slice(0, dimensions)
    const strides = sizes.slice(dimensions)
    const value = strided === 1 ? { data, shape, dtype, strides } : { data, shape, dtype }
    if (!isNdArray(value)) throw damaged()
    return value
  },
}

function isWord(dtype: unknown): dtype is string {
  return typeof dtype === 'string' && dtype.isWellFormed() && dtype.length <= longestWord
}

function isSizes(sizes: unknown, least: number): sizes is number[] {
  if (!Array.isArray(sizes) || Object.getPrototypeOf(sizes) !== Array.prototype) return false
  if (sizes.length > mostDimensions || Object.keys(sizes).length !== sizes.length) return false
  return sizes.every((size) => Number.isSafeInteger(size) && size >= least && !Object.is(size, -0))
}

/** Whether the elements of `shape` are `count`, or twice as many: complex numbers have two. */
function isCovered(shape: readonly number[], count: number): boolean {
  const product = shape.reduce((before, size) => before * size, 1)
  return product === count || product * 2 === count
}

function damaged(): HoldfastError {
  return new HoldfastError('ERR_CORRUPT', 'The value is no n-d array of ours.')
}
