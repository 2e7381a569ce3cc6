import { checkChunkBytes, defaultChunkBytes, indexSize, writeIndex } from './chunks.ts'
import { type ReadAt, type ReadAtLater, readRange, type StoredChunks } from './chunks-reader.ts'
import { type SealedChunk, sealChunk } from './chunks-seal.ts'
import type { ResolvedCompression } from './compression-options.ts'
import {
  asyncThreshold,
  each,
  finishLater,
  finishNow,
  run,
  type Steps,
} from './compression-steps.ts'
import { canShuffle } from './shuffle.ts'

export { readChunks } from './chunks-reader.ts'
export { ChunkWriter } from './chunks-writer.ts'
export { asyncThreshold }

/** Bytes in the stored form that chunks.ts describes. */
export interface Compressed {
  /** Number of the algorithm, for the frame. */
  readonly algorithm: number
  readonly bytes: Uint8Array
  readonly rawSize: number
}

/**
 * `bytes` compressed; `undefined` if they are fewer than `minBytes`, or do not get smaller.
 * @param elementBytes size of the equal-sized elements that `bytes` consist of: 2, 4, 8 and 16 are tried with their bytes
 *   shuffled, others are not.
 * @param chunkBytes raw bytes of a chunk, 4 KiB to 64 MiB.
 */
export function compress(
  bytes: Uint8Array,
  elementBytes: number,
  compression: ResolvedCompression,
  chunkBytes: number = defaultChunkBytes,
): Compressed | undefined {
  if (isTooSmall(bytes, compression)) return undefined
  return finishNow(compressSteps(bytes, elementBytes, compression, chunkBytes))
}

/**
 * As {@link compress}, and what is larger than {@link asyncThreshold} in the thread pool. `bytes` are copied first, since
 * their owner may change them meanwhile, unless `isOwned` says that nobody will.
 */
export async function compressAsync(
  bytes: Uint8Array,
  elementBytes: number,
  compression: ResolvedCompression,
  isOwned = false,
  chunkBytes: number = defaultChunkBytes,
): Promise<Compressed | undefined> {
  if (isTooSmall(bytes, compression)) return undefined
  const isKept = isOwned || bytes.byteLength <= asyncThreshold
  const kept = isKept ? bytes : Buffer.from(bytes)
  return finishLater(compressSteps(kept, elementBytes, compression, chunkBytes))
}

function isTooSmall({ byteLength }: Uint8Array, { minBytes }: ResolvedCompression): boolean {
  return byteLength === 0 || byteLength < minBytes
}

function* compressSteps(
  bytes: Uint8Array,
  elementBytes: number,
  compression: ResolvedCompression,
  chunkBytes: number,
): Steps<Compressed | undefined> {
  checkChunkBytes(chunkBytes)
  const rawSize = bytes.byteLength
  const width = canShuffle(elementBytes) ? elementBytes : 1
  const count = Math.ceil(rawSize / chunkBytes)
  const sealed: SealedChunk[] = yield* run(
    each(count, rawSize, (index) => {
      const start = index * chunkBytes
      return sealChunk(bytes.subarray(start, start + chunkBytes), width, compression)
    }),
  )
  const chunksSize = sealed.reduce((size, chunk) => size + chunk.storedBytes, 0)
  const storedSize = chunksSize + indexSize(count)
  if (storedSize >= rawSize) return undefined
  const index = writeIndex(sealed, { rawSize, chunkBytes, elementBytes: width })
  const pieces = [...sealed.map((chunk) => chunk.bytes), index]
  return { algorithm: compression.algorithm.id, bytes: Buffer.concat(pieces, storedSize), rawSize }
}

/**
 * The raw bytes of what {@link compress} or a `ChunkWriter` made, in memory of their own.
 * @param algorithm its number.
 * @param rawSize as the frame says.
 * @param maxBytes larger values are refused with `ERR_VALUE_TOO_LARGE`.
 * @throws HoldfastError `ERR_INVALID_FRAME` for bytes that no writer writes; before anything is allocated where sizes say so.
 */
export function decompress(
  algorithm: number,
  stored: Uint8Array,
  rawSize: number,
  maxBytes?: number,
): Uint8Array {
  return finishNow(readRange(inMemory(algorithm, stored, rawSize, maxBytes), 0, rawSize))
}

/** As {@link decompress}, in the thread pool. `stored` must not change until it is done. */
export async function decompressAsync(
  algorithm: number,
  stored: Uint8Array,
  rawSize: number,
  maxBytes?: number,
): Promise<Uint8Array> {
  return finishLater(readRange(inMemory(algorithm, stored, rawSize, maxBytes), 0, rawSize))
}

function inMemory(
  algorithm: number,
  stored: Uint8Array,
  rawSize: number,
  maxBytes: number | undefined,
): StoredChunks {
  return { algorithm, source: stored, storedSize: stored.byteLength, rawSize, maxBytes }
}

/**
 * The raw bytes from `from` up to `to`. Reads the footer, the index, and only the chunks that these lie in.
 * @param source the stored bytes, or what reads them.
 * @param storedSize how many these are.
 * @throws RangeError unless 0 <= from <= to <= rawSize. @throws HoldfastError as {@link decompress}.
 */
export function decompressRange(
  algorithm: number,
  source: Uint8Array | ReadAt,
  storedSize: number,
  rawSize: number,
  from: number,
  to: number,
): Uint8Array {
  return finishNow(readRange({ algorithm, source, storedSize, rawSize }, from, to))
}

/** As {@link decompressRange}, in the thread pool; `source` may read later too. */
export async function decompressRangeAsync(
  algorithm: number,
  source: Uint8Array | ReadAtLater,
  storedSize: number,
  rawSize: number,
  from: number,
  to: number,
): Promise<Uint8Array> {
  return finishLater(readRange({ algorithm, source, storedSize, rawSize }, from, to))
}
