import { type CipherGCM, type DecipherGCM, hash } from 'node:crypto'
import { HoldfastError } from '../contracts/errors.ts'
import { decryptError } from './encryption-error.ts'

/** GCM has 2^32 - 2 blocks of 16 bytes for each nonce. */
const longestMessage = 2 ** 36 - 32

/** Encrypts a value that comes in pieces. The pieces do not show in the result. */
export class SealStream {
  readonly keyId: Uint8Array
  readonly nonce: Uint8Array
  readonly #cipher: CipherGCM
  #total = 0

  constructor(keyId: Uint8Array, nonce: Uint8Array, cipher: CipherGCM) {
    this.keyId = keyId
    this.nonce = nonce
    this.#cipher = cipher
  }

  /**
   * The ciphertext of `piece`, as long as it is; at most 1 GiB at once.
   * @throws HoldfastError `ERR_VALUE_TOO_LARGE` after 64 GiB.
   */
  update(piece: Uint8Array): Uint8Array {
    this.#total += piece.byteLength
    if (this.#total > longestMessage)
      throw new HoldfastError(
        'ERR_VALUE_TOO_LARGE',
        'Encryption: the value has more than 64 GiB, which AES-GCM cannot protect. Nothing was stored; store it in parts.',
      )
    return this.#cipher.update(piece)
  }

  /** The tag, of 16 bytes, once all pieces were given. */
  finish(): Uint8Array {
    this.#cipher.final()
    return this.#cipher.getAuthTag()
  }
}

/**
 * Decrypts a value piece by piece and gives no byte away before the tag of the whole was checked. That takes two passes over
 * the same pieces: {@link verify} for each and {@link endVerify}, then {@link open} for each and {@link finish}.
 *
 * Whoever can write the file could change it between the passes, so the first one keeps the SHA-256 of every piece (32 bytes
 * for each) and the second gives no piece away that differs.
 */
export class OpenStream {
  readonly #start: () => DecipherGCM
  readonly #finish: (decipher: DecipherGCM) => void
  readonly #digests: Buffer[] = []
  #decipher: DecipherGCM
  #next = 0
  #isVerified = false

  constructor(start: () => DecipherGCM, finish: (decipher: DecipherGCM) => void) {
    this.#start = start
    this.#finish = finish
    this.#decipher = start()
  }

  /** Takes the next piece of ciphertext in the first pass. */
  verify(piece: Uint8Array): void {
    if (this.#isVerified) throw new TypeError('OpenStream: verify() after endVerify().')
    this.#digests.push(digestOf(piece))
    this.#decipher.update(piece)
  }

  /** Ends the first pass. @throws HoldfastError `ERR_DECRYPT`. */
  endVerify(): void {
    this.#finish(this.#decipher)
    this.#decipher = this.#start()
    this.#isVerified = true
  }

  /**
   * The plaintext of the next piece, in the second pass. The pieces are cut as in the first.
   * @throws HoldfastError `ERR_DECRYPT` for a piece that is not the one that was verified.
   */
  open(piece: Uint8Array): Uint8Array {
    if (!this.#isVerified) throw new TypeError('OpenStream: open() before endVerify().')
    const expected = this.#digests[this.#next]
    if (expected === undefined || !expected.equals(digestOf(piece))) throw decryptError('tamper')
    this.#next += 1
    return this.#decipher.update(piece)
  }

  /** Begins the second pass anew. */
  rewind(): void {
    this.#decipher = this.#start()
    this.#next = 0
  }

  /** Ends the second pass. @throws HoldfastError `ERR_DECRYPT` when pieces are missing. */
  finish(): void {
    this.#finish(this.#decipher)
  }
}

function digestOf(piece: Uint8Array): Buffer {
  return hash('sha256', piece, 'buffer')
}
