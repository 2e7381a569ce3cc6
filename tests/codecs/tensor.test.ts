import { codecSuite } from '../../src/testing/codec-suite.ts'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tensorCodec } from '../../src/codecs/tensor.ts'
import type { Payload } from '../../src/contracts/codec.ts'

const codec = tensorCodec({ tf })
const unsupported = expect.objectContaining({ code: 'ERR_UNSUPPORTED_VALUE' })
let before = 0

beforeEach(async () => {
  await tf.ready()
  tf.disposeVariables()
  before = tf.memory().numTensors
})

afterEach(() => {
  expect(tf.memory().numTensors).toBe(before)
})

interface Stored {
  readonly bytes: Uint8Array
  readonly meta: Uint8Array
  readonly elementBytes: number | undefined
}

function stored(tensor: tf.Tensor): Stored {
  const { bytes, meta = new Uint8Array(0), elementBytes } = codec.encode(tensor) as Payload
  return { bytes: Uint8Array.from(bytes), meta: Uint8Array.from(meta), elementBytes }
}

function decode({ bytes, meta }: Pick<Stored, 'bytes' | 'meta'>): tf.Tensor {
  return codec.decode(bytes, { meta, version: 1 }) as tf.Tensor
}

/** Type, shape and elements of what comes back, and that both tensors can be used and disposed of. */
function roundTrip(tensor: tf.Tensor): unknown {
  const back = decode(stored(tensor))
  expect(tf.memory().numTensors).toBe(before + 2)
  const seen = { dtype: back.dtype, shape: back.shape, data: back.dataSync() }
  expect(seen).toEqual({ dtype: tensor.dtype, shape: tensor.shape, data: tensor.dataSync() })
  tensor.dispose()
  expect(back.isDisposed).toBe(false)
  back.dispose()
  return seen.data
}

describe('a tensor', () => {
  it.each(['float32', 'int32', 'bool', 'complex64', 'string'] as const)('of %s', (dtype) => {
    const make = {
      float32: () => tf.tensor2d([1.5, Number.NaN, -0, Infinity, 3, 4], [2, 3]),
      int32: () => tf.tensor([1, -2, 2 ** 31 - 1, 0], [2, 1, 2], 'int32'),
      bool: () => tf.tensor1d([true, false, true], 'bool'),
      complex64: () => tf.tidy(() => tf.complex([1, 2], [3, -4])),
      string: () => tf.tensor2d(['a', '', 'π🦑', 'd'], [2, 2], 'string'),
    }
    roundTrip(make[dtype]())
  })

  it('of no dimension, and of no element', () => {
    roundTrip(tf.scalar(7))
    roundTrip(tf.zeros([3, 0, 2]))
    roundTrip(tf.tensor([], [0], 'string'))
    roundTrip(tf.scalar('text'))
  })

  it('of texts that are not UTF-8', () => {
    const bytes = [Uint8Array.of(0xff, 0xfe), Uint8Array.of(0)]
    const tensor = tf.tensor1d(bytes as never, 'string')
    const back = decode(stored(tensor))
    expect(tf.engine().readSync(back.dataId)).toEqual(bytes)
    expect(() => tensorCodec().encode(tensor)).toThrow(unsupported)
    tf.dispose([tensor, back])
  })

  it('that an operation made', () => {
    tf.tidy(() => {
      const numbers = tf.tensor1d([1, 5, 3])
      const made = [
        tf.greater(numbers, 2),
        tf.argMax(numbers),
        tf.square(tf.cast(numbers, 'int32')),
        tf.reverse(numbers),
      ]
      for (const tensor of made) {
        const back = decode(stored(tensor))
        expect(back.dtype).toBe(tensor.dtype)
        expect(back.arraySync()).toEqual(tensor.arraySync())
      }
    })
  })

  it('of texts is stored without tf, too', () => {
    const tensor = tf.tensor1d(['a', 'π'])
    const { bytes } = tensorCodec().encode(tensor) as Payload
    expect(Buffer.from(bytes)).toEqual(Buffer.from(stored(tensor).bytes))
    tensor.dispose()
  })

  it('of any shape and any numbers', () => {
    const shapes = fc.array(fc.nat(4), { maxLength: 6 })
    fc.assert(
      fc.property(
        shapes,
        fc.float32Array({ minLength: 4 ** 6, maxLength: 4 ** 6 }),
        (shape, numbers) => {
          const size = shape.reduce((all, one) => all * one, 1)
          roundTrip(tf.tensor(numbers.slice(0, size), shape))
        },
      ),
      { numRuns: 30 },
    )
  })

  it('says how large its elements are, and is a view of the stored bytes', () => {
    const tensor = tf.tensor1d([1, 2, 3])
    const { bytes, meta, elementBytes } = stored(tensor)
    expect(elementBytes).toBe(4)
    expect(bytes.byteLength).toBe(12)
    const back = decode({ bytes, meta })
    expect(back.dataSync().buffer).toBe(bytes.buffer)
    const shifted = new Uint8Array(16).subarray(3, 15)
    shifted.set(bytes)
    const moved = decode({ bytes: shifted, meta })
    expect([...moved.dataSync()]).toEqual([1, 2, 3])
    tf.dispose([tensor, back, moved])
  })
})

