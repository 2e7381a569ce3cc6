import { cipherOf, encryption } from '../../src/frame/encryption.ts'
import { bindEntry, type EntryBinding } from '../../src/frame/encryption-binding.ts'
import type { Cipher, Sealed } from '../../src/frame/encryption-cipher.ts'
import type { DecryptReason } from '../../src/frame/encryption-error.ts'
import { decryptReason } from '../../src/frame/encryption-error.ts'

/** 32 bytes that are easy to tell from others. */
export function keyOf(number: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => (number * 37 + index * 11) & 0xff)
}

/** A cipher with those keys, the first being the current one. */
export function cipherWith(keys: readonly (Uint8Array | string)[], tenant?: string): Cipher {
  return cipherOf(encryption({ keys, tenant }))
}

export const binding: EntryBinding = {
  formatVersion: 1,
  tenant: 'default',
  namespace: 'reports',
  key: Buffer.from('suser:1'),
  codec: 8,
  codecVersion: 1,
  meta: Uint8Array.of(1, 2, 3),
  compression: 0,
  rawSize: 5,
}

export const aad: Uint8Array = bindEntry(binding)
export const plaintext: Uint8Array = Buffer.from('hello')

/** Why `run` could not decrypt; `undefined` when it could. Other errors are thrown on. */
export function reasonOf(run: () => unknown): DecryptReason | undefined {
  try {
    run()
  } catch (error) {
    const reason = decryptReason(error)
    if (reason !== undefined) return reason
    throw error
  }
  return undefined
}

/** A copy of `bytes` with one bit of the byte at `index` changed. */
export function flip(bytes: Uint8Array, index: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[index] = (copy[index] ?? 0) ^ 0x10
  return copy
}

/** Opens `sealed` with some of its parts replaced. */
export function openWith(cipher: Cipher, sealed: Sealed, data: Uint8Array = aad): Uint8Array {
  return cipher.open(sealed.bytes, sealed, data)
}
