import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { HoldfastError, isHoldfastError } from '../contracts/errors.ts'
import { Checksum, checksum64 } from '../frame/checksum.ts'
import { fitsHead, type OpenFrame, openParsed } from '../frame/frame.ts'
import { type Header, headerLength, parseHeader } from '../frame/header.ts'
import { valueDigest } from '../frame/signing-signer.ts'
import { mapPrivate, mapUncounted } from '../util/memory-map.ts'
import { isArrowCodec } from './codec-column.ts'
import type { ResolvedOptions } from './options.ts'
import type { ValueFiles } from './value-files.ts'

/** What a row says of its value file. */
export interface NamedFile {
  readonly name: string
  /** Bytes of the payload, and of the whole file. */
  readonly size: number
  readonly total: number
  /** The frame's own, repeated by the row, so that a file in another's place is noticed. */
  readonly checksum: Uint8Array
  /** SHA-256 of the whole file, where the row is signed. */
  readonly digest: Uint8Array | undefined
}

/** Why a value file cannot be used. */
export interface Damage {
  readonly kind: 'missing-file' | 'size-mismatch' | 'checksum'
  readonly damage: string
  /** Whether it is whole, but not what was signed. */
  readonly isForged?: boolean
  /** Whether a newer version of holdfast wrote it. */
  readonly isNewer?: boolean
}

/** A value of more bytes than may be read here: no room is made for it. */
export interface TooLarge {
  readonly tooLarge: number
}

/** A value file that was opened and has the header that its row asks for. */
export interface OpenedFile {
  readonly descriptor: number
  readonly header: Header
  /** Bytes of the whole file. */
  readonly total: number
  /** Change time of its inode. */
  readonly changed: number
  /** SHA-256 of each {@link pieceBytes} of a signed payload, so that what is read again is what was judged. */
  readonly digests?: readonly Uint8Array[]
}

// Non-blocking, so that a FIFO put in a file's place cannot make a reader wait for ever.
const readFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** How many files a process remembers to have verified. */
const verifiedKept = 65_536

/** Payloads are read in pieces of this size where they are read in pieces. */
export const pieceBytes: number = 2 ** 18

/** Covers every header but those with long names or meta. */
const firstLook = 256

/** Reads value files, and judges them before anything of them is used. */
export class ValueReader {
  readonly #files: ValueFiles
  readonly #verify: 'first' | 'always' | 'never'
  readonly #maxValueBytes: number
  /** Verified files and the change time of their inode then: whatever touches the file later sets a new one. */
  readonly #verified = new Map<string, number>()

  constructor(
    files: ValueFiles,
    { verify, maxValueBytes }: Pick<ResolvedOptions, 'verify' | 'maxValueBytes'>,
  ) {
    this.#files = files
    this.#verify = verify
    this.#maxValueBytes = maxValueBytes
  }

