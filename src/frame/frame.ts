import { checksum64, checksumBytes } from './checksum.ts'
import { isCompact, unwrapCompact, wrapCompact } from './compact.ts'
import {
  checksumAt,
  damaged,
  type FrameFields,
  type Header,
  longHeader,
  parseHeader,
} from './header.ts'

/** A header and the checksum in it, for a payload that is written from where it lies. */
export interface FrameHead {
  readonly head: Uint8Array
  /** XXH3-64 over header and payload, as 8 bytes. */
  readonly checksum: Uint8Array
}

/** A frame that was read. */
export interface OpenFrame extends FrameFields {
  /** A view of the input, never a copy. */
  readonly payload: Uint8Array
}

/** Payloads from here on start on {@link boundary}, where a memory map can be read as any typed array. */
const alignedFrom = 4_096
const boundary = 64
const smallBoundary = 8

/**
 * `payload` in a frame, in one piece.
 * @throws HoldfastError `ERR_UNSUPPORTED_VALUE` for meta that no header can hold.
 */
export function wrap(fields: FrameFields, payload: Uint8Array): Buffer {
  const { codec } = fields
  if (typeof codec === 'number' && isPlain(fields, payload)) return wrapCompact(codec, payload)
  const { head } = wrapApart(fields, payload)
  const bytes = Buffer.allocUnsafeSlow(head.byteLength + payload.byteLength)
  bytes.set(head, 0)
  bytes.set(payload, head.byteLength)
  return bytes
}

/** The header that makes a frame of `payload` when it is written before it. */
export function wrapApart(fields: FrameFields, payload: Uint8Array): FrameHead {
  const size = payload.byteLength
  const head = longHeader(fields, size, size < alignedFrom ? smallBoundary : boundary)
  return completed(head, checksum64(payload))
}

/** Bytes to leave free for the header of a payload that comes in pieces. */
export function reservedHead(fields: Omit<FrameFields, 'rawSize'>): number {
  return longHeader({ ...fields, rawSize: 0 }, 0, boundary).length
}

/** The header of a payload that came in pieces. @param payloadSum XXH3-64 of them all. */
export function finishHead(fields: FrameFields, storedSize: number, payloadSum: bigint): FrameHead {
  return completed(longHeader(fields, storedSize, boundary), payloadSum)
}

function completed(head: Buffer, payloadSum: bigint): FrameHead {
  const checksum = checksumBytes(headSum(head, payloadSum))
  head.set(checksum, checksumAt)
  return { head, checksum }
}

/** The checksum of the long form: that of its header, with the payload's in its place. Leaves the payload's there. */
function headSum(head: Buffer, payloadSum: bigint): bigint {
  head.writeBigUInt64LE(payloadSum, checksumAt)
  return checksum64(head)
}

/** Whether a header and a payload with that sum belong together. */
export function fitsHead(header: Header, head: Uint8Array, payloadSum: bigint): boolean {
  return headSum(Buffer.from(head), payloadSum) === header.checksum
}

/** Opens a frame that is all of `bytes`. @throws HoldfastError `ERR_INVALID_FRAME`. */
export function unwrap(bytes: Uint8Array, verify: boolean): OpenFrame {
  if (isCompact(bytes)) return unwrapCompact(bytes, verify)
  const header = parseHeader(bytes, bytes.byteLength)
  const { offset } = header
  if (verify && !fitsHead(header, bytes.subarray(0, offset), checksum64(bytes.subarray(offset))))
    throw damaged('its checksum differs')
  return openParsed(bytes, header)
}

/** The frame that is all of `bytes`, whose header was read and checked before. */
export function openParsed(bytes: Uint8Array, header: Header): OpenFrame {
  const { codec, version, meta, compression, cipher, rawSize, offset, storedSize } = header
  const payload = new Uint8Array(bytes.buffer, bytes.byteOffset + offset, storedSize)
  return { codec, version, meta, compression, cipher, rawSize, payload }
}

function isPlain(fields: FrameFields, payload: Uint8Array): boolean {
  const { compression, cipher, version, meta } = fields
  const hasNothing = compression === 0 && cipher === undefined && version === 1
  return hasNothing && meta.byteLength === 0 && payload.byteLength < alignedFrom
}
