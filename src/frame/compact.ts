import { xxh364 } from '../util/xxh3.ts'
import { damaged, type FrameFields, frameVersion, named } from './header.ts'

/*
 * The compact form, which most small values have. Everything here is on the way of every small read and write, so numbers
 * are read byte by byte: to make a Buffer or a DataView of the input for that costs more than all the rest.
 */

/** Bytes before the payload, and of the checksum behind it. */
const head = 8
const tail = 8
/** What a small plain value pays. */
export const compactOverhead: number = head + tail

const none = new Uint8Array(0)

/** One place for a 64-bit number, seen as such and as its bytes; little-endian on every machine that Node runs on but one. */
const sum = new BigUint64Array(1)
const sumBytes = new Uint8Array(sum.buffer)
const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** Whether `bytes` begin as a compact frame of this version does. */
export function isCompact(bytes: Uint8Array): boolean {
  return bytes[2] === frameVersion && bytes[0] === 0x68 && bytes[1] === 0x66
}

/** `payload` in a compact frame. */
export function wrapCompact(codec: number, payload: Uint8Array): Buffer {
  const size = payload.byteLength
  const bytes = Buffer.allocUnsafe(size + compactOverhead)
  bytes[0] = 0x68
  bytes[1] = 0x66
  bytes[2] = frameVersion
  bytes[3] = codec
  bytes[4] = size
  bytes[5] = size >>> 8
  bytes[6] = size >>> 16
  bytes[7] = size >>> 24
  bytes.set(payload, head)
  const end = head + size
  sum[0] = xxh364(new Uint8Array(bytes.buffer, bytes.byteOffset, end))
  for (let index = 0; index < tail; index += 1)
    bytes[end + index] = sumBytes[isLittleEndian ? index : tail - 1 - index] as number
  return bytes
}

/** Opens a compact frame that is all of `bytes`. @throws HoldfastError `ERR_INVALID_FRAME`. */
export function unwrapCompact(
  bytes: Uint8Array,
  verify: boolean,
): FrameFields & { readonly payload: Uint8Array } {
  const end = bytes.byteLength - tail
  const size = end - head
  const high = (bytes[7] as number) * 2 ** 24
  const said = ((bytes[6] as number) << 16) + ((bytes[5] as number) << 8) + (bytes[4] as number)
  if (size < 0 || high + said !== size) throw damaged('its length is not what its header says')
  const codec = bytes[3] as number
  if (codec === named) throw damaged('its codec has no name')
  const { buffer, byteOffset } = bytes
  if (verify && xxh364(new Uint8Array(buffer, byteOffset, end)) !== sumAt(bytes, end))
    throw damaged('its checksum differs')
  const payload = new Uint8Array(buffer, byteOffset + head, size)
  return {
    codec,
    version: 1,
    meta: none,
    compression: 0,
    cipher: undefined,
    rawSize: size,
    payload,
  }
}

function sumAt(bytes: Uint8Array, at: number): bigint {
  for (let index = 0; index < tail; index += 1)
    sumBytes[isLittleEndian ? index : tail - 1 - index] = bytes[at + index] as number
  return sum[0] as bigint
}
