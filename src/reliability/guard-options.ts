import { defined } from '../util/defined.ts'
import { type Duration, parseDuration } from '../util/duration.ts'
import { checkOptionNames, invalidOption } from '../util/options.ts'
import type { RetrySettings } from './backoff.ts'
import type { BreakerSettings } from './breaker.ts'
import type { DeadlineSettings } from './latencies.ts'

/** How the calls to one tier are guarded. What is left out is as the kind of tier has it. */
export interface GuardOptions {
  /**
   * How long a call may take, its retries and its wait for a place included. A number or text is the same for every
   * call; an object adapts to how long calls took lately. @default 500 ms for a tier on the network, `false` for a local one
   */
  readonly timeout?: Duration | false | AdaptiveTimeout | undefined
  /** Stops calling a tier that fails. @default on for a tier on the network, `false` for a local one */
  readonly breaker?: false | BreakerOptions | undefined
  /** Tries a failed call again. A number is `attempts`. @default on for a tier on the network, `false` for a local one */
  readonly retry?: false | number | RetryOptions | undefined
  /** Bounds the calls under way. A number is `concurrent`. @default false */
  readonly bulkhead?: false | number | BulkheadOptions | undefined
}

/**
 * A deadline of `p99` times what 99 of 100 recent calls took, and not outside of `min` and `max`. Until 20 calls are known it
 * is `max`. Calls that are given up count with the time they were given, so it grows when a tier becomes slower.
 */
export interface AdaptiveTimeout {
  /** The factor, at least 1. @default 3 */
  readonly p99?: number | undefined
  /** @default '50ms' */
  readonly min?: Duration | undefined
  /** @default '2s' */
  readonly max?: Duration | undefined
  /** Calls of this time are recent. @default '60s' */
  readonly window?: Duration | undefined
}

/** When to stop calling a tier, and for how long. */
export interface BreakerOptions {
  /** So many failed calls within `window` open it, 1 to 10,000. @default 5 */
  readonly failures?: number | undefined
  /** @default '10s' */
  readonly window?: Duration | undefined
  /** For how long it opens first; doubled each time that a probe fails. @default '5s' */
  readonly openFor?: Duration | undefined
  /** @default '60s' */
  readonly maxOpenFor?: Duration | undefined
  /** So many calls must succeed before all go through again, 1 to 1,000. @default 1 */
  readonly probes?: number | undefined
}

/** How a failed call is tried again, within its deadline. */
export interface RetryOptions {
  /** How often a call is tried, the first time included, 1 to 100. @default 3 */
  readonly attempts?: number | undefined
  /** The longest wait before the second attempt; doubled before each further one. @default '20ms' */
  readonly delay?: Duration | undefined
  /** No wait is longer. @default '200ms' */
  readonly maxDelay?: Duration | undefined
  /** The share of each wait that chance decides: 1 = all of it, 0 = none. @default 1 */
  readonly jitter?: number | undefined
}

/** How many calls may be under way. */
export interface BulkheadOptions {
  /** At once, 1 or more. @default 64 */
  readonly concurrent?: number | undefined
  /** Waiting beside those. @default 256 */
  readonly queue?: number | undefined
}

/** {@link GuardOptions} with everything decided: durations in milliseconds, `false` for what is off. Frozen. */
export interface ResolvedGuardOptions {
  readonly timeout: DeadlineSettings
  readonly breaker: false | BreakerSettings
  readonly retry: false | RetrySettings
  readonly bulkhead: false | { readonly concurrent: number; readonly queue: number }
}

/** The options of a tier that are its guard's. */
export const guardOptionNames: readonly (keyof GuardOptions)[] = [
  'timeout',
  'breaker',
  'retry',
  'bulkhead',
]

/** What a timer of Node can wait for; a longer one would fire at once. */
const MAX_TIMER = 2 ** 31 - 1

const usualBreaker: BreakerSettings = Object.freeze({
  failures: 5,
  window: 10_000,
  openFor: 5_000,
  maxOpenFor: 60_000,
  probes: 1,
})
const usualRetry: RetrySettings = Object.freeze({
  attempts: 3,
  delay: 20,
  maxDelay: 200,
  jitter: 1,
})

/** For tiers that are asked over a network. */
export const networkGuard: ResolvedGuardOptions = Object.freeze({
  timeout: Object.freeze({ ms: 500 }),
  breaker: usualBreaker,
  retry: usualRetry,
  bulkhead: false,
})

/** For tiers in this process or on this machine: all off. */
export const localGuard: ResolvedGuardOptions = Object.freeze({
  timeout: false,
  breaker: false,
  retry: false,
  bulkhead: false,
})

/**
 * `options` with `defaults` for what they leave out.
 * @param what names the options in messages, such as `redis`.
 * @throws HoldfastError `ERR_INVALID_OPTION`.
 */
