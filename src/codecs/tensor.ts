import { endianness } from 'node:os'
import type { Codec, Payload } from '../contracts/codec.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { describe } from '../util/describe.ts'
import {
  corruptTensor,
  decodeTensorHeader,
  elementCount,
  encodeTensorHeader,
  type TensorHeader,
  tensorElementBytes,
  tensorTypes,
} from './tensor-header.ts'

/** What is used of TensorFlow.js: `@tensorflow/tfjs`, `tfjs-core` with a backend, or `tfjs-node`. */
export interface TensorFlowModule {
  // Methods, so that the modules' own narrower types fit.
  tensor(values: never, shape?: never, dtype?: never): unknown
  complex(real: never, imaginary: never): unknown
  tidy(run: never): unknown
  engine?(): { readSync(dataId: never): unknown }
}

/** Options of {@link tensorCodec}. */
export interface TensorOptions {
  /** The module that rebuilds tensors. @default none: tensors can be stored, and reading one is a miss */
  readonly tf?: TensorFlowModule | undefined
}

interface Tensor {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly dataId: unknown
  readonly isDisposed: boolean
  dataSync(): Float32Array | Int32Array | Uint8Array | readonly string[]
}

/**
 * TensorFlow.js tensors, known by shape: raw elements with element type and shape; `string` and `complex64` too. Reading
 * makes a tensor that the caller disposes; storing one neither disposes it nor leaves others behind.
 * @throws HoldfastError `ERR_INVALID_OPTION`; from `encode` `ERR_UNSUPPORTED_VALUE`, also for disposed tensors and for
 *   variables; from `decode` `ERR_CORRUPT`, and `ERR_DEPENDENCY_MISSING` without `tf`.
 *
 * @example
 * import * as tf from '@tensorflow/tfjs'
 * const cache = new DiskCache('.cache/features', { codec: auto({ tf }) })
 */
export function tensorCodec({ tf }: TensorOptions = {}): Codec {
  if (tf !== undefined && (typeof tf.tensor !== 'function' || typeof tf.complex !== 'function')) {
    throw new HoldfastError(
      'ERR_INVALID_OPTION',
      "Option 'tf': expected the module TensorFlow.js itself, which has tensor and complex.",
    )
  }
  return {
    id: 'tensor',
    test: isTensor,
    encode(value) {
      if (!isTensor(value)) {
        const got = typeof value === 'object' ? describe(value) : typeof value
        throw unsupported(`expected a tensor, got ${got}. Store it with auto()`)
      }
      return encodeTensor(value, tf)
    },
    decode(bytes, { meta }) {
      const header = decodeTensorHeader(meta)
      checkSize(header, bytes)
      if (tf === undefined) {
        throw new HoldfastError(
          'ERR_DEPENDENCY_MISSING',
          'Reading a tensor needs TensorFlow.js. Hand it in: auto({ tf }).',
        )
      }
      return decodeTensor(tf, header, bytes)
    },
  }
}

function isTensor(value: unknown): value is Tensor {
  if (typeof value !== 'object' || value === null) return false
  const { dtype, shape, dataId, dataSync, isDisposed } = value as Partial<Tensor>
  return (
    typeof dtype === 'string' &&
    Array.isArray(shape) &&
    typeof dataId === 'object' &&
    typeof dataSync === 'function' &&
    typeof isDisposed === 'boolean'
  )
}

function encodeTensor(tensor: Tensor, tf: TensorFlowModule | undefined): Payload {
  const dtype = tensorTypes.find((type) => type === tensor.dtype)
  if (dtype === undefined)
    throw unsupported(`a tensor of ${describe(tensor.dtype)} has no stored form. Cast it`)
  if ('trainable' in tensor && 'assign' in tensor)
    throw unsupported('a variable would come back as a tensor. Store variable.clone()')
  if (tensor.isDisposed) throw unsupported('the tensor is disposed. Store it before that')
  const meta = encodeTensorHeader({ dtype, shape: tensor.shape })
  const elementBytes = tensorElementBytes[dtype]
  try {
    if (dtype === 'string') return { bytes: joinTexts(textsOf(tensor, tf)), meta }
    const bytes = littleEndian(elementsOf(tensor, dtype), dtype === 'bool')
    return elementBytes > 1 ? { bytes, meta, elementBytes } : { bytes, meta }
  } catch (error) {
    if (error instanceof HoldfastError) throw error
    throw unsupported(
      'the backend cannot give the elements at once; see the cause. Store tensor.dataSync() of another backend',
      error,
    )
  }
}

