import { type ErrorCode, isHoldfastError } from '../contracts/errors.ts'

/**
 * These say that the call was wrong, or that its data is, and nothing about the health of the tier. `ERR_NO_SPACE` is among
 * them because a full disk still answers reads: an open breaker would take those away too.
 */
const permanentCodes: readonly ErrorCode[] = [
  'ERR_ANONYMOUS_FUNCTION',
  'ERR_ASYNC_TRANSACTION',
  'ERR_CLOSED',
  'ERR_COUNTER_RANGE',
  'ERR_DECRYPT',
  'ERR_DEPENDENCY_MISSING',
  'ERR_INVALID_FRAME',
  'ERR_INVALID_KEY',
  'ERR_INVALID_OPTION',
  'ERR_NEWER_FORMAT',
  'ERR_NONCE_EXHAUSTED',
  'ERR_NOT_A_NUMBER',
  'ERR_NO_SPACE',
  'ERR_READONLY',
  'ERR_UNSUPPORTED',
  'ERR_UNSUPPORTED_KEY',
  'ERR_UNSUPPORTED_VALUE',
  'ERR_VALUE_TOO_LARGE',
]

/**
 * Whether the same call would fail again whatever the tier does: it is not retried and does not count for the breaker. Besides
 * the codes above, an error says so of itself by `permanent: true`, as backends of users can.
 */
export function isPermanent(error: unknown): boolean {
  if (isHoldfastError(error, ...permanentCodes)) return true
  return (error as { permanent?: unknown } | null | undefined)?.permanent === true
}
