import type { TestContext } from 'vitest'
import {
  type ResolvedCompression,
  resolveCompression,
} from '../../src/frame/compression-options.ts'
import { seededRandom } from '../support/seeded-random.mjs'

export const algorithmNames = ['lz4', 'zstd', 'gzip', 'brotli'] as const
export type AlgorithmName = (typeof algorithmNames)[number]

/** Node has zstd from 22.15 and, among the odd ones, from 23.8 on. */
export const hasZstd: boolean = 'zstdCompressSync' in process.getBuiltinModule('node:zlib')

export const usableNames: readonly AlgorithmName[] = algorithmNames.filter(
  (name) => name !== 'zstd' || hasZstd,
)

export function skipWithout(context: TestContext, name: string): void {
  if (name === 'zstd' && !hasZstd) context.skip(`Node ${process.versions.node} has no zstd`)
}

/** The algorithm with no lower limit, as the option gives it. */
export function use(algorithm: string, settings: object = {}): ResolvedCompression {
  const resolved = resolveCompression({ algorithm, minBytes: 0, ...settings })
  if (resolved === undefined) throw new Error(`${algorithm} was resolved to nothing`)
  return resolved
}

/** Bytes that no algorithm makes smaller. */
export function noise(size: number, seed = 1): Uint8Array {
  const random = seededRandom(seed)
  return Uint8Array.from({ length: size }, () => random() * 256)
}

/** Bytes that each algorithm makes smaller, but not a thousand times. */
export function words(size: number, seed = 1): Uint8Array {
  const random = seededRandom(seed)
  const parts: string[] = []
  for (let length = 0; length < size; length += 9)
    parts.push(
      Math.floor(random() * 1e4)
        .toString()
        .padStart(8, 'holdfast'),
      '\n',
    )
  return Buffer.from(parts.join('')).subarray(0, size)
}

/** Numbers of `width` bytes that grow slowly, so that their upper bytes are equal: what shuffling is for. */
export function slowNumbers(size: number, width: number, seed = 1): Uint8Array {
  const random = seededRandom(seed)
  const bytes = Buffer.alloc(size)
  for (let at = 0, value = 1_000; at + width <= size; at += width) {
    value += Math.floor(random() * 7)
    bytes.writeUIntLE(value % 65_536, at, 2)
  }
  return bytes
}

/** A wave, as float32 (4), float64 (8) or pairs of float64 (16): noisy in their lower bytes alone. */
export function waves(size: number, width: number): Uint8Array {
  const count = Math.floor(size / Math.min(width, 8))
  const make = (_: unknown, index: number) => Math.sin(index / 100) * 1_000
  const source = Array.from({ length: count }, make)
  const { buffer } = width === 4 ? Float32Array.from(source) : Float64Array.from(source)
  return new Uint8Array(buffer)
}

export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
