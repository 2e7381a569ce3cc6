import { describe, expect, it } from 'vitest'
import { auto } from '../../src/codecs/auto.ts'
import { ndArrayCodec } from '../../src/codecs/ndarray.ts'
import { codecSuite } from '../../src/testing/codec-suite.ts'
import { encoded } from './support/coding.ts'

const values = {
  'two dimensions': { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3], dtype: 'float32' },
  strides: { data: Int16Array.of(1, 2, 3, 4), shape: [2, 2], dtype: '<i2', strides: [-1, 2] },
  'one number': { data: Float64Array.of(-0), shape: [], dtype: 'float64' },
  nothing: { data: new BigInt64Array(0), shape: [0, 3], dtype: 'int64' },
  flags: { data: Uint8Array.of(1, 0), shape: [2], dtype: 'bool' },
  'complex numbers': { data: Float32Array.of(1, 2, 3, 4), shape: [2], dtype: 'complex64' },
  'clamped bytes': { data: Uint8ClampedArray.of(1, 255), shape: [2, 1], dtype: 'uint8c' },
}

/** Objects like any other: they come back as what they are by other codecs. */
const others = {
  'data that does not fit': { data: Float32Array.of(1), shape: [2], dtype: 'float32' },
  'one name more': { data: Float32Array.of(1), shape: [1], dtype: 'float32', name: 'x' },
  'strings as data': { data: ['a'], shape: [1], dtype: 'string' },
  'a buffer as data': { data: Buffer.of(1), shape: [1], dtype: 'uint8' },
  'a length below zero': { data: Float32Array.of(1), shape: [-1, -1], dtype: 'float32' },
  'a sparse shape': { data: Float32Array.of(1), shape: new Array(1), dtype: 'float32' },
  'too many strides': { data: Float32Array.of(1), shape: [1], dtype: 'float32', strides: [1, 1] },
}

describe('n-d arrays', () => {
  for (const { name, run } of codecSuite({ codec: ndArrayCodec, values })) it(name, run)

  it.each(Object.entries(values))('are what auto takes for one: %s', (_, value) => {
    expect(auto().choose?.(value).id).toBe('ndarray')
  })

  it.each(Object.entries(others))('are not what auto takes for one: %s', (_, value) => {
    expect(encoded(auto(), value).codec).not.toBe('ndarray')
  })

  it('refuses a meta that its bytes do not fit', () => {
    const { meta } = encoded(ndArrayCodec, values['two dimensions'])
    expect(() => ndArrayCodec.decode(new Uint8Array(20), { meta, version: 1 })).toThrow()
  })
})
