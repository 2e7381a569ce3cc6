import { checksum64 } from '../../src/frame/checksum.ts'
import { footerBytes, indexSize } from '../../src/frame/chunks.ts'
import { asBuffer } from '../../src/frame/header.ts'

export type Random = () => number

/** A whole number from 0 to `end`, without `end`. */
export function below(random: Random, end: number): number {
  return Math.floor(random() * end)
}

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[below(random, list.length)] as T
}

type Mutation = (bytes: Buffer, random: Random, other: Uint8Array) => Buffer

/** Numbers that lengths and counts go wrong at. */
const oddNumbers = [
  0n,
  1n,
  7n,
  8n,
  0x7fn,
  0x80n,
  0xffn,
  0x100n,
  0x7fffn,
  0xffffn,
  0x1_0000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  2n ** 52n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
]

/** Where headers keep their numbers, by bytes from the start; in the footer of chunks, from the end. */
const headerFields = [
  [3, 1],
  [4, 4],
  [16, 8],
  [24, 8],
  [32, 1],
  [33, 1],
  [34, 2],
  [36, 2],
  [38, 2],
  [-24, 8],
  [-16, 4],
  [-12, 1],
  [-40, 4],
  [-36, 1],
] as const

const mutations: readonly Mutation[] = [
  function flipBit(bytes, random) {
    const at = below(random, bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8))
    return bytes
  },
  function setByte(bytes, random) {
    bytes[below(random, bytes.length)] = below(random, 256)
    return bytes
  },
  function setNumber(bytes, random) {
    const width = pick(random, [1, 2, 4, 8])
    return putNumber(bytes, below(random, bytes.length), width, number(bytes, random), random)
  },
  function forgeField(bytes, random) {
    const [at, width] = pick(random, headerFields)
    const place = at < 0 ? bytes.length + at : at
    return putNumber(bytes, place, width, number(bytes, random), () => 1)
  },
  function truncate(bytes, random) {
    // Mostly a little, so that the start still makes sense.
    const left = random() < 0.5 ? bytes.length - 1 - below(random, 16) : below(random, bytes.length)
    return bytes.subarray(0, Math.max(0, left))
  },
  function extend(bytes, random) {
    const size = 1 + below(random, random() < 0.1 ? 3_000 : 24)
    return Buffer.concat([bytes, Buffer.alloc(size, below(random, 256))])
  },
  function splice(bytes, random, other) {
    const [start, end] = [below(random, bytes.length), below(random, other.length)]
    return Buffer.concat([bytes.subarray(0, start), other.subarray(end)])
  },
  function transplant(bytes, random, other) {
    const from = below(random, other.length)
    const part = other.subarray(from, from + 1 + below(random, 40))
    bytes.set(
      part.subarray(0, bytes.length),
      below(random, Math.max(1, bytes.length - part.length)),
    )
    return bytes
  },
  function duplicate(bytes, random) {
    const from = below(random, bytes.length)
    const to = Math.min(bytes.length, from + 1 + below(random, 64))
    const times = random() < 0.05 ? 40 : 1
    const part = bytes.subarray(from, to)
    const copies = Array.from({ length: times }, () => part)
    return Buffer.concat([bytes.subarray(0, to), ...copies, bytes.subarray(to)])
  },
  function swap(bytes, random) {
    const size = 1 + below(random, Math.max(1, Math.min(32, bytes.length >> 1)))
    const a = below(random, Math.max(1, bytes.length - size))
    const b = below(random, Math.max(1, bytes.length - size))
    const first = Buffer.from(bytes.subarray(a, a + size))
    bytes.copyWithin(a, b, b + size)
    bytes.set(first.subarray(0, Math.max(0, bytes.length - b)), b)
    return bytes
  },
  function remove(bytes, random) {
    const from = below(random, bytes.length)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + below(random, 16))])
  },
]

/** A copy of `bytes` with one to four things changed. `other` is what may be spliced in. */
export function mutate(bytes: Uint8Array, random: Random, other: Uint8Array): Buffer {
  let result = Buffer.from(bytes)
  const count = random() < 0.6 ? 1 : 2 + below(random, 3)
  for (let done = 0; done < count; done += 1) {
    if (result.length === 0) return Buffer.from([below(random, 256)])
    result = Buffer.from(pick(random, mutations)(result, random, other))
  }
  return result
}

function number(bytes: Buffer, random: Random): bigint {
  const about = BigInt(bytes.length + below(random, 5) - 2)
  return random() < 0.3 ? BigInt.asUintN(64, about) : pick(random, oddNumbers)
}

function putNumber(
  bytes: Buffer,
  at: number,
  width: number,
  value: bigint,
  random: Random,
): Buffer {
  const piece = Buffer.alloc(8)
  piece.writeBigUInt64LE(value)
  // Numbers within MessagePack and Arrow are of either order.
  const ordered = random() < 0.3 ? piece.subarray(0, width).reverse() : piece.subarray(0, width)
  for (let index = 0; index < width; index += 1)
    if (at + index >= 0 && at + index < bytes.length) bytes[at + index] = ordered[index] ?? 0
  return bytes
}

/** Makes the lengths in the header of a frame fit the frame, as far as there is a header. */
export function mendLengths(frame: Buffer): void {
  if (frame[2] === 1 && frame.length >= 16) frame.writeUInt32LE(frame.length - 16, 4)
  if (frame[2] !== 0x81 || frame.length < 40) return
  const header = frame.readUInt32LE(4)
  if (header > frame.length) return
  frame.writeBigUInt64LE(BigInt(frame.length - header), 24)
  if (frame[32] === 0) frame.writeBigUInt64LE(BigInt(frame.length - header), 16)
}

/** Puts the checksum into a frame that whoever forges it would put there. */
export function mendChecksum(frame: Buffer): void {
  if (frame[2] === 1 && frame.length >= 16) {
    const end = frame.length - 8
    frame.writeBigUInt64LE(checksum64(frame.subarray(0, end)), end)
  }
  if (frame[2] !== 0x81 || frame.length < 40) return
  const header = frame.readUInt32LE(4)
  if (header > frame.length) return
  // The checksum is that of the header, with the payload's in its place.
  frame.writeBigUInt64LE(checksum64(frame.subarray(header)), 8)
  frame.writeBigUInt64LE(checksum64(frame.subarray(0, header)), 8)
}

/**
 * The same for the checksums of compressed chunks and of their index.
 * @param rawSize what the header says, by which readers know how many chunks there are.
 */
export function mendChunks(payload: Uint8Array, rawSize: number): void {
  const bytes = asBuffer(payload)
  if (bytes.length < footerBytes) return
  const footer = bytes.length - footerBytes
  const count = Math.ceil(rawSize / Math.max(1, bytes.readUInt32LE(footer + 8)))
  const index = bytes.length - indexSize(count)
  if (index < 0) return
  for (let at = index, from = 0; at < footer; at += 16) {
    const to = from + bytes.readUInt32LE(at)
    if (to > index) break
    bytes.writeBigUInt64LE(checksum64(bytes.subarray(from, to)), at + 8)
    from = to
  }
  bytes.writeBigUInt64LE(checksum64(bytes.subarray(index, footer + 16)), footer + 16)
}