  /**
   * The frame in a value file, or what is wrong with it.
   * @param mapFrom files of so many bytes are mapped where that is possible; 0 where the bytes themselves are wanted.
   */
  read(file: NamedFile, mapFrom: number): OpenFrame | Damage | TooLarge {
    const opened = this.#open(file)
    if ('damage' in opened) return opened
    try {
      const { rawSize } = opened.header
      if (rawSize > this.#maxValueBytes) return { tooLarge: rawSize }
      const isMapped = canMap(opened, file) && opened.total >= mapFrom
      const bytes =
        (isMapped ? map(opened, mapFrom === 0) : undefined) ??
        readWhole(opened.descriptor, opened.total)
      if (bytes === undefined)
        return { kind: 'size-mismatch', damage: 'shorter than its header says' }
      if (this.#isDue(file, opened.changed)) {
        const damage = wrongWith(opened.header, file, bytes)
        if (damage !== undefined) return damage
        this.#note(file.name, opened.changed)
      }
      return openParsed(bytes, opened.header)
    } finally {
      closeSync(opened.descriptor)
    }
  }

  /** An open value file, verified where that is due; whoever gets it closes the descriptor. */
  open(file: NamedFile): OpenedFile | Damage {
    const opened = this.#open(file)
    if ('damage' in opened || !this.#isDue(file, opened.changed)) return opened
    const digests: Uint8Array[] = []
    const damage = wrongWithin(opened, file, digests)
    if (damage === undefined) {
      this.#note(file.name, opened.changed)
      return file.digest === undefined ? opened : { ...opened, digests }
    }
    closeSync(opened.descriptor)
    return damage
  }

  /** What is wrong with a value file, without or with a look at all of its bytes. */
  check(file: NamedFile, thoroughly: boolean): Damage | undefined {
    const opened = this.#open(file)
    if ('damage' in opened) return opened
    try {
      return thoroughly ? wrongWithin(opened, file) : undefined
    } finally {
      closeSync(opened.descriptor)
    }
  }

  #open(file: NamedFile): OpenedFile | Damage {
    let descriptor: number
    try {
      descriptor = openSync(this.#files.pathOf(file.name), readFlags)
    } catch (error) {
      const code = (error as { code?: unknown }).code
      if (code === 'ENOENT') return { kind: 'missing-file', damage: 'missing' }
      if (code === 'ELOOP' || error instanceof HoldfastError)
        return { kind: 'missing-file', damage: 'not a file of ours' }
      throw error
    }
    try {
      const opened = lookInto(descriptor, file)
      if ('damage' in opened) closeSync(descriptor)
      return opened
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
  }

  /**
   * The change time of an inode tells what happens by accident. Who writes through a map of the file can leave it as it is, so
   * a signature, which is there against such, is compared at every read.
   */
  #isDue(file: NamedFile, changed: number): boolean {
    if (this.#verify === 'always' || file.digest !== undefined) return true
    if (this.#verify === 'never') return false
    return this.#verified.get(file.name) !== changed
  }

  #note(name: string, changed: number): void {
    if (this.#verified.size >= verifiedKept) this.#verified.clear()
    this.#verified.set(name, changed)
  }
}

/**
 * A map of a file shows what is written to it later, until the page is touched: a signed value must not change after it was
 * judged. What is compressed or encrypted gets memory of its own anyway.
 */
function canMap({ header }: OpenedFile, { digest }: NamedFile): boolean {
  return digest === undefined && header.compression === 0 && header.cipher === undefined
}

/**
 * Arrays are expected to have an ArrayBuffer, which can be cloned and digested. For tables, and for bytes as such, a
 * SharedArrayBuffer does, and opening them costs the same whatever their size.
 */
function map({ descriptor, header, total }: OpenedFile, asBytes: boolean): Uint8Array | undefined {
  const isUncounted = asBytes || isArrowCodec(header.codec)
  return isUncounted ? mapUncounted(descriptor, total) : mapPrivate(descriptor, total)
}

function lookInto(descriptor: number, file: NamedFile): OpenedFile | Damage {
  const status = fstatSync(descriptor)
  if (!status.isFile() || status.size !== file.total) {
    const damage = `of ${status.size} bytes, and its row says ${file.total}`
    return { kind: 'size-mismatch', damage }
  }
  try {
    const header = readHeader(descriptor, status.size)
    if (header.storedSize !== file.size || header.checksum !== asNumber(file.checksum))
      return { kind: 'checksum', damage: 'another than its row names' }
    return { descriptor, header, total: status.size, changed: status.ctimeMs }
  } catch (error) {
    if (isHoldfastError(error, 'ERR_INVALID_FRAME', 'ERR_NEWER_FORMAT')) {
      const isNewer = error.code === 'ERR_NEWER_FORMAT'
      return { kind: 'checksum', damage: `not readable. ${error.message}`, isNewer }
    }
    throw error
  }
}

/** Rows are not sure to hold what their columns are for: others may have written them. */
function asNumber(checksum: unknown): bigint {
  return checksum instanceof Uint8Array && checksum.byteLength === 8
    ? Buffer.from(checksum.buffer, checksum.byteOffset, 8).readBigUInt64LE()
    : -1n
}

function readHeader(descriptor: number, total: number): Header {
  const start = readAt(descriptor, 0, firstLook)
  const length = headerLength(start)
  return parseHeader(length <= start.length ? start : readAt(descriptor, 0, length), total)
}

/** The bytes of an open file from `start` on, piece by piece in one buffer. */
function* pieces(descriptor: number, start: number): Generator<Uint8Array> {
  const piece = Buffer.allocUnsafe(pieceBytes)
  for (let position = start; ; ) {
    const count = fill(descriptor, piece, position)
    if (count === 0) return
    position += count
    yield piece.subarray(0, count)
  }
}

/** Reads until `piece` is full or the file ends: a read may bring less. */
function fill(descriptor: number, piece: Buffer, position: number): number {
  let done = 0
  while (done < piece.length) {
    const count = readSync(descriptor, piece, done, piece.length - done, position + done)
    if (count === 0) break
    done += count
  }
  return done
}

function readAt(descriptor: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  return bytes.subarray(0, readSync(descriptor, bytes, 0, length, position))
}

/** Compares checksum and, where there is one, digest of a file whose bytes are at hand. */
function wrongWith(header: Header, { digest }: NamedFile, bytes: Uint8Array): Damage | undefined {
  const payloadSum = checksum64(bytes.subarray(header.offset))
  if (!fitsHead(header, bytes.subarray(0, header.offset), payloadSum)) return changed
  return digest === undefined ? undefined : notSigned(digest, valueDigest(bytes))
}

/**
 * As {@link wrongWith}, reading the file piece by piece.
 * @param digests gets the SHA-256 of each piece of a signed payload.
 */
function wrongWithin(
  { descriptor, header }: OpenedFile,
  { digest }: NamedFile,
  digests: Uint8Array[] = [],
): Damage | undefined {
  const head = readAt(descriptor, 0, header.offset)
  const sum = new Checksum()
  const hash = digest === undefined ? undefined : createHash('sha256').update(head)
  for (const piece of pieces(descriptor, header.offset)) {
    sum.update(piece)
    hash?.update(piece)
    if (digest !== undefined) digests.push(valueDigest(piece))
  }
  if (!fitsHead(header, head, sum.digest())) return changed
  return digest === undefined || hash === undefined ? undefined : notSigned(digest, hash.digest())
}

const changed: Damage = { kind: 'checksum', damage: 'changed: its checksum differs' }

function notSigned(signed: Uint8Array, found: Uint8Array): Damage | undefined {
  if (Buffer.compare(signed, found) === 0) return undefined
  return { kind: 'checksum', damage: 'not what was signed', isForged: true }
}

function readWhole(descriptor: number, total: number): Uint8Array | undefined {
  // Not from the pool: the value may keep these bytes for long, and must not share them.
  const bytes = Buffer.allocUnsafeSlow(total)
  for (let done = 0; done < total; ) {
    const count = readSync(descriptor, bytes, done, total - done, done)
    if (count === 0) return undefined
    done += count
  }
  return bytes
}
