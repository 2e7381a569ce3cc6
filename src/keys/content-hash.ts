import { hexOf, xxh3128 } from '../util/xxh3.ts'

/*
 * The texts that content hashes have: a letter for what was hashed, and 32 hexadecimal digits of XXH3-128. They are parts of
 * stored keys, so what they mean never changes. docs/concepts/keys.md describes them for others to rebuild.
 */

/** Of a file, from the hashes of its blocks. The letters keep a short file from posing as the block list of a long one. */
export function hashOfFile(size: number, digests: readonly bigint[]): string {
  const [first] = digests
  if (digests.length === 1 && first !== undefined) return `f${hexOf(first)}`
  const list = Buffer.allocUnsafe(8 + 16 * digests.length)
  list.writeBigUInt64LE(BigInt(size))
  digests.forEach((digest, index) => {
    list.writeBigUInt64BE(digest >> 64n, 8 + 16 * index)
    list.writeBigUInt64BE(digest & 0xffff_ffff_ffff_ffffn, 16 + 16 * index)
  })
  return `b${hexOf(xxh3128(list))}`
}

/** Of a symbolic link that stands for itself, from the text it holds. */
export function hashOfLink(target: Uint8Array): string {
  return `l${hexOf(xxh3128(target))}`
}

/** One entry of a folder: its name in UTF-8, and the hash of what has that name. */
export interface Member {
  readonly name: Uint8Array
  readonly hash: string
}

/** Of a folder, from its entries sorted by name (bytes of UTF-8 sort as code points do). */
export function hashOfFolder(members: readonly Member[]): string {
  const parts: Uint8Array[] = []
  for (const { name, hash } of members) {
    parts.push(lengthOf(name), name)
    const text = Buffer.from(hash, 'latin1')
    parts.push(lengthOf(text), text)
  }
  return `d${hexOf(xxh3128(Buffer.concat(parts)))}`
}

/**
 * Whether `text` is a content hash: one of these, or the SHA-256 (`f` or `d`) that version 0.1 stored, which is still read
 * and never made.
 */
export function isContentHash(text: string): boolean {
  return /^(?:[fbdl][0-9a-f]{32}|[fd][0-9a-f]{64})$/.test(text)
}

function lengthOf(bytes: Uint8Array): Uint8Array {
  const prefix = Buffer.allocUnsafe(4)
  prefix.writeUInt32LE(bytes.byteLength)
  return prefix
}