describe('what is refused', () => {
  it('tensors that are disposed, variables, and other values', () => {
    const tensor = tf.tensor1d([1])
    const variable = tf.variable(tensor)
    tensor.dispose()
    expect(codec.test?.(tensor)).toBe(true)
    expect(codec.test?.(variable)).toBe(true)
    for (const value of [tensor, variable]) expect(() => codec.encode(value)).toThrow(unsupported)
    for (const value of [null, 1, {}, new Float32Array(2), { dtype: 'float32', shape: [1] }]) {
      expect(codec.test?.(value)).toBe(false)
      expect(() => codec.encode(value)).toThrow(unsupported)
    }
    variable.dispose()
  })

  it('reading without tf, and a tf that is none', () => {
    const tensor = tf.tensor1d([1])
    const { bytes, meta } = stored(tensor)
    tensor.dispose()
    const missing = expect.objectContaining({ code: 'ERR_DEPENDENCY_MISSING' })
    expect(() => tensorCodec().decode(bytes, { meta, version: 1 })).toThrow(missing)
    const invalid = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
    expect(() => tensorCodec({ tf: {} as never })).toThrow(invalid)
  })

  it('bytes that are not those of a tensor', () => {
    const made = tf.tidy(() => [
      tf.tensor2d([[1, 2]]),
      tf.tensor1d(['ab', 'c']),
      tf.complex([1], [2]),
    ])
    const samples = made.map(stored)
    tf.dispose(made)
    const corrupt = expect.objectContaining({ code: 'ERR_CORRUPT' })
    for (const { bytes, meta } of samples) {
      expect(() => decode({ bytes: bytes.subarray(1), meta })).toThrow(corrupt)
      expect(() => decode({ bytes: Buffer.concat([bytes, bytes]), meta })).toThrow(corrupt)
      for (const length of [0, 3, meta.length - 1])
        expect(() => decode({ bytes, meta: meta.subarray(0, length) })).toThrow(corrupt)
    }
    const byte = fc.tuple(fc.nat(100), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(fc.nat(2), fc.array(byte, { minLength: 1, maxLength: 4 }), (which, changes) => {
        const { bytes, meta } = samples[which] as Stored
        const all = Buffer.concat([meta, bytes])
        for (const [at, value] of changes) all[at % all.length] = value
        const changed = { meta: all.subarray(0, meta.length), bytes: all.subarray(meta.length) }
        try {
          decode(changed).dispose()
        } catch (error) {
          expect(error).toEqual(corrupt)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('conformance', () => {
  const equal = (actual: unknown, expected: unknown): void => {
    const [is, was] = [actual, expected] as tf.Tensor[]
    expect([is?.dtype, is?.shape, is?.dataSync()]).toEqual([
      was?.dtype,
      was?.shape,
      was?.dataSync(),
    ])
  }
  const values = { numbers: tf.tensor2d([[1, 2]]), texts: tf.tensor1d(['a', 'π']) }
  const suite = codecSuite({ codec, values, refused: { text: 'text' }, equal })
  it.each(suite)('$name', ({ run }) => {
    // Tensors that the suite reads are its own.
    tf.engine().startScope()
    run()
    tf.engine().endScope()
  })
})
