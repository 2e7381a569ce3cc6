import type { CompressionAlgorithm } from '../contracts/compression.ts'
import { lz4 } from './algorithms-lz4.ts'
import { brotli, gzip, zstd } from './algorithms-zlib.ts'
import type { Job } from './compression-steps.ts'
import { damaged } from './header.ts'

/** A way of making bytes smaller, as frames know it. */
export interface Algorithm {
  /** Recorded in frames: never reuse one. */
  readonly id: number
  readonly name: Exclude<CompressionAlgorithm, 'none'>
  /** `undefined` = it has only one. */
  readonly levels: Levels | undefined
  /**
   * Does nothing if the algorithm can be used here.
   * @param neededFor begins the message, such as `compress: 'lz4'`.
   * @throws HoldfastError `ERR_DEPENDENCY_MISSING`, or `ERR_UNSUPPORTED` naming the Node version that it needs.
   */
  checkUsable(neededFor: string): void
  /** @param level one of {@link levels}; without meaning where there are none. */
  compress(bytes: Uint8Array, level: number): Job<Uint8Array>
  /**
   * Throws, whatever the bytes are, rather than allocate much more than `size` bytes or give back another number of them.
   * @param size of the result, at least 1.
   */
  decompress(bytes: Uint8Array, size: number): Job<Uint8Array>
}

/** The scale of an algorithm's effort, in whole numbers. */
export interface Levels {
  readonly min: number
  readonly max: number
  readonly default: number
}

const algorithms: readonly Algorithm[] = [lz4, zstd, gzip, brotli]

/** The algorithm of this name; `undefined` for `none` and what is none. */
export function algorithmNamed(name: string): Algorithm | undefined {
  return algorithms.find((algorithm) => algorithm.name === name)
}

/**
 * The algorithm that a frame names, ready to decompress.
 * @throws HoldfastError `ERR_INVALID_FRAME` for a number that means none, and what {@link Algorithm.checkUsable} throws.
 */
export function algorithmToRead(id: number): Algorithm {
  const found = algorithms.find((algorithm) => algorithm.id === id)
  if (found === undefined) throw damaged(`it is compressed in a way (${id}) that is unknown here`)
  found.checkUsable(`Reading a value that is compressed with ${found.name}`)
  return found
}
