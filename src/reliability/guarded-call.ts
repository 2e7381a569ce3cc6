import { AsyncResource } from 'node:async_hooks'
import type { Timer } from '../contracts/clock.ts'
import { isThenable } from '../util/is-thenable.ts'
import { type AbortWatcher, unwatchAbort, watchAbort } from './abort-watch.ts'
import { backoff } from './backoff.ts'
import type { Pass } from './breaker.ts'
import type { Waiter } from './bulkhead.ts'
import type { GuardCore, RunOptions, Work } from './guard-core.ts'
import { tierBusy, tierDown, tierTimeout } from './guard-errors.ts'
import { neverSignal } from './never-signal.ts'
import { isPermanent } from './permanent.ts'

/** Where a call is: waiting for a place, its work under way, between two attempts, or with nothing left to do. */
type Phase = 'new' | 'queued' | 'running' | 'pausing' | 'ended'

/**
 * One call through a guard, from the outside in: the deadline bounds everything; then come the place in the bulkhead, the
 * breaker's pass, and the attempts. All that it holds (timers, the listener on the caller's signal, its place in the queue)
 * is given up when the caller has an answer. Only the place of work that does not heed its signal stays taken until it ends.
 */
export class GuardedCall<T> implements Waiter, AbortWatcher {
  readonly promise: Promise<T>
  readonly #core: GuardCore
  readonly #what: string
  readonly #work: Work<T>
  readonly #options: RunOptions
  readonly #deadline: number
  readonly #calledAt: number
  #resolve: (value: T) => void = () => {}
  #reject: (error: unknown) => void = () => {}
  #phase: Phase = 'new'
  #isAnswered = false
  #startedAt = 0
  #pass: Pass = 0
  #failed = 0
  #lastError: { readonly error: unknown } | undefined
  #controller: AbortController | undefined
  #timer: Timer | undefined
  #retryTimer: Timer | undefined
  #scope: AsyncResource | undefined

  constructor(core: GuardCore, what: string, work: Work<T>, options: RunOptions) {
    this.#core = core
    this.#what = what
    this.#work = work
    this.#options = options
    this.#deadline = core.latencies.deadline
    this.#calledAt = core.clock.now()
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#begin()
  }

