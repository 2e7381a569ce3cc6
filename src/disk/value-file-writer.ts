import { createHash } from 'node:crypto'
import { closeSync, readSync, writeSync } from 'node:fs'
import { codecNumber } from '../codecs/built-in.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { Checksum } from '../frame/checksum.ts'
import { ChunkWriter } from '../frame/compression.ts'
import type { ResolvedCompression } from '../frame/compression-options.ts'
import type { SealStream } from '../frame/encryption-stream.ts'
import { finishHead, reservedHead } from '../frame/frame.ts'
import type { CipherArea, FrameFields } from '../frame/header.ts'
import type { Engine } from './engine.ts'
import { type StoredKey, wholeKey } from './stored-key.ts'
import { type NewFile, writeAll } from './value-files.ts'
import type { Prepared } from './writer.ts'

const none = new Uint8Array(0)

/**
 * Writes a value that comes in pieces into its file: compressed, encrypted and summed piece by piece, with a place left free
 * in front for the header, which is known last.
 */
export class ValueFileWriter {
  readonly #engine: Engine
  readonly #name: string
  readonly #slot: number
  readonly #descriptor: number
  readonly #fields: Omit<FrameFields, 'rawSize'>
  readonly #chunks: ChunkWriter | undefined
  readonly #seal: SealStream | undefined
  readonly #sum = new Checksum()
  #rawSize = 0
  #storedSize = 0
  #isOpen = true
  #isKept = false

  constructor(engine: Engine, key: StoredKey) {
    this.#engine = engine
    const { files, format } = engine
    const compression = format.compressionOf('buffer')
    const fields = fieldsFor(compression)
    this.#chunks = compression === undefined ? undefined : new ChunkWriter(compression)
    this.#seal = format.cipher?.sealStream(format.bound(fields, wholeKey(key)))
    this.#fields = { ...fields, cipher: areaOf(this.#seal, Buffer.alloc(16)) }
    const { name, slot } = files.reserve()
    this.#name = name
    this.#slot = slot
    try {
      this.#descriptor = files.create(name)
    } catch (error) {
      files.abandon(name, slot)
      throw error
    }
    try {
      writeAll(this.#descriptor, Buffer.alloc(reservedHead(this.#fields)))
    } catch (error) {
      this.abandon()
      throw error
    }
  }

  /** Takes the next piece. @throws HoldfastError `ERR_VALUE_TOO_LARGE`; an error of the file system. */
  async push(piece: Uint8Array): Promise<void> {
    this.#rawSize += piece.byteLength
    this.#engine.format.checkRawSize(this.#rawSize)
    if (this.#chunks === undefined) this.#write(piece)
    else for (const chunk of await this.#chunks.pushAsync(piece)) this.#write(chunk)
  }

  /** The value, ready to be stored. */
  async finish(): Promise<Prepared> {
    for (const chunk of (await this.#chunks?.endAsync())?.pieces ?? []) this.#write(chunk)
    this.#checkOpen()
    const cipher = areaOf(this.#seal, this.#seal?.finish())
    const fields = { ...this.#fields, cipher, rawSize: this.#rawSize }
    const { head, checksum } = finishHead(fields, this.#storedSize, this.#sum.digest())
    writeSync(this.#descriptor, head, 0, head.byteLength, 0)
    this.#engine.files.flush(this.#descriptor)
    // Only now: the header, which comes first in the file, was known last.
    const digest = this.#engine.signatures === undefined ? undefined : digestOf(this.#descriptor)
    this.#close()
    this.#engine.files.publish(this.#name)
    this.#isKept = true
    const size = this.#storedSize
    const total = head.byteLength + size
    const value: NewFile = { name: this.#name, slot: this.#slot, size, total, checksum }
    return { codec: this.#fields.codec, size, value, digest, adopted: false }
  }

  /** Removes what was written, unless {@link finish} gave it away. */
  abandon(): void {
    this.#close()
    if (!this.#isKept) this.#engine.files.abandon(this.#name, this.#slot)
  }

  #write(bytes: Uint8Array): void {
    this.#checkOpen()
    const stored = this.#seal === undefined ? bytes : this.#seal.update(bytes)
    this.#storedSize += stored.byteLength
    this.#engine.format.checkStoredSize(this.#storedSize)
    writeAll(this.#descriptor, stored)
    this.#sum.update(stored)
  }

  /** While a piece was compressed the stream may have been destroyed, and another file have got the descriptor's number. */
  #checkOpen(): void {
    if (!this.#isOpen)
      throw new HoldfastError('ERR_CLOSED', 'writeStream: the stream was destroyed.')
  }

  #close(): void {
    if (this.#isOpen) closeSync(this.#descriptor)
    this.#isOpen = false
  }
}

function fieldsFor(compression: ResolvedCompression | undefined): Omit<FrameFields, 'rawSize'> {
  return {
    codec: codecNumber('buffer') ?? 'buffer',
    version: 1,
    meta: none,
    compression: compression?.algorithm.id ?? 0,
    cipher: undefined,
  }
}

function areaOf(seal: SealStream | undefined, tag: Uint8Array | undefined): CipherArea | undefined {
  if (seal === undefined || tag === undefined) return undefined
  return { keyId: seal.keyId, nonce: seal.nonce, tag }
}

/** SHA-256 of an open file. */
function digestOf(descriptor: number): Uint8Array {
  const hash = createHash('sha256')
  const piece = Buffer.allocUnsafe(2 ** 18)
  for (let position = 0; ; ) {
    const count = readSync(descriptor, piece, 0, piece.length, position)
    if (count === 0) return hash.digest()
    position += count
    hash.update(piece.subarray(0, count))
  }
}
