import { HoldfastError } from '../contracts/errors.ts'
import { type Algorithm, algorithmToRead } from './algorithms.ts'
import { checksum64 } from './checksum.ts'
import { type Chunk, type ChunkEntry, chunkForm, maxRatio } from './chunks.ts'
import type { ResolvedCompression } from './compression-options.ts'
import { run, type Steps } from './compression-steps.ts'
import { damaged } from './header.ts'
import { canShuffle, shuffle, unshuffle } from './shuffle.ts'

/** A chunk as it is stored. */
export interface SealedChunk extends ChunkEntry {
  /** A view of the raw bytes where these are stored as they are. */
  readonly bytes: Uint8Array
}

/** How much of a chunk is looked at to see whether shuffling helps, and in how many pieces. */
const sampleBytes = 16_384
const samplePieces = 2

/** Shuffling must make a sample smaller by this factor to be worth its time. */
const worthwhile = 0.97

/** `raw` as a chunk, in the form that pays. */
export function* sealChunk(
  raw: Uint8Array,
  elementBytes: number,
  compression: ResolvedCompression,
): Steps<SealedChunk> {
  const { algorithm, level } = compression
  const isShuffled = canShuffle(elementBytes) && shufflingPays(raw, elementBytes, compression)
  const input = isShuffled ? shuffle(raw, elementBytes) : raw
  const packed = yield* run(algorithm.compress(input, level))
  // What would look like a bomb is not packed.
  const pays = packed.byteLength < raw.byteLength && raw.byteLength <= packed.byteLength * maxRatio
  if (!pays) return sealed(raw, chunkForm.raw)
  return sealed(tight(packed), isShuffled ? chunkForm.shuffled : chunkForm.packed)
}

function sealed(bytes: Uint8Array, form: number): SealedChunk {
  return { bytes, form, storedBytes: bytes.byteLength, checksum: checksum64(bytes) }
}

/** `bytes` in memory of their size: libraries give views of much larger buffers. */
function tight(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > 2 * bytes.byteLength ? new Uint8Array(bytes) : bytes
}

/** Whether `raw` gets smaller when shuffled, judged by a sample and no more than the algorithm's usual effort. */
function shufflingPays(
  raw: Uint8Array,
  elementBytes: number,
  { algorithm, level }: ResolvedCompression,
): boolean {
  const sample = sampleOf(raw, elementBytes)
  const effort = Math.min(level, algorithm.levels?.default ?? level)
  const plain = algorithm.compress(sample, effort).now().byteLength
  const shuffled = algorithm.compress(shuffle(sample, elementBytes), effort).now().byteLength
  return shuffled < plain * worthwhile
}

/** All of `raw` if it is small, otherwise pieces from different places, of whole elements. */
function sampleOf(raw: Uint8Array, elementBytes: number): Uint8Array {
  if (raw.byteLength <= sampleBytes) return raw
  const piece = sampleBytes / samplePieces
  const sample = Buffer.allocUnsafe(sampleBytes)
  for (let index = 0; index < samplePieces; index++) {
    const middle = ((index + 0.5) * raw.byteLength) / samplePieces - piece / 2
    const start = Math.floor(middle / elementBytes) * elementBytes
    sample.set(raw.subarray(start, start + piece), index * piece)
  }
  return sample
}

/**
 * The raw bytes of a chunk.
 * @param stored its stored bytes.
 * @param target where shuffled bytes may be put together; what is returned is either it, or a view of `stored`, or memory of
 *   its own.
 * @throws HoldfastError `ERR_INVALID_FRAME`.
 */
export function* openChunk(
  chunk: Chunk,
  stored: Uint8Array,
  algorithmId: number,
  elementBytes: number,
  target: Uint8Array | undefined,
): Steps<Uint8Array> {
  if (checksum64(stored) !== chunk.checksum) throw damaged('the checksum of a chunk differs')
  if (chunk.form === chunkForm.raw) return stored
  const algorithm = algorithmToRead(algorithmId)
  const bytes = yield* unpack(algorithm, stored, chunk.rawBytes)
  return chunk.form === chunkForm.shuffled ? unshuffle(bytes, elementBytes, target) : bytes
}

function* unpack(algorithm: Algorithm, stored: Uint8Array, rawBytes: number): Steps<Uint8Array> {
  let bytes: Uint8Array
  try {
    bytes = yield* run(algorithm.decompress(stored, rawBytes))
  } catch (error) {
    if (error instanceof HoldfastError) throw error
    throw new HoldfastError(
      'ERR_INVALID_FRAME',
      `The bytes are no frame: a chunk cannot be decompressed with ${algorithm.name}.`,
      { cause: error },
    )
  }
  if (bytes.byteLength !== rawBytes) throw damaged('a chunk decompresses to another size')
  return bytes
}