  /** The caller's signal was aborted. */
  onAbort(): void {
    if (this.#isAnswered) return
    const { breaker, bulkhead } = this.#core
    if (this.#phase === 'queued') bulkhead?.forget(this)
    else breaker?.giveBack(this.#pass)
    this.#giveUp(this.#options.signal?.reason)
  }

  /** It has a place. */
  enter(): void {
    // Otherwise it would run in the context (AsyncLocalStorage) of the call that made place.
    if (this.#scope === undefined) this.#start()
    else this.#scope.runInAsyncScope(() => this.#start())
  }

  #begin(): void {
    const { name, breaker, bulkhead, counts } = this.#core
    const { signal } = this.#options
    counts.calls += 1
    if (signal?.aborted === true) {
      this.#answerWith(signal.reason)
      return
    }
    // Before it queues: a tier that is down needs no waiting.
    if (breaker?.refuses === true) {
      this.#refuse(tierDown(name, this.#what, breaker))
      return
    }
    const admission = bulkhead?.enter(this) ?? 'entered'
    if (admission === 'full') {
      this.#refuse(tierBusy(name, this.#what, bulkhead))
      return
    }
    if (signal !== undefined) watchAbort(signal, this)
    if (admission === 'entered') {
      this.#start()
      return
    }
    this.#phase = 'queued'
    this.#scope = new AsyncResource('HOLDFAST_QUEUED')
    this.#watch()
  }

  #start(): void {
    const { name, breaker, counts, clock } = this.#core
    counts.inFlight += 1
    const pass = breaker === undefined ? 0 : breaker.tryPass()
    if (breaker !== undefined && pass === undefined) {
      this.#refuse(tierDown(name, this.#what, breaker))
      this.#leave()
      return
    }
    this.#pass = pass ?? 0
    this.#startedAt = clock.now()
    this.#attempt()
  }

  #attempt(): void {
    const work = this.#work
    this.#phase = 'running'
    try {
      const result = work(work.length === 0 ? neverSignal() : this.#signal())
      if (!isThenable(result)) {
        this.#succeed(result as T)
        return
      }
      // A promise of another make may call back twice, or throw.
      const promise = result instanceof Promise ? result : Promise.resolve(result)
      promise.then(
        (value) => this.#succeed(value as T),
        (error: unknown) => this.#fail(error),
      )
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#watch()
  }

  #succeed(value: T): void {
    const { breaker, latencies, clock, counts } = this.#core
    if (this.#isAnswered) {
      counts.abandoned -= 1
    } else {
      latencies.record(clock.now() - this.#startedAt)
      breaker?.succeed(this.#pass)
      this.#endWaiting()
      this.#resolve(value)
    }
    this.#leave()
  }

  #fail(error: unknown): void {
    const { breaker, counts } = this.#core
    if (this.#isAnswered) {
      counts.abandoned -= 1
    } else if (isPermanent(error)) {
      breaker?.giveBack(this.#pass)
      this.#answerWith(error)
    } else {
      this.#failed += 1
      this.#lastError = { error }
      if (this.#tryLater()) return
      this.#failFor(error)
    }
    this.#leave()
  }

  #failFor(error: unknown): void {
    this.#core.counts.failures += 1
    this.#core.breaker?.fail(this.#pass, error)
    this.#answerWith(error)
  }

  /** Plans the next attempt, if there is to be one before the deadline. */
  #tryLater(): boolean {
    const { retry, clock, random, counts } = this.#core
    if (retry === false || this.#options.retry === false || this.#failed >= retry.attempts)
      return false
    const wait = backoff(retry, this.#failed, random)
    if (wait >= this.#left() || !this.#isTierUp()) return false
    counts.retries += 1
    this.#phase = 'pausing'
    this.#watch()
    this.#retryTimer = clock.setTimeout(() => this.#tryAgain(), wait)
    return true
  }

  #tryAgain(): void {
    this.#retryTimer = undefined
    if (this.#isTierUp()) {
      this.#attempt()
      return
    }
    this.#failFor(this.#lastError?.error)
    this.#leave()
  }

  /** A probe is tried once, and nothing is tried again once other calls have opened the breaker. */
  #isTierUp(): boolean {
    return this.#core.breaker?.isClosedSince(this.#pass) ?? true
  }

  /** The deadline has passed. */
  #expire(): void {
    const { name, breaker, bulkhead, latencies, counts } = this.#core
    if (this.#phase === 'queued') {
      bulkhead?.forget(this)
      this.#refuse(tierBusy(name, this.#what, bulkhead, this.#deadline))
      return
    }
    const error = tierTimeout(name, this.#what, this.#deadline, this.#lastError)
    counts.timeouts += 1
    latencies.recordTimeout(this.#deadline)
    breaker?.fail(this.#pass, error)
    this.#giveUp(error)
  }

  /** Answers before the work has ended, and tells it. */
  #giveUp(error: unknown): void {
    this.#answerWith(error)
    if (this.#phase === 'pausing') this.#leave()
    if (this.#phase !== 'running') return
    this.#core.counts.abandoned += 1
    this.#controller?.abort(error)
  }

  #refuse(error: unknown): void {
    this.#core.counts.rejections += 1
    this.#answerWith(error)
  }

  #answerWith(error: unknown): void {
    this.#endWaiting()
    this.#reject(error)
  }

  #endWaiting(): void {
    this.#isAnswered = true
    this.#timer?.clear()
    this.#retryTimer?.clear()
    const { signal } = this.#options
    if (signal !== undefined) unwatchAbort(signal, this)
  }

  /** Its work has ended. */
  #leave(): void {
    const { bulkhead, counts } = this.#core
    counts.inFlight -= 1
    this.#phase = 'ended'
    bulkhead?.leave()
  }

  /** Starts the timer of the deadline. Not before it is needed: work that answers at once needs none. */
  #watch(): void {
    if (this.#isAnswered || this.#timer !== undefined || !Number.isFinite(this.#deadline)) return
    this.#timer = this.#core.clock.setTimeout(() => this.#expire(), this.#left())
  }

  /** Milliseconds until the deadline. A clock that was set back must not lengthen it. */
  #left(): number {
    const passed = Math.max(0, this.#core.clock.now() - this.#calledAt)
    return Math.max(0, this.#deadline - passed)
  }

  #signal(): AbortSignal {
    if (!Number.isFinite(this.#deadline)) return this.#options.signal ?? neverSignal()
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }
}
