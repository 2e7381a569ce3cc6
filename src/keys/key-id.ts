import type { Key } from '../contracts/key.ts'
import { encodeKey } from './encode-key.ts'

/**
 * A text that stands for `key`: the same in every process and on every machine, and never the same for two keys.
 * Strings read as `s` followed by the string.
 *
 * @throws HoldfastError `ERR_INVALID_KEY` or `ERR_UNSUPPORTED_KEY`.
 * @example
 * keyId({ b: 1, a: 2 }) === keyId({ a: 2, b: 1 }) // true
 */
export function keyId(key: Key): string {
  return encodeKey(key)
}
