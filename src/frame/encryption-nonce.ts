import { randomBytes } from 'node:crypto'
import { HoldfastError } from '../contracts/errors.ts'

const prefixBytes = 8
const nonceBytes = 12
const counters = 2 ** 32

/**
 * Nonces of AES-GCM, none of which may be used twice with one key: 8 random bytes of this instance, then a counter of 4
 * bytes, big-endian. Random nonces alone would meet after some 2^32 writes of all processes together; so it takes as many
 * instances.
 */
export class Nonces {
  #counter: number
  /** Drawn at first use: an instance in a startup snapshot of Node must not take its prefix into many processes. */
  #prefix: Buffer | undefined

  /** @param start first counter; for tests. */
  constructor(start = 0) {
    this.#counter = start
  }

  /** @throws HoldfastError `ERR_NONCE_EXHAUSTED` after 2^32 nonces: it never begins anew. */
  next(): Buffer {
    if (this.#counter >= counters) throw exhausted()
    this.#prefix ??= randomBytes(prefixBytes)
    const nonce = Buffer.allocUnsafe(nonceBytes)
    nonce.set(this.#prefix)
    nonce.writeUInt32BE(this.#counter, prefixBytes)
    this.#counter += 1
    return nonce
  }
}

function exhausted(): HoldfastError {
  return new HoldfastError(
    'ERR_NONCE_EXHAUSTED',
    'Encryption: this object has encrypted 2^32 values, and one more could give a value away. Nothing was written. Call encryption() again and open the store with what it returns, or restart the process.',
  )
}
