import { createHash, hash, timingSafeEqual } from 'node:crypto'
import { areFields } from './canonical-fields.ts'
import { deriveSecret, keyIdBytes } from './key-bytes.ts'
import type { Keyring, KeyringEntry } from './keyring.ts'
import { rowLabel, type SignedFields, signedList } from './signing-fields.ts'
import { FieldsHmac } from './signing-hmac.ts'

/**
 * What a look at a signature says:
 *
 * - `ok`: a key that is held signed exactly this.
 * - `unsigned`: there is no signature.
 * - `unknown-key`: no key that is held made it, or it is of a form that only a newer version knows. It may be good.
 * - `invalid`: it names a key that is held, and that key did not sign this.
 */
export type SignatureVerdict = 'ok' | 'unsigned' | 'unknown-key' | 'invalid'

/** A key that signs. */
export interface SigningKey extends KeyringEntry {
  readonly hmac: FieldsHmac
}

const hmacKeyBytes = 32

/** The signing key that follows from `master`, and its id. */
export function signingKey(master: Uint8Array): SigningKey {
  const secret = deriveSecret(master, 'holdfast/signing/key/1', '', hmacKeyBytes)
  const key = {
    id: deriveSecret(master, 'holdfast/signing/key-id/1', '', keyIdBytes),
    hmac: new FieldsHmac(secret, rowLabel),
  }
  secret.fill(0)
  return key
}

const signatureVersion = 1
const digestBytes = 32
const keyIdAt = 1
const digestAt = keyIdAt + keyIdBytes
const hmacAt = digestAt + digestBytes

/** Bytes of a signature: version 1, key id 8, SHA-256 of the value 32, HMAC 32. */
export const signatureBytes: number = hmacAt + digestBytes

/** Signs rows and verifies what was signed. */
export class Signer {
  readonly #keys: Keyring<SigningKey>

  constructor(keys: Keyring<SigningKey>) {
    this.#keys = keys
  }

  /**
   * The signature of an entry, by the current key.
   * @param digest SHA-256 of the value's stored bytes; see {@link valueDigest}.
   */
  sign(fields: SignedFields, digest: Uint8Array): Uint8Array {
    const list = signedList(fields, digest)
    if (digest.byteLength !== digestBytes || !areFields(list))
      throw new TypeError('Signer: a field has a type that a row cannot have.')
    const { id, hmac } = this.#keys.current
    const signature = Buffer.allocUnsafe(signatureBytes)
    signature[0] = signatureVersion
    signature.set(id, keyIdAt)
    signature.set(digest, digestAt)
    signature.set(hmac.digest(list), hmacAt)
    return signature
  }

  /**
   * Whether `signature` is for these fields and a value with this digest.
   * @param signature what the row has, whatever that is.
   */
  verify(fields: SignedFields, digest: Uint8Array, signature: unknown): SignatureVerdict {
    const verdict = this.verifyFields(fields, signature)
    if (verdict !== 'ok') return verdict
    const signed = (signature as Uint8Array).subarray(digestAt, hmacAt)
    const isSame = digest.byteLength === digestBytes && timingSafeEqual(signed, digest)
    return isSame ? 'ok' : 'invalid'
  }

  /** As {@link verify} without the value: whether the fields are as signed, with some value. */
  verifyFields(fields: SignedFields, signature: unknown): SignatureVerdict {
    if (signature === null || signature === undefined) return 'unsigned'
    if (!(signature instanceof Uint8Array) || signature[0] !== signatureVersion)
      return 'unknown-key'
    const key = this.#keys.find(signature.subarray(keyIdAt, digestAt))
    if (key === undefined) return 'unknown-key'
    if (signature.byteLength !== signatureBytes) return 'invalid'
    const list = signedList(fields, signature.subarray(digestAt, hmacAt))
    const isSigned = areFields(list) && key.hmac.matches(list, signature.subarray(hmacAt))
    return isSigned ? 'ok' : 'invalid'
  }

  /**
   * The signature of `after` and the same value, whose bytes need not be read: what was signed holds their digest.
   * @param before the fields as they are; nothing is signed unless `signature` is good for them.
   */
  resign(
    before: SignedFields,
    after: SignedFields,
    signature: unknown,
  ): { verdict: SignatureVerdict; signature: Uint8Array | undefined } {
    const verdict = this.verifyFields(before, signature)
    if (verdict !== 'ok') return { verdict, signature: undefined }
    const digest = (signature as Uint8Array).subarray(digestAt, hmacAt)
    return { verdict, signature: this.sign(after, digest) }
  }
}

/** One-shot hashes count bytes in 31 bits. */
const longestOneShot = 2 ** 30

/** SHA-256 of a value's stored bytes, which is what is signed of it. For bytes in pieces: `createHash('sha256')`. */
export function valueDigest(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength <= longestOneShot) return hash('sha256', bytes, 'buffer')
  const sum = createHash('sha256')
  for (let at = 0; at < bytes.byteLength; at += longestOneShot)
    sum.update(bytes.subarray(at, at + longestOneShot))
  return sum.digest()
}
