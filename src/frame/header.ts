import { HoldfastError } from '../contracts/errors.ts'

/** What encryption adds to a header. */
export interface CipherArea {
  /** 8 bytes that say which key. */
  readonly keyId: Uint8Array
  /** 12 bytes, never used twice with a key. */
  readonly nonce: Uint8Array
  /** 16 bytes: the authentication tag. */
  readonly tag: Uint8Array
}

/** What a frame says of its payload. */
export interface FrameFields {
  /** Number of a built-in codec, or the id of another. */
  readonly codec: number | string
  /** Version of the codec. */
  readonly version: number
  readonly meta: Uint8Array
  /** Number of the algorithm that the payload is compressed with; 0 = none. */
  readonly compression: number
  readonly cipher: CipherArea | undefined
  /** Bytes of the payload before compression. */
  readonly rawSize: number
}

/** A header that was read, and where its payload lies. */
export interface Header extends FrameFields {
  /** Bytes before the payload. */
  readonly offset: number
  readonly storedSize: number
  /** XXH3-64 as recorded. */
  readonly checksum: bigint
}

/** Version of the layouts below. Readers refuse others. */
export const frameVersion = 1

const longMark = 0x80

/** As many of the first bytes say how long the header is. */
const firstBytes = 8
const fixed = 40
const keyIdBytes = 8
const nonceBytes = 12
const tagBytes = 16
const cipherBytes = keyIdBytes + nonceBytes + tagBytes
const aes256gcm = 1

/** Codecs beyond the built-in ones are named in the header. */
export const named = 255

/** No header is longer, so whoever reads one knows how much to ask for. */
export const longestHeader = 65_536
const longestMeta = 32_768

/** Where the checksum of the long form lies. */
export const checksumAt = 8

/**
 * The header of a long frame, its checksum still zero.
 * @param boundary the payload starts on a multiple of it.
 * @throws HoldfastError `ERR_UNSUPPORTED_VALUE` for more meta than a header holds.
 */
export function longHeader(fields: FrameFields, storedSize: number, boundary: number): Buffer {
  const { codec, version, meta, compression, cipher, rawSize } = fields
  const name = typeof codec === 'string' ? Buffer.from(codec, 'utf8') : Buffer.alloc(0)
  if (meta.byteLength > longestMeta)
    throw new HoldfastError(
      'ERR_UNSUPPORTED_VALUE',
      `Value: its codec wants to keep ${meta.byteLength} bytes of meta data; ${longestMeta} is the most. Put them into the bytes.`,
    )
  const used = fixed + (cipher === undefined ? 0 : cipherBytes) + name.length + meta.byteLength
  const header = Buffer.alloc(Math.ceil(used / boundary) * boundary)
  header[0] = 0x68
  header[1] = 0x66
  header[2] = longMark | frameVersion
  header[3] = typeof codec === 'string' ? named : codec
  header.writeUInt32LE(header.length, 4)
  header.writeBigUInt64LE(BigInt(rawSize), 16)
  header.writeBigUInt64LE(BigInt(storedSize), 24)
  header[32] = compression
  header[33] = cipher === undefined ? 0 : aes256gcm
  header.writeUInt16LE(version, 34)
  header.writeUInt16LE(name.length, 36)
  header.writeUInt16LE(meta.byteLength, 38)
  let position = fixed
  const parts =
    cipher === undefined ? [name, meta] : [cipher.keyId, cipher.nonce, cipher.tag, name, meta]
  for (const part of parts) {
    header.set(part, position)
    position += part.byteLength
  }
  return header
}

/** How many of the first bytes of a frame in the long form {@link parseHeader} needs, judged by the first 8 of them. */
export function headerLength(first: Uint8Array): number {
  const start = asBuffer(first)
  if (start.length < firstBytes) throw damaged('it is shorter than a header')
  if (start[0] !== 0x68 || start[1] !== 0x66) throw damaged('it does not begin as a frame does')
  const version = (start[2] as number) & ~longMark
  if (version === 0) throw damaged('its version is none')
  if (version !== frameVersion)
    throw new HoldfastError(
      'ERR_NEWER_FORMAT',
      `The value's frame has version ${version}; this version of holdfast reads ${frameVersion}. Update holdfast to read it.`,
    )
  if (start[2] === frameVersion) throw damaged('it is compact where only the long form is')
  const length = start.readUInt32LE(4)
  if (length < fixed || length > longestHeader || length % 8 !== 0)
    throw damaged('its header has an impossible length')
  return length
}

const none = new Uint8Array(0)

/**
 * Reads the header at the start of `bytes`, of a frame in the long form that is `total` bytes long.
 * @throws HoldfastError `ERR_INVALID_FRAME` unless every length fits.
 */
export function parseHeader(bytes: Uint8Array, total: number): Header {
  const length = headerLength(bytes)
  const start = asBuffer(bytes)
  if (start.length < length) throw damaged('its header is cut off')
  const rawSize = readSize(start, 16)
  const storedSize = readSize(start, 24)
  if (length + storedSize !== total) throw damaged('its length is not what its header says')
  const compression = start[32] as number
  if (compression === 0 && rawSize !== storedSize) throw damaged('its sizes contradict each other')
  const cipher = start[33] as number
  if (cipher > aes256gcm) throw damaged('its cipher is unknown')
  const nameAt = fixed + (cipher === 0 ? 0 : cipherBytes)
  const metaAt = nameAt + start.readUInt16LE(36)
  const end = metaAt + start.readUInt16LE(38)
  if (end > length) throw damaged('its header is too short for what is in it')
  return {
    codec: codecOf(start, nameAt, metaAt),
    version: start.readUInt16LE(34),
    meta: metaAt === end ? none : view(start, metaAt, end),
    compression,
    cipher: cipher === 0 ? undefined : cipherArea(start),
    rawSize,
    offset: length,
    storedSize,
    checksum: start.readBigUInt64LE(checksumAt),
  }
}

function codecOf(start: Buffer, from: number, to: number): number | string {
  const number = start[3] as number
  if (number !== named) return number
  if (from === to) throw damaged('its codec has no name')
  return start.toString('utf8', from, to)
}

function cipherArea(start: Buffer): CipherArea {
  const nonceAt = fixed + keyIdBytes
  const tagAt = nonceAt + nonceBytes
  return {
    keyId: view(start, fixed, nonceAt),
    nonce: view(start, nonceAt, tagAt),
    tag: view(start, tagAt, tagAt + tagBytes),
  }
}

/** A 64-bit length as a number; anything beyond 2^53 is damage. */
function readSize(start: Buffer, at: number): number {
  const size = start.readUInt32LE(at) + start.readUInt32LE(at + 4) * 2 ** 32
  if (size > Number.MAX_SAFE_INTEGER) throw damaged('it has an impossible size')
  return size
}

function view(bytes: Buffer, from: number, to: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from)
}

/** `bytes` with Buffer's methods, not copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The error of bytes that are no frame, or no longer one. */
export function damaged(why: string): HoldfastError {
  return new HoldfastError('ERR_INVALID_FRAME', `The bytes are no frame: ${why}.`)
}
