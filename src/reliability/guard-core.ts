import type { Clock } from '../contracts/clock.ts'
import type { RetrySettings } from './backoff.ts'
import type { Breaker } from './breaker.ts'
import type { Bulkhead } from './bulkhead.ts'
import type { Latencies } from './latencies.ts'

/** What the calls of one guard share. */
export interface GuardCore {
  readonly name: string
  readonly clock: Clock
  readonly random: () => number
  readonly breaker: Breaker | undefined
  readonly bulkhead: Bulkhead | undefined
  readonly latencies: Latencies
  readonly retry: RetrySettings | false
  readonly counts: GuardCounts
}

/** Since the guard was made, but for the first two. */
export interface GuardCounts {
  /** Work that has not ended, given up or not. */
  inFlight: number
  /** Work that goes on although its caller was told an error. */
  abandoned: number
  calls: number
  failures: number
  timeouts: number
  rejections: number
  retries: number
}

/** How a single call differs. */
export interface RunOptions {
  /** Detaches the caller: the call rejects with its reason, and the work is told. */
  readonly signal?: AbortSignal | undefined
  /** `false` for what must not be done twice, such as counting. @default true */
  readonly retry?: boolean | undefined
}

/** What a guard runs: once, or again where it fails. */
export type Work<T> = (signal: AbortSignal) => PromiseLike<T> | T
