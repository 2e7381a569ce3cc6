import { constants } from 'node:buffer'
import { HoldfastError } from '../contracts/errors.ts'
import { algorithmToRead } from './algorithms.ts'
import { ChunkIndex, chunkForm, footerBytes, indexSize, maxRatio, readFooter } from './chunks.ts'
import { openChunk } from './chunks-seal.ts'
import { each, finishLater, type Job, run, type Steps } from './compression-steps.ts'
import { asBuffer, damaged } from './header.ts'

/** Gives `length` stored bytes from `offset` on; fewer only if there are no more. */
export type ReadAt = (offset: number, length: number) => Uint8Array

/** As {@link ReadAt}, or a promise of it. */
export type ReadAtLater = (offset: number, length: number) => Uint8Array | Promise<Uint8Array>

/** Compressed bytes to be read. The sizes are those that the frame's header says. */
export interface StoredChunks {
  /** Number of the algorithm. */
  readonly algorithm: number
  readonly source: Uint8Array | ReadAtLater
  readonly storedSize: number
  readonly rawSize: number
  /** Larger values are refused before anything is allocated. @default Infinity */
  readonly maxBytes?: number | undefined
}

/** The bytes from `from` up to `to` of the raw ones. */
export function* readRange(stored: StoredChunks, from: number, to: number): Steps<Uint8Array> {
  const index = yield* openIndex(stored)
  if (!Number.isInteger(from) || from < 0 || !(to >= from && to <= stored.rawSize))
    throw new RangeError(`${from} to ${to} is no range of ${stored.rawSize} bytes`)
  checkLength(to - from)
  if (from === to) return Buffer.alloc(0)
  const { chunkBytes } = index.layout
  const first = Math.floor(from / chunkBytes)
  const count = Math.ceil(to / chunkBytes) - first
  if (count === 1) return yield* readOne(stored, index, first, from, to)
  const target = Buffer.allocUnsafeSlow(to - from)
  const size = typeof stored.source === 'function' ? alwaysLater : to - from
  yield* run(each(count, size, (number) => fill(stored, index, first + number, target, from)))
  return target
}

/** Reads, checks and opens the index of chunks. */
export function* openIndex(stored: StoredChunks): Steps<ChunkIndex> {
  const { storedSize, rawSize, maxBytes = Number.POSITIVE_INFINITY } = stored
  algorithmToRead(stored.algorithm)
  if (!isSize(storedSize) || !isSize(rawSize)) throw damaged('it has an impossible size')
  if (rawSize > maxBytes)
    throw new HoldfastError(
      'ERR_VALUE_TOO_LARGE',
      `The value has ${rawSize} bytes; the limit is ${maxBytes}.`,
    )
  if (storedSize < footerBytes) throw damaged('it is too short for compressed bytes')
  if (rawSize / maxRatio > storedSize)
    throw damaged(`it says that it was compressed to less than 1/${maxRatio}`)
  const footer = asBuffer(yield* read(stored, storedSize - footerBytes, footerBytes))
  const layout = readFooter(footer, storedSize, rawSize)
  const size = indexSize(Math.ceil(rawSize / layout.chunkBytes))
  const bytes = asBuffer(yield* read(stored, storedSize - size, size))
  return new ChunkIndex(bytes, layout, storedSize - size)
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0
}

function checkLength(length: number): void {
  if (length <= constants.MAX_LENGTH) return
  throw new HoldfastError(
    'ERR_VALUE_TOO_LARGE',
    `${length} bytes are more than one buffer can hold here (${constants.MAX_LENGTH}). Read them as a stream.`,
  )
}

/** All of chunk `number`: a view of the input, or memory of its own. */
function* open(
  stored: StoredChunks,
  index: ChunkIndex,
  number: number,
  target?: Uint8Array,
): Steps<Uint8Array> {
  const chunk = index.at(number)
  const bytes = yield* read(stored, chunk.offset, chunk.storedBytes)
  return yield* openChunk(chunk, bytes, stored.algorithm, index.layout.elementBytes, target)
}

/** What of chunk `number` lies in a range, in memory of its own. */
function* readOne(
  stored: StoredChunks,
  index: ChunkIndex,
  number: number,
  from: number,
  to: number,
): Steps<Uint8Array> {
  const start = number * index.layout.chunkBytes
  const bytes = yield* open(stored, index, number)
  // What was unpacked is memory of its own, behind which zlib leaves a little room; only pools of small buffers are shared.
  const isOwn = bytes.byteOffset === 0 && bytes.buffer.byteLength - bytes.byteLength <= 64
  const isUnpacked = index.at(number).form !== chunkForm.raw
  if (isOwn && isUnpacked && bytes.byteLength === to - from) return bytes
  const target = Buffer.allocUnsafeSlow(to - from)
  target.set(bytes.subarray(from - start, to - start))
  return target
}

/** Puts what of chunk `number` lies in the range that begins at `from` into its place in `target`. */
function* fill(
  stored: StoredChunks,
  index: ChunkIndex,
  number: number,
  target: Buffer,
  from: number,
): Steps<void> {
  const { chunkBytes } = index.layout
  const place = number * chunkBytes - from
  const whole = Math.min(chunkBytes, index.layout.rawSize - number * chunkBytes)
  const isWithin = place >= 0 && place + whole <= target.length
  const part = target.subarray(Math.max(0, place), place + whole)
  const bytes = yield* open(stored, index, number, isWithin ? part : undefined)
  if (bytes === part) return
  const skipped = Math.max(0, -place)
  part.set(bytes.subarray(skipped, skipped + part.length))
}

/** The size of what must not be done at once where it may be done later, because a source may answer with a promise. */
const alwaysLater = Number.POSITIVE_INFINITY

function* read({ source }: StoredChunks, offset: number, length: number): Steps<Uint8Array> {
  const bytes =
    typeof source === 'function'
      ? yield* run(readJob(source, offset, length))
      : source.subarray(offset, offset + length)
  if (bytes.byteLength !== length) throw damaged('it is cut off')
  return bytes
}

function readJob(source: ReadAtLater, offset: number, length: number): Job<Uint8Array> {
  return {
    size: alwaysLater,
    now: () => source(offset, length) as Uint8Array,
    later: async () => source(offset, length),
  }
}

/**
 * The raw bytes in pieces of one chunk each, without ever having more than one of them in memory; views of the source's bytes
 * where a chunk is stored as it is.
 * @throws HoldfastError `ERR_INVALID_FRAME` as soon as damage is met: what came before was right.
 */
export async function* readChunks(stored: StoredChunks): AsyncGenerator<Uint8Array, void, void> {
  const index = await finishLater(openIndex(stored))
  for (let number = 0; number < index.count; number++)
    yield await finishLater(open(stored, index, number))
}
