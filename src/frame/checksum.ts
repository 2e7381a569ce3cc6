import { xxh3 } from '@node-rs/xxhash'

/**
 * XXH3, 64 bits, of `bytes` (https://github.com/Cyan4973/xxHash), as 8 bytes. Finds damage; it is no signature.
 */
export function checksumOf(bytes: Uint8Array): Uint8Array {
  return checksumBytes(checksum64(bytes))
}

/** As {@link checksumOf}, as a number. */
export function checksum64(bytes: Uint8Array): bigint {
  if (bytes.byteLength < streamedFrom) return xxh3.xxh64(bytes)
  return xxh3.Xxh3.withSeed().update(bytes).digest()
}

/** From here on the library's stream is the faster of its two ways: 12 times so at 1 MiB. */
const streamedFrom = 4_096

/** A 64-bit sum as 8 bytes. */
export function checksumBytes(sum: bigint): Uint8Array {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64LE(sum)
  return bytes
}

/** The checksum of bytes that come in pieces. */
export class Checksum {
  readonly #hash = xxh3.Xxh3.withSeed()

  update(bytes: Uint8Array): this {
    this.#hash.update(bytes)
    return this
  }

  digest(): bigint {
    return this.#hash.digest()
  }
}
