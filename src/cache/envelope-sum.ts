import { xxh364 } from '../util/xxh3.ts'

/*
 * The checksum of an envelope's fields. Node makes a 64-bit number of bytes by arithmetic with bigints, which takes longer than
 * the sum itself, so it goes through one place of memory that is both.
 */

export const sumBytes = 8

const sum = new BigUint64Array(1)
const bytesOfSum = new Uint8Array(sum.buffer)
const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** Writes XXH3-64 of `about` behind it: at `at` of `bytes`, little-endian. */
export function writeSum(bytes: Uint8Array, at: number, about: Uint8Array): void {
  sum[0] = xxh364(about)
  if (!isLittleEndian) bytesOfSum.reverse()
  for (let index = 0; index < sumBytes; index += 1) bytes[at + index] = bytesOfSum[index] as number
}

/** Whether the sum at `at` of `bytes` is that of `about`. */
export function isSumOf(bytes: Uint8Array, at: number, about: Uint8Array): boolean {
  for (let index = 0; index < sumBytes; index += 1) bytesOfSum[index] = bytes[at + index] as number
  if (!isLittleEndian) bytesOfSum.reverse()
  return xxh364(about) === sum[0]
}
