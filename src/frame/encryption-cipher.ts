import { type CipherGCM, createCipheriv, createDecipheriv, type DecipherGCM } from 'node:crypto'
import { decryptError } from './encryption-error.ts'
import type { EncryptionKey } from './encryption-key.ts'
import { Nonces } from './encryption-nonce.ts'
import { OpenStream, SealStream } from './encryption-stream.ts'
import type { CipherArea } from './header.ts'
import { keyIdBytes } from './key-bytes.ts'
import type { Keyring } from './keyring.ts'

/** What encryption makes of a value. */
export interface Sealed extends CipherArea {
  /** The ciphertext; as long as the plaintext. In memory of its own. */
  readonly bytes: Uint8Array
}

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16
// A shorter tag is easier to guess, and Node takes what it is given unless it is told.
const options = { authTagLength: tagBytes }

/** AES-256-GCM with the keys of a keyring: the current one encrypts, all decrypt. */
export class Cipher {
  readonly #keys: Keyring<EncryptionKey>
  readonly #nonces: Nonces

  /** @param nonces for tests. */
  constructor(keys: Keyring<EncryptionKey>, nonces: Nonces = new Nonces()) {
    this.#keys = keys
    this.#nonces = nonces
  }

  /**
   * `plaintext` encrypted, with a tag over it and `aad`.
   * @throws HoldfastError `ERR_NONCE_EXHAUSTED`.
   */
  seal(plaintext: Uint8Array, aad: Uint8Array): Sealed {
    const { keyId, nonce, cipher } = this.#startSeal(aad)
    const bytes = inPieces(plaintext, (piece) => cipher.update(piece))
    cipher.final()
    return { keyId, nonce, tag: cipher.getAuthTag(), bytes }
  }

  /**
   * What {@link seal} was given, in memory of its own.
   * @throws HoldfastError `ERR_DECRYPT` unless it was sealed with one of the keys and the same `aad`; see `decryptReason`.
   */
  open(bytes: Uint8Array, area: CipherArea, aad: Uint8Array): Uint8Array {
    const decipher = this.#startOpen(area, aad)
    const plaintext = inPieces(bytes, (piece) => decipher.update(piece))
    finishOpen(decipher)
    return plaintext
  }

  /**
   * As {@link seal}, piece by piece.
   * @throws HoldfastError `ERR_NONCE_EXHAUSTED`.
   */
  sealStream(aad: Uint8Array): SealStream {
    const { keyId, nonce, cipher } = this.#startSeal(aad)
    return new SealStream(keyId, nonce, cipher)
  }

  /**
   * As {@link open}, piece by piece, in two passes.
   * @throws HoldfastError `ERR_DECRYPT`.
   */
  openStream(area: CipherArea, aad: Uint8Array): OpenStream {
    return new OpenStream(() => this.#startOpen(area, aad), finishOpen)
  }

  #startSeal(aad: Uint8Array): { keyId: Uint8Array; nonce: Uint8Array; cipher: CipherGCM } {
    const { id, key } = this.#keys.current
    const nonce = this.#nonces.next()
    const cipher = createCipheriv(algorithm, key, nonce, options)
    cipher.setAAD(aad)
    return { keyId: id, nonce, cipher }
  }

  #startOpen({ keyId, nonce, tag }: CipherArea, aad: Uint8Array): DecipherGCM {
    const fits =
      keyId.byteLength === keyIdBytes &&
      nonce.byteLength === nonceBytes &&
      tag.byteLength === tagBytes
    if (!fits) throw decryptError('corrupt')
    const found = this.#keys.find(keyId)
    if (found === undefined) throw decryptError('unknown-key')
    const decipher = createDecipheriv(algorithm, found.key, nonce, options)
    decipher.setAAD(aad)
    decipher.setAuthTag(tag)
    return decipher
  }
}

function finishOpen(decipher: DecipherGCM): void {
  try {
    decipher.final()
  } catch {
    // What OpenSSL says here is only that it does not fit, in a sentence that differs between versions.
    throw decryptError('tamper')
  }
}

/** OpenSSL counts the bytes of a call in 31 bits. */
const longestPiece = 2 ** 30

/** `input` through `transform`, which keeps lengths. @internal */
export function inPieces(
  input: Uint8Array,
  transform: (piece: Uint8Array) => Uint8Array,
  pieceBytes: number = longestPiece,
): Uint8Array {
  if (input.byteLength <= pieceBytes) return transform(input)
  const output = Buffer.allocUnsafeSlow(input.byteLength)
  for (let at = 0; at < input.byteLength; at += pieceBytes)
    output.set(transform(input.subarray(at, at + pieceBytes)), at)
  return output
}
