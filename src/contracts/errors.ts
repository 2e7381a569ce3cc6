/**
 * Every code that an error of this package can carry. `docs/errors.md` has a section for each.
 * A code is stable: messages may be reworded, codes are not.
 */
export const errorCodes = [
  'ERR_ANONYMOUS_FUNCTION',
  'ERR_ASYNC_TRANSACTION',
  'ERR_BUSY',
  'ERR_CLOSED',
  'ERR_CORRUPT',
  'ERR_COUNTER_RANGE',
  'ERR_DECRYPT',
  'ERR_DEPENDENCY_MISSING',
  'ERR_DRIVER_MISSING',
  'ERR_FOREIGN_DIRECTORY',
  'ERR_INVALID_FRAME',
  'ERR_INVALID_KEY',
  'ERR_INVALID_OPTION',
  'ERR_IO',
  'ERR_KEY_FILE',
  'ERR_LOCK_TIMEOUT',
  'ERR_NETWORK_FILESYSTEM',
  'ERR_NEWER_FORMAT',
  'ERR_NONCE_EXHAUSTED',
  'ERR_NO_SPACE',
  'ERR_NOT_A_NUMBER',
  'ERR_READONLY',
  'ERR_SHARD_MISMATCH',
  'ERR_STORE_KIND',
  'ERR_TIER_BUSY',
  'ERR_TIER_DOWN',
  'ERR_TIER_TIMEOUT',
  'ERR_UNSAFE_DIRECTORY',
  'ERR_UNSUPPORTED',
  'ERR_UNSUPPORTED_KEY',
  'ERR_UNSUPPORTED_VALUE',
  'ERR_VALUE_TOO_LARGE',
] as const

/** A stable error code, `ERR_…`. */
export type ErrorCode = (typeof errorCodes)[number]

/**
 * The only error class of this package. Test `error.code`, never the message.
 *
 * @example
 * try {
 *   cache.set('report', value)
 * } catch (error) {
 *   if (error instanceof HoldfastError && error.code === 'ERR_NO_SPACE') freeSomeSpace()
 *   else throw error
 * }
 */
export class HoldfastError extends Error {
  /** Which failure this is. */
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'HoldfastError'
    this.code = code
  }
}

/** Whether `error` is a {@link HoldfastError}, and one of `codes` where any are given. */
export function isHoldfastError(error: unknown, ...codes: ErrorCode[]): error is HoldfastError {
  return error instanceof HoldfastError && (codes.length === 0 || codes.includes(error.code))
}
