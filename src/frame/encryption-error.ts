import { HoldfastError } from '../contracts/errors.ts'

/**
 * Why an entry could not be decrypted:
 *
 * - `tamper`: a key that is held made it, but it is not as it was written, or not where it was written.
 * - `unknown-key`: no key that is held made it: another key, another tenant, or a key that was taken out of `keys`.
 * - `downgrade`: it is not encrypted, and everything here must be.
 * - `corrupt`: what is stored beside it cannot be what an encryption leaves.
 */
export type DecryptReason = 'tamper' | 'unknown-key' | 'downgrade' | 'corrupt'

const messages: Readonly<Record<DecryptReason, string>> = {
  tamper:
    'Decrypt: refused, because the entry was changed or moved after it was encrypted. Nothing of it was given out; delete or overwrite it to go on.',
  'unknown-key':
    'Decrypt: refused, because the entry was encrypted with a key or for a tenant that is not given. Add its key to encryption({ keys }), or delete the entry.',
  downgrade:
    'Decrypt: refused, because the entry is not encrypted, and everything here must be. Whoever wrote it did not use this key; delete the entry.',
  corrupt:
    'Decrypt: refused, because the entry is damaged: its key id, nonce or tag is missing or has a wrong length. Delete the entry.',
}

/** The error for an entry that cannot be decrypted. Its message is the same for all entries: no keys, no values. */
export function decryptError(reason: DecryptReason): HoldfastError {
  return new HoldfastError('ERR_DECRYPT', messages[reason], { cause: Object.freeze({ reason }) })
}

/** Why decryption failed, if that is what `error` says. */
export function decryptReason(error: unknown): DecryptReason | undefined {
  if (!(error instanceof HoldfastError) || error.code !== 'ERR_DECRYPT') return undefined
  const { cause } = error
  if (typeof cause !== 'object' || cause === null || !('reason' in cause)) return undefined
  const { reason } = cause
  return typeof reason === 'string' && Object.hasOwn(messages, reason)
    ? (reason as DecryptReason)
    : undefined
}