export function resolveGuardOptions(
  what: string,
  options: GuardOptions | undefined,
  defaults: ResolvedGuardOptions = localGuard,
): ResolvedGuardOptions {
  checkOptionNames(what, options, guardOptionNames)
  const { timeout, breaker, retry, bulkhead } = options ?? {}
  return Object.freeze({
    timeout: timeout === undefined ? defaults.timeout : resolveTimeout(`${what}: timeout`, timeout),
    breaker: breaker === undefined ? defaults.breaker : resolveBreaker(`${what}: breaker`, breaker),
    retry: retry === undefined ? defaults.retry : resolveRetry(`${what}: retry`, retry),
    bulkhead:
      bulkhead === undefined ? defaults.bulkhead : resolveBulkhead(`${what}: bulkhead`, bulkhead),
  })
}

function resolveTimeout(
  what: string,
  timeout: Duration | false | AdaptiveTimeout,
): DeadlineSettings {
  if (timeout === false) return false
  if (typeof timeout !== 'object') {
    const ms = parseDuration(what, timeout)
    if (ms === Number.POSITIVE_INFINITY) return false
    return Object.freeze({ ms: timerLength(what, ms) })
  }
  checkOptionNames(what, timeout, ['p99', 'min', 'max', 'window'])
  const { p99 = 3, min = 50, max = 2_000, window = 60_000 } = timeout
  if (!(typeof p99 === 'number' && p99 >= 1 && p99 < Number.POSITIVE_INFINITY))
    throw invalidOption(`${what}.p99`, p99, 'a factor of 1 or more')
  const settings = {
    p99,
    min: timerLength(`${what}.min`, parseDuration(`${what}.min`, min)),
    max: timerLength(`${what}.max`, parseDuration(`${what}.max`, max)),
    window: positive(`${what}.window`, window),
  }
  if (settings.min > settings.max) throw invalidOption(`${what}.min`, min, 'no more than max')
  return Object.freeze(settings)
}

function resolveBreaker(what: string, breaker: false | BreakerOptions): false | BreakerSettings {
  if (breaker === false) return false
  checkOptionNames(what, breaker, ['failures', 'window', 'openFor', 'maxOpenFor', 'probes'])
  const given = { ...usualBreaker, ...defined(breaker) }
  const openFor = positive(`${what}.openFor`, given.openFor)
  // Where only `openFor` is given, and longer than the usual bound, it is the bound.
  const maxOpenFor =
    breaker.maxOpenFor === undefined
      ? Math.max(openFor, usualBreaker.maxOpenFor)
      : positive(`${what}.maxOpenFor`, breaker.maxOpenFor)
  if (maxOpenFor < openFor)
    throw invalidOption(`${what}.maxOpenFor`, breaker.maxOpenFor, 'no less than openFor')
  return Object.freeze({
    failures: whole(`${what}.failures`, given.failures, 1, 10_000),
    window: positive(`${what}.window`, given.window),
    openFor,
    maxOpenFor,
    probes: whole(`${what}.probes`, given.probes, 1, 1_000),
  })
}

function resolveRetry(what: string, retry: false | number | RetryOptions): false | RetrySettings {
  if (retry === false) return false
  if (typeof retry === 'number')
    return Object.freeze({ ...usualRetry, attempts: whole(what, retry, 1, 100) })
  checkOptionNames(what, retry, ['attempts', 'delay', 'maxDelay', 'jitter'])
  const given = { ...usualRetry, ...defined(retry) }
  const { jitter } = given
  if (!(typeof jitter === 'number' && jitter >= 0 && jitter <= 1))
    throw invalidOption(`${what}.jitter`, jitter, 'a share from 0 to 1')
  const delay = upToTimer(`${what}.delay`, given.delay)
  const maxDelay =
    retry.maxDelay === undefined
      ? Math.max(delay, usualRetry.maxDelay)
      : upToTimer(`${what}.maxDelay`, retry.maxDelay)
  return Object.freeze({
    attempts: whole(`${what}.attempts`, given.attempts, 1, 100),
    delay,
    maxDelay,
    jitter,
  })
}

function resolveBulkhead(
  what: string,
  bulkhead: false | number | BulkheadOptions,
): ResolvedGuardOptions['bulkhead'] {
  if (bulkhead === false) return false
  if (typeof bulkhead !== 'number') checkOptionNames(what, bulkhead, ['concurrent', 'queue'])
  const { concurrent = 64, queue = 256 } =
    typeof bulkhead === 'number' ? { concurrent: bulkhead } : bulkhead
  return Object.freeze({
    concurrent: whole(`${what}.concurrent`, concurrent, 1, 1_000_000),
    queue: whole(`${what}.queue`, queue, 0, 1_000_000),
  })
}

function whole(what: string, value: unknown, min: number, max: number): number {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max)
    return value as number
  throw invalidOption(what, value, `a whole number from ${min} to ${max}`)
}

function positive(what: string, value: unknown): number {
  const ms = parseDuration(what, value)
  if (ms > 0) return ms
  throw invalidOption(what, value, 'a duration above 0')
}

function upToTimer(what: string, value: unknown): number {
  const ms = parseDuration(what, value)
  if (ms <= MAX_TIMER) return ms
  throw invalidOption(what, value, 'a duration of at most 24 days')
}

function timerLength(what: string, ms: number): number {
  if (ms > 0 && ms <= MAX_TIMER) return ms
  throw invalidOption(what, ms, 'a duration above 0 and of at most 24 days; false for none')
}
