import { closeSync, createReadStream, readSync } from 'node:fs'
import { Readable } from 'node:stream'
import { HoldfastError } from '../contracts/errors.ts'
import { readChunks } from '../frame/compression.ts'
import type { OpenStream } from '../frame/encryption-stream.ts'
import { ForwardReader } from '../frame/forward-reader.ts'
import { valueDigest } from '../frame/signing-signer.ts'
import { isBytesCodec } from './codec-column.ts'
import type { Engine } from './engine.ts'
import { toStoreError } from './sqlite-errors.ts'
import { type StoredKey, wholeKey } from './stored-key.ts'
import { type Damage, type NamedFile, type OpenedFile, pieceBytes } from './value-reader.ts'

/** A stream of the bytes under `key`. A file is streamed from disk, after it was verified where that is due. */
export function openReadStream(engine: Engine, key: StoredKey): Readable | undefined {
  const found = engine.reader.findFile(key)
  if (found !== undefined) {
    refuseOtherValues(found.codec)
    const opened = openFile(engine, found.file)
    if (!('damage' in opened) && engine.format.allows(opened.header))
      return streamFile(engine, key, found.id, opened)
    if (!('damage' in opened)) closeSync(opened.descriptor)
  }
  return streamValue(engine, key)
}

function openFile(engine: Engine, file: NamedFile): OpenedFile | Damage {
  try {
    return engine.values.open(file)
  } catch (error) {
    throw toStoreError(error, 'readStream')
  }
}

/** Inline, absent, replaced meanwhile, or damaged: the reader knows what to do. */
function streamValue(engine: Engine, key: StoredKey): Readable | undefined {
  const found = engine.reader.findEncoded(key)
  engine.reader.count(found?.id)
  if (found === undefined) return undefined
  refuseOtherValues(found.encoded.codec)
  return Readable.from([Buffer.from(found.encoded.bytes)], { objectMode: false })
}

function streamFile(
  engine: Engine,
  key: StoredKey,
  id: number,
  opened: OpenedFile,
): Readable | undefined {
  const { descriptor, header } = opened
  try {
    const decryption = startDecryption(engine, key, opened)
    engine.reader.count(id)
    const isPlain = decryption === undefined && header.compression === 0
    if (isPlain && opened.digests === undefined && header.storedSize > 0) {
      const [start, end] = [header.offset, opened.total - 1]
      return createReadStream('', { fd: descriptor, start, end, autoClose: true })
    }
    const stream = Readable.from(rawPieces(opened, decryption), { objectMode: false })
    // Not in the generator: one that was never asked for anything has no end either.
    stream.once('close', () => closeSync(descriptor))
    return stream
  } catch (error) {
    closeSync(descriptor)
    engine.reader.count(undefined)
    engine.reader.reportClosed(key, error)
    return undefined
  }
}

/** Checks the tag over an encrypted file, before any byte of it is given away. @throws HoldfastError `ERR_DECRYPT`. */
function startDecryption(
  { format }: Engine,
  key: StoredKey,
  opened: OpenedFile,
): OpenStream | undefined {
  const { header } = opened
  format.checkCipher(header)
  if (header.cipher === undefined) return undefined
  const stream = format.cipher?.openStream(header.cipher, format.bound(header, wholeKey(key)))
  for (const piece of storedPieces(opened)) stream?.verify(piece)
  stream?.endVerify()
  return stream
}

async function* rawPieces(
  opened: OpenedFile,
  decryption: OpenStream | undefined,
): AsyncGenerator<Uint8Array> {
  const { compression: algorithm, rawSize, storedSize } = opened.header
  if (decryption === undefined && algorithm === 0) {
    for (const piece of storedPieces(opened)) yield piece
  } else if (decryption === undefined) {
    const source = (at: number, length: number): Uint8Array => storedRange(opened, at, length)
    yield* readChunks({ algorithm, source, storedSize, rawSize })
  } else if (algorithm === 0) {
    for (const piece of storedPieces(opened)) yield decryption.open(piece)
    decryption.finish()
  } else {
    const reader = new ForwardReader(decryption, () => storedPieces(opened), storedSize, rawSize)
    const source = (at: number, length: number): Uint8Array => reader.read(at, length)
    yield* readChunks({ algorithm, source, storedSize, rawSize })
  }
}

/** The payload as it lies in the file, always cut at the same places. */
function* storedPieces(opened: OpenedFile): Generator<Uint8Array> {
  const count = Math.ceil(opened.header.storedSize / pieceBytes)
  for (let index = 0; index < count; index += 1) yield storedPiece(opened, index)
}

/** One piece of the payload; of a signed one only if it is still what was judged. */
function storedPiece({ descriptor, digests, header }: OpenedFile, index: number): Uint8Array {
  const at = index * pieceBytes
  const length = Math.min(pieceBytes, header.storedSize - at)
  const piece = readAt(descriptor, header.offset + at, length)
  const digest = digests?.[index]
  if (digests === undefined) return piece
  if (digest !== undefined && Buffer.compare(digest, valueDigest(piece)) === 0) return piece
  throw new HoldfastError(
    'ERR_CORRUPT',
    'readStream: the value file was changed while it was read. What came before was right; call readStream again.',
  )
}

function storedRange(opened: OpenedFile, at: number, length: number): Uint8Array {
  if (opened.digests === undefined)
    return readAt(opened.descriptor, opened.header.offset + at, length)
  const first = Math.floor(at / pieceBytes)
  const last = Math.floor((at + length - 1) / pieceBytes)
  const pieces = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) =>
    storedPiece(opened, first + index),
  )
  const start = at - first * pieceBytes
  return Buffer.concat(pieces).subarray(start, start + length)
}

function readAt(descriptor: number, position: number, length: number): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(length)
  let done = 0
  while (done < length) {
    const count = readSync(descriptor, bytes, done, length - done, position + done)
    if (count === 0) break
    done += count
  }
  return bytes.subarray(0, done)
}

function refuseOtherValues(codec: number | string): void {
  if (isBytesCodec(codec)) return
  throw new HoldfastError(
    'ERR_UNSUPPORTED_VALUE',
    'readStream: only bytes can be streamed; this value has a structure. Use get().',
  )
}
