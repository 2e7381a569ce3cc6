import { type ChunkEntry, checkChunkBytes, defaultChunkBytes, writeIndex } from './chunks.ts'
import { type SealedChunk, sealChunk } from './chunks-seal.ts'
import type { ResolvedCompression } from './compression-options.ts'
import { finishLater, finishNow, type Steps } from './compression-steps.ts'
import { canShuffle } from './shuffle.ts'

/** What remains to be written when all was pushed. */
export interface WrittenChunks {
  readonly pieces: readonly Uint8Array[]
  /** Bytes that were pushed. */
  readonly rawSize: number
  /** Bytes of all pieces, of {@link ChunkWriter.push} too. */
  readonly storedSize: number
}

/**
 * Compresses a stream. It holds one chunk in memory, and 16 bytes for each that was written. Calls must not overlap: await one
 * before the next.
 */
export class ChunkWriter {
  readonly #compression: ResolvedCompression
  readonly #elementBytes: number
  readonly #chunkBytes: number
  readonly #entries: ChunkEntry[] = []
  #pending: Buffer
  #pendingBytes = 0
  #rawSize = 0
  #storedSize = 0

  constructor(
    compression: ResolvedCompression,
    elementBytes = 1,
    chunkBytes: number = defaultChunkBytes,
  ) {
    checkChunkBytes(chunkBytes)
    this.#compression = compression
    this.#elementBytes = canShuffle(elementBytes) ? elementBytes : 1
    this.#chunkBytes = chunkBytes
    this.#pending = Buffer.allocUnsafeSlow(chunkBytes)
  }

  /** Takes a copy of `bytes`; returns what is to be written now. */
  push(bytes: Uint8Array): Uint8Array[] {
    return finishNow(this.#push(bytes))
  }

  /** As {@link push}, compressing in the thread pool. `bytes` must not change until it is done. */
  pushAsync(bytes: Uint8Array): Promise<Uint8Array[]> {
    return finishLater(this.#push(bytes))
  }

  /** The last chunk, the index and the footer. The writer is used up then. */
  end(): WrittenChunks {
    return finishNow(this.#end())
  }

  /** As {@link end}, compressing in the thread pool. */
  endAsync(): Promise<WrittenChunks> {
    return finishLater(this.#end())
  }

  *#push(bytes: Uint8Array): Steps<Uint8Array[]> {
    const pieces: Uint8Array[] = []
    let taken = 0
    while (taken < bytes.byteLength) {
      const part = bytes.subarray(taken, taken + this.#chunkBytes - this.#pendingBytes)
      this.#pending.set(part, this.#pendingBytes)
      this.#pendingBytes += part.byteLength
      taken += part.byteLength
      if (this.#pendingBytes === this.#chunkBytes) pieces.push(yield* this.#seal())
    }
    return pieces
  }

  *#seal(): Steps<Uint8Array> {
    const raw = this.#pending.subarray(0, this.#pendingBytes)
    const { bytes, ...entry }: SealedChunk = yield* sealChunk(
      raw,
      this.#elementBytes,
      this.#compression,
    )
    this.#entries.push(entry)
    this.#rawSize += raw.length
    this.#storedSize += bytes.byteLength
    this.#pendingBytes = 0
    // A chunk that is stored as it is lies in the buffer, which is the caller's now.
    if (bytes === raw) this.#pending = Buffer.allocUnsafeSlow(this.#chunkBytes)
    return bytes
  }

  *#end(): Steps<WrittenChunks> {
    const pieces: Uint8Array[] = this.#pendingBytes === 0 ? [] : [yield* this.#seal()]
    const index = writeIndex(this.#entries, {
      rawSize: this.#rawSize,
      chunkBytes: this.#chunkBytes,
      elementBytes: this.#elementBytes,
    })
    pieces.push(index)
    this.#storedSize += index.length
    this.#pending = Buffer.alloc(0)
    return { pieces, rawSize: this.#rawSize, storedSize: this.#storedSize }
  }
}
