import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  asyncThreshold,
  compress,
  compressAsync,
  decompress,
  decompressAsync,
} from '../../src/frame/compression.ts'
import type { ResolvedCompression } from '../../src/frame/compression-options.ts'
import {
  algorithmNames,
  isEqual,
  noise,
  skipWithout,
  slowNumbers,
  use,
  waves,
  words,
} from './compression-support.ts'

const chunk = 4_096
const mebibyte = 1_048_576

/** Kinds of data, some of them in parts of one value. */
function data(kind: string, size: number, seed: number): Uint8Array {
  if (kind === 'zeros') return new Uint8Array(size)
  if (kind === 'noise') return noise(size, seed)
  if (kind === 'words') return words(size, seed)
  if (kind === 'numbers') return slowNumbers(size, 8, seed)
  const third = Math.floor(size / 3)
  const parts = [noise(third, seed), words(third, seed), new Uint8Array(size - 2 * third)]
  return Buffer.concat(parts)
}

const kinds = fc.constantFrom('zeros', 'noise', 'words', 'numbers', 'mixed')
const sizes = fc.oneof(
  fc.nat(3 * chunk),
  fc.constantFrom(1, 2, 15, 16, 17, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 1),
)
const elements = fc.constantFrom(1, 2, 3, 4, 8, 12, 16)

/** What comes out again of what was stored; what is not kept compressed is the bytes themselves. */
function expectBack(bytes: Uint8Array, stored: ReturnType<typeof compress>): void {
  if (stored === undefined) return
  expect(stored.bytes.byteLength).toBeLessThan(bytes.byteLength)
  expect(stored.rawSize).toBe(bytes.byteLength)
  const back = decompress(stored.algorithm, stored.bytes, stored.rawSize)
  expect(isEqual(back, bytes)).toBe(true)
}

describe.each(algorithmNames)('%s', (name) => {
  it('gives back what was compressed, whatever it is', (context) => {
    skipWithout(context, name)
    const levels = { lz4: [0], zstd: [1, 3, 9], gzip: [1, 6], brotli: [0, 4] } as const
    const compressions: ResolvedCompression[] = levels[name].map((level) =>
      use(name, name === 'lz4' ? {} : { level }),
    )
    fc.assert(
      fc.property(
        kinds,
        sizes,
        elements,
        fc.nat(),
        fc.constantFrom(...compressions),
        (kind, size, elementBytes, seed, compression) => {
          const bytes = data(kind, size, seed)
          expectBack(bytes, compress(bytes, elementBytes, compression, chunk))
        },
      ),
      { numRuns: 200 },
    )
  })

  it('gives back values around the usual size of chunks', (context) => {
    skipWithout(context, name)
    for (const size of [mebibyte - 1, mebibyte, mebibyte + 1, 2 * mebibyte + 12_345]) {
      const bytes = data('mixed', size, size)
      const stored = compress(bytes, 8, use(name))
      expect(stored).toBeDefined()
      expectBack(bytes, stored)
    }
  })

  it('reads in one way what was written in the other', async (context) => {
    skipWithout(context, name)
    for (const size of [5_000, asyncThreshold, asyncThreshold + 1, mebibyte + 77]) {
      const bytes = slowNumbers(size, 4)
      const now = compress(bytes, 4, use(name))
      const later = await compressAsync(bytes, 4, use(name))
      if (now === undefined || later === undefined) throw new Error('was not compressed')
      for (const { algorithm, bytes: stored, rawSize } of [now, later]) {
        expect(isEqual(decompress(algorithm, stored, rawSize), bytes)).toBe(true)
        expect(isEqual(await decompressAsync(algorithm, stored, rawSize), bytes)).toBe(true)
      }
    }
  })

  it('keeps only what gets smaller', async (context) => {
    skipWithout(context, name)
    for (const size of [0, 1, 100, 5_000, 100_000]) {
      expect(compress(noise(size), 1, use(name))).toBeUndefined()
      expect(await compressAsync(noise(size), 8, use(name))).toBeUndefined()
    }
  })

  it('shuffles where it helps, by the size of elements', (context) => {
    skipWithout(context, name)
    for (const width of [4, 8, 16]) {
      const bytes = waves(100_000, width)
      const plain = compress(bytes, 1, use(name))?.bytes.byteLength ?? bytes.length
      const shuffled = compress(bytes, width, use(name))
      expect(shuffled?.bytes.byteLength).toBeLessThan(plain * 0.95)
      expectBack(bytes, shuffled)
    }
  })

  it('does not shuffle where it makes things worse', (context) => {
    skipWithout(context, name)
    const bytes = words(100_000)
    expect(compress(bytes, 8, use(name))?.bytes.byteLength).toBe(
      compress(bytes, 1, use(name))?.bytes.byteLength,
    )
  })

  it('gives memory that belongs to nobody else', (context) => {
    skipWithout(context, name)
    for (const bytes of [words(2_000), words(100_000), data('mixed', 20_000, 1)]) {
      const stored = compress(bytes, 1, use(name), chunk)
      if (stored === undefined) throw new Error('was not compressed')
      const back = decompress(stored.algorithm, stored.bytes, stored.rawSize)
      expect(back.buffer).not.toBe(stored.bytes.buffer)
      expect(back.buffer.byteLength - back.byteLength).toBeLessThanOrEqual(64)
    }
  })
})

describe('data that compresses too well', () => {
  it.for(algorithmNames)('is stored so that no reader takes it for a bomb: %s', (name, context) => {
    skipWithout(context, name)
    for (const size of [5_000, mebibyte, 4 * mebibyte]) {
      const zeros = new Uint8Array(size)
      for (const elementBytes of [1, 8]) {
        const stored = compress(zeros, elementBytes, use(name))
        if (stored === undefined) continue
        expect(size / stored.bytes.byteLength).toBeLessThanOrEqual(1_000)
        expectBack(zeros, stored)
      }
    }
  })

  it('is packed next to data that does not: brotli', () => {
    const bytes = Buffer.concat([new Uint8Array(mebibyte), words(mebibyte)])
    const stored = compress(bytes, 1, use('brotli'))
    // The zeros are there as they are, the words are not.
    expect(stored?.bytes.byteLength).toBeGreaterThan(mebibyte)
    expect(stored?.bytes.byteLength).toBeLessThan(1.7 * mebibyte)
    expectBack(bytes, stored)
  })
})