/** Some backends hold the results of some operations in arrays of another type than the tensor's. */
function elementsOf(tensor: Tensor, dtype: string): Uint8Array {
  const elements = tensor.dataSync() as Float32Array | Int32Array | Uint8Array
  const type = dtype === 'bool' ? Uint8Array : dtype === 'int32' ? Int32Array : Float32Array
  const { buffer, byteOffset, byteLength } =
    elements instanceof type ? elements : type.from(elements)
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** The bytes of texts, which need not be UTF-8: a tensor itself gives only what they decode to. */
function textsOf(tensor: Tensor, tf: TensorFlowModule | undefined): readonly Uint8Array[] {
  const raw = tf?.engine?.().readSync(tensor.dataId as never)
  if (Array.isArray(raw) && raw.every((text) => text instanceof Uint8Array)) return raw
  return (tensor.dataSync() as readonly string[]).map((text) => {
    if (text.includes('\uFFFD'))
      throw unsupported('texts of the tensor are not UTF-8. Hand in tf: auto({ tf })')
    return Buffer.from(text, 'utf8')
  })
}

function checkSize({ dtype, shape }: TensorHeader, bytes: Uint8Array): void {
  const count = elementCount(shape)
  const expected = dtype === 'string' ? 4 * count : tensorElementBytes[dtype] * count
  const fits = dtype === 'string' ? bytes.byteLength >= expected : bytes.byteLength === expected
  if (!fits) throw corruptTensor('its bytes are not of its shape')
}

function decodeTensor(
  tf: TensorFlowModule,
  { dtype, shape }: TensorHeader,
  bytes: Uint8Array,
): unknown {
  const make = (values: unknown, type: string): unknown =>
    tf.tensor(values as never, shape as never, type as never)
  if (dtype === 'string') return make(splitTexts(bytes, elementCount(shape)), dtype)
  const own = littleEndian(bytes, dtype === 'bool')
  // A copy where elements would not begin on a multiple of their size.
  const { buffer, byteOffset, byteLength } = own.byteOffset % 4 === 0 ? own : new Uint8Array(own)
  if (dtype === 'bool') return make(new Uint8Array(buffer, byteOffset, byteLength), dtype)
  if (dtype === 'int32') return make(new Int32Array(buffer, byteOffset, byteLength / 4), dtype)
  const floats = new Float32Array(buffer, byteOffset, byteLength / 4)
  if (dtype === 'float32') return make(floats, dtype)
  const part = (offset: number): unknown =>
    make(
      floats.filter((_, index) => index % 2 === offset),
      'float32',
    )
  return tf.tidy((() => tf.complex(part(0) as never, part(1) as never)) as never)
}

/** Each text as its length (32-bit little-endian) and its bytes, which need not be UTF-8. */
function joinTexts(texts: readonly Uint8Array[]): Uint8Array {
  const parts = texts.flatMap((text) => {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(text.byteLength)
    return [length, text]
  })
  return Buffer.concat(parts)
}

function splitTexts(bytes: Uint8Array, count: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const texts: Uint8Array[] = []
  let at = 0
  for (let index = 0; index < count; index += 1) {
    const start = at + 4
    const end = start <= bytes.byteLength ? start + view.getUint32(at, true) : Infinity
    if (end > bytes.byteLength) throw corruptTensor('a text reaches beyond its end')
    // Copied, so that a few texts do not keep a whole file in memory.
    texts.push(new Uint8Array(bytes.subarray(start, end)))
    at = end
  }
  if (at !== bytes.byteLength) throw corruptTensor('there are bytes after its texts')
  return texts
}

/** All elements of more than a byte are, or consist of, 32-bit numbers. */
function littleEndian(bytes: Uint8Array, isBytes: boolean): Uint8Array {
  return isBytes || endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32()
}

function unsupported(what: string, cause?: unknown): HoldfastError {
  return new HoldfastError('ERR_UNSUPPORTED_VALUE', `Value: ${what}.`, { cause })
}
