import { describe, expect, it } from 'vitest'
import { auto } from '../../src/codecs/auto.ts'
import { typedArray } from '../../src/codecs/typed-array.ts'
import type { Payload } from '../../src/contracts/codec.ts'
import { codecSuite } from '../../src/testing/codec-suite.ts'
import { codeOf } from '../support/code-of.ts'
import { encoded } from './support/coding.ts'
import { typedArrayKinds } from './support/kinds.ts'

const values = {
  ...typedArrayKinds(),
  'an empty one': new Float64Array(0),
  'a buffer': Buffer.from('abc'),
  'an n-d array': { data: Float64Array.of(1, 2), shape: [1, 2], dtype: 'float64' },
}
const refused = {
  'an object': {},
  'a string': 'a',
  'a list': [1],
  'a data view': new DataView(new ArrayBuffer(1)),
}

describe('typedArray', () => {
  for (const { name, run } of codecSuite({ codec: typedArray(), values, refused })) it(name, run)

  const codec = typedArray().choose?.(new Float64Array(2)) ?? typedArray()
  const info = { meta: new Uint8Array(0), version: 1 }

  it('says how wide its elements are', () => {
    expect((codec.encode(new Float64Array(2)) as Payload).elementBytes).toBe(8)
  })

  it('is a view of its bytes where they are aligned, and a copy where not', () => {
    const buffer = new ArrayBuffer(32)
    const view = codec.decode(new Uint8Array(buffer, 0, 16), info) as Float64Array
    expect(view.buffer).toBe(buffer)
    const copy = codec.decode(new Uint8Array(buffer, 4, 16), info) as Float64Array
    expect(copy.buffer).not.toBe(buffer)
  })

  it('leaves arrays within other values to what keeps those', () => {
    const codec = auto({ codecs: [typedArray({ compression: 'zstd' })] })
    expect(encoded(codec, { a: new Float64Array(1) }).codec).toBe('msgpack')
  })

  it('carries a compression of its own, also within auto', () => {
    const own = typedArray({ compression: 'zstd' })
    const value = new Float32Array(1)
    expect(own.choose?.(value).compression).toBe('zstd')
    expect(auto({ codecs: [own] }).choose?.(value).compression).toBe('zstd')
    expect(
      auto({ codecs: [own] }).members?.find(({ id }) => id === 'float32array')?.compression,
    ).toBe('zstd')
    expect(typedArray().choose?.(value).compression).toBeUndefined()
    expect(codeOf(() => typedArray({ compresion: 'zstd' } as object))).toBe('ERR_INVALID_OPTION')
  })
})
