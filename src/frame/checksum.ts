import { xxh3 } from '@node-rs/xxhash'
import { xxh364 } from '../util/xxh3.ts'

/**
 * XXH3, 64 bits, of `bytes` (https://github.com/Cyan4973/xxHash). Finds damage; it is no signature.
 */
export function checksum64(bytes: Uint8Array): bigint {
  return xxh364(bytes)
}

/** A 64-bit sum as 8 bytes. */
export function checksumBytes(sum: bigint): Uint8Array {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64LE(sum)
  return bytes
}

/** The checksum of bytes that come in pieces. It costs some microseconds to make one: for bytes at hand use {@link checksum64}. */
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
