import { type ErrorCode, HoldfastError } from '../contracts/errors.ts'
import { reasonOf } from '../util/call-listener.ts'
import type { Breaker } from './breaker.ts'
import type { Bulkhead } from './bulkhead.ts'

/** A call that an open breaker refuses. */
export function tierDown(tier: string, what: string, breaker: Breaker): HoldfastError {
  const { cause, retryIn } = breaker
  const when = retryIn > 0 ? `in ${told(retryIn)}` : 'when a probe under way has succeeded'
  return withoutStack(
    'ERR_TIER_DOWN',
    `Tier '${tier}': ${what} was not tried, because calls to it failed lately (${reasonOf(cause)}). It is tried again ${when}; look after the tier, nothing else has to be done.`,
    { cause },
  )
}

/** A call that finds no place, not even to wait, or whose deadline passed while it waited. */
export function tierBusy(
  tier: string,
  what: string,
  bulkhead: Bulkhead | undefined,
  waited?: number,
): HoldfastError {
  const why = waited === undefined ? '' : ` and waited ${told(waited)} for its turn`
  return withoutStack(
    'ERR_TIER_BUSY',
    `Tier '${tier}': ${what} was not tried${why}: ${bulkhead?.inside ?? 0} calls are under way and ${bulkhead?.queued ?? 0} wait. Raise bulkhead.concurrent or bulkhead.queue of the tier, or ask less at once.`,
  )
}

/** A call that was not answered in time. */
export function tierTimeout(
  tier: string,
  what: string,
  deadline: number,
  lastError?: { readonly error: unknown },
): HoldfastError {
  const failed = lastError === undefined ? '' : ` (before that: ${reasonOf(lastError.error)})`
  return withoutStack(
    'ERR_TIER_TIMEOUT',
    `Tier '${tier}': ${what} got no answer within ${told(deadline)}${failed}. Look after the tier, or raise its timeout if it is slow by nature.`,
    lastError === undefined ? undefined : { cause: lastError.error },
  )
}

/**
 * An error without a stack trace, which would take several times as long as the rest of a refusal and show nothing but this guard:
 * where a tier is down or busy, such errors are made for every call.
 */
function withoutStack(
  code: ErrorCode,
  message: string,
  options?: { cause?: unknown },
): HoldfastError {
  const { stackTraceLimit } = Error
  // Fails silently, and harmlessly, where a program has frozen what is built in.
  Reflect.set(Error, 'stackTraceLimit', 0)
  const error = new HoldfastError(code, message, options)
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
  return error
}

function told(ms: number): string {
  return ms < 1_000 ? `${Math.ceil(ms)} ms` : `${Math.ceil(ms / 100) / 10} s`
}
