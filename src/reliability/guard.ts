import type { Clock } from '../contracts/clock.ts'
import { callListener } from '../util/call-listener.ts'
import { Breaker, type BreakerChange, type BreakerState } from './breaker.ts'
import { Bulkhead } from './bulkhead.ts'
import type { GuardCore, RunOptions, Work } from './guard-core.ts'
import { tierDown } from './guard-errors.ts'
import type { ResolvedGuardOptions } from './guard-options.ts'
import { GuardedCall } from './guarded-call.ts'
import { Latencies } from './latencies.ts'
import { neverSignal } from './never-signal.ts'
import { isPermanent } from './permanent.ts'

/** What a {@link Guard} is made of. */
export interface GuardParts {
  /** Of the tier, for messages. */
  readonly name: string
  /** From `resolveGuardOptions`. */
  readonly options: ResolvedGuardOptions
  readonly clock: Clock
  /** At least 0 and below 1, for the waits between attempts. @default Math.random */
  readonly random?: (() => number) | undefined
  /** Told of each change of the breaker. What it throws is reported as a warning and otherwise ignored. */
  readonly onBreaker?: ((change: BreakerChange) => void) | undefined
}

/** How a guarded tier does. Counts are since the guard was made; with every option off nothing is counted. */
export interface GuardHealth {
  readonly breaker: BreakerState
  /** Work that has not ended, given up or not. */
  readonly inFlight: number
  /** Of these, the work that goes on although its caller was told an error: it hangs, or does not heed its signal. */
  readonly abandoned: number
  /** Calls that wait for a place. */
  readonly queued: number
  /** Milliseconds that a call may take now; `Infinity` = no deadline. */
  readonly deadline: number
  /** Half of the recent calls took no longer, in milliseconds; 0 where there were none. At most 1/32 too high. */
  readonly p50: number
  readonly p99: number
  readonly calls: number
  /** Calls that failed, after their retries; neither those that timed out nor permanent errors. */
  readonly failures: number
  readonly timeouts: number
  /** Calls that were not tried: breaker open, or no place. */
  readonly rejections: number
  /** Attempts after the first ones. */
  readonly retries: number
}

const noOptions: RunOptions = Object.freeze({})

/**
 * Stands between the cache and one tier, so that a slow tier costs no more than its deadline and a dead one next to nothing.
 *
 * @example
 * const options = resolveGuardOptions('redis', { timeout: '200ms', bulkhead: 32 }, networkGuard)
 * const guard = new Guard({ name: 'redis', options, clock: systemClock })
 * const bytes = await guard.run('get', () => client.get(key))
 */
export class Guard {
  readonly name: string
  readonly #core: GuardCore
  readonly #isOff: boolean

  constructor({ name, options, clock, random = Math.random, onBreaker }: GuardParts) {
    const { breaker, bulkhead, retry, timeout } = options
    const now = (): number => clock.now()
    const tell =
      onBreaker === undefined
        ? undefined
        : (change: BreakerChange): void =>
            callListener(`the breaker of tier '${name}'`, onBreaker, change)
    this.name = name
    this.#isOff = timeout === false && breaker === false && retry === false && bulkhead === false
    this.#core = {
      name,
      clock,
      random,
      breaker: breaker === false ? undefined : new Breaker(breaker, now, tell),
      bulkhead: bulkhead === false ? undefined : new Bulkhead(bulkhead),
      latencies: new Latencies(timeout, now),
      retry,
      counts: {
        inFlight: 0,
        abandoned: 0,
        calls: 0,
        failures: 0,
        timeouts: 0,
        rejections: 0,
        retries: 0,
      },
    }
  }

  /** Where the breaker is off it is closed for ever. */
  get breaker(): BreakerState {
    return this.#core.breaker?.state ?? { state: 'closed', failures: 0 }
  }

  /** Whether a call would be refused now because the breaker is open: to go on without the tier, and without an error. */
  get isDown(): boolean {
    return this.#core.breaker?.refuses ?? false
  }

  /**
   * Runs one call of the tier. With everything off and no signal, this gives the promise of `work` itself.
   *
   * The signal is aborted when the caller is told that the call is over before it is. It is made only for work that has a
   * parameter for it (`work.length > 0`), because that takes 5 us on Node 20: write `() => …` where the client has no use for it.
   * @param what the verb, for messages.
   * @throws HoldfastError `ERR_TIER_TIMEOUT`, `ERR_TIER_DOWN`, `ERR_TIER_BUSY`; what `work` throws after its retries; the reason
   *   of `options.signal`. Always as a rejection.
   */
  run<T>(what: string, work: Work<T>, options: RunOptions = noOptions): Promise<T> {
    if (!this.#isOff || options.signal !== undefined)
      return new GuardedCall(this.#core, what, work, options).promise
    try {
      const result = work(neverSignal())
      return result instanceof Promise ? result : Promise.resolve(result)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Runs a call that answers at once: only the breaker applies, as nothing can interrupt it, and a retry could not wait.
   * @throws HoldfastError `ERR_TIER_DOWN`; what `work` throws.
   */
  runSync<T>(what: string, work: () => T): T {
    const { breaker, counts, name } = this.#core
    if (breaker === undefined) return work()
    counts.calls += 1
    const pass = breaker.tryPass()
    if (pass === undefined) {
      counts.rejections += 1
      throw tierDown(name, what, breaker)
    }
    try {
      const value = work()
      breaker.succeed(pass)
      return value
    } catch (error) {
      if (isPermanent(error)) {
        breaker.giveBack(pass)
      } else {
        counts.failures += 1
        breaker.fail(pass, error)
      }
      throw error
    }
  }

  health(): GuardHealth {
    const { bulkhead, latencies, counts } = this.#core
    return {
      ...counts,
      breaker: this.breaker,
      queued: bulkhead?.queued ?? 0,
      deadline: latencies.deadline,
      p50: latencies.percentile(0.5),
      p99: latencies.percentile(0.99),
    }
  }
}
