import { hkdfSync } from 'node:crypto'
import { HoldfastError } from '../contracts/errors.ts'
import { encodeFields } from './canonical-fields.ts'

/** Keys are at least so long: as much as AES-256 and SHA-256 can make use of. */
export const leastKeyBytes = 32

/** Which key it is, among those that a reader holds. */
export const keyIdBytes = 8

const hexPattern = /^(?:[0-9a-fA-F]{2})+$/

/**
 * A copy of the key in `value`, so that the caller may wipe or reuse his.
 * @throws HoldfastError `ERR_INVALID_OPTION` naming `option`, and never what was given: it might be most of a key.
 */
export function copyKeyBytes(option: string, value: unknown): Buffer {
  if (value instanceof Uint8Array && value.byteLength >= leastKeyBytes) {
    const copy = Buffer.allocUnsafeSlow(value.byteLength)
    copy.set(value)
    return copy
  }
  const found = value instanceof Uint8Array ? `${value.byteLength} bytes` : `a ${typeof value}`
  throw new HoldfastError(
    'ERR_INVALID_OPTION',
    `${option}: ${found} cannot be a key; give a Uint8Array of ${leastKeyBytes} random bytes or more.`,
  )
}

/**
 * As {@link copyKeyBytes}, for a key that may also be hex text. Node's own decoding stops without a word at the first
 * character that is no hex digit, and would make a short key of a mistyped one.
 * @throws HoldfastError `ERR_INVALID_OPTION`.
 */
export function parseKeyBytes(option: string, value: unknown): Buffer {
  if (typeof value !== 'string') return copyKeyBytes(option, value)
  if (value.length >= leastKeyBytes * 2 && hexPattern.test(value)) {
    const bytes = Buffer.allocUnsafeSlow(value.length / 2)
    bytes.write(value, 'hex')
    return bytes
  }
  throw new HoldfastError(
    'ERR_INVALID_OPTION',
    `${option}: a text of ${value.length} characters cannot be a key; give ${leastKeyBytes * 2} hex digits (an even number, at least), with nothing before, between or behind them.`,
  )
}

/** What a derived secret is for. A label is never used for two things, so no two uses of a master key share a secret. */
export type SecretLabel =
  | 'holdfast/encryption/key/1'
  | 'holdfast/encryption/key-id/1'
  | 'holdfast/signing/key/1'
  | 'holdfast/signing/key-id/1'

const salt = Buffer.from('holdfast', 'ascii')

/**
 * `length` bytes that follow from `master`, `label` and `context`: HKDF-SHA256 (RFC 5869) with the salt `holdfast` and, as
 * info, the label and the context as length-prefixed fields, so that no two pairs meet.
 */
export function deriveSecret(
  master: Uint8Array,
  label: SecretLabel,
  context: string,
  length: number,
): Buffer {
  return Buffer.from(hkdfSync('sha256', master, salt, encodeFields([label, context]), length))
}
