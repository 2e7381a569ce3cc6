import { createSecretKey, type KeyObject } from 'node:crypto'
import { deriveSecret, keyIdBytes } from './key-bytes.ts'
import type { KeyringEntry } from './keyring.ts'

/** The key of one tenant. */
export interface EncryptionKey extends KeyringEntry {
  readonly key: KeyObject
}

const aesKeyBytes = 32

/**
 * The AES key of `tenant` and its id. The id follows from the tenant too: an entry of another tenant is one whose key is not
 * held, not one that was tampered with, and ids do not show who shares a master key.
 */
export function encryptionKey(master: Uint8Array, tenant: string): EncryptionKey {
  const secret = deriveSecret(master, 'holdfast/encryption/key/1', tenant, aesKeyBytes)
  // Not the bytes themselves: Node 24 takes 50 us longer for every cipher that is made from bytes.
  const key = createSecretKey(secret)
  secret.fill(0)
  return { id: deriveSecret(master, 'holdfast/encryption/key-id/1', tenant, keyIdBytes), key }
}
