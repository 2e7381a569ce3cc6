import type { Timer } from '../contracts/clock.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { type Duration, parseDuration } from '../util/duration.ts'
import { checkOptionNames, invalidOption } from '../util/options.ts'
import { asyncError } from './async-error.ts'
import type { Engine } from './engine.ts'
import type { Lease, LoadOf } from './leases.ts'

/** Options of `lock`. */
export interface LockOptions {
  /** How long the lease is good without being renewed; it is renewed at `leaseRenewal / leaseTtl` of this. @default the store's `leaseTtl` */
  readonly ttl?: Duration | undefined
  /** How long to wait for it; `0` tries once. @default Infinity */
  readonly wait?: Duration | undefined
  /** Ends the wait: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** A held lease, renewed until it is released. */
export interface Lock extends Disposable {
  readonly name: string
  /** Grows with every lease of this store: pass it along with writes elsewhere, so that these can refuse an older one. */
  readonly fence: number
  /** Aborted when the lease was lost, because it could not be renewed in time. */
  readonly signal: AbortSignal
  /** Gives the lease back. Does nothing when it is not held any more. */
  release(): void
}

/** A lease that renews itself until it is released or lost. */
export class HeldLease implements Lock {
  readonly lease: Lease
  readonly #engine: Engine
  readonly #ttl: number
  readonly #renewal: number
  readonly #lost = new AbortController()
  #deadline: number
  #timer: Timer | undefined
  #released = false

  constructor(engine: Engine, lease: Lease, ttl: number) {
    this.#engine = engine
    this.lease = lease
    this.#ttl = ttl
    this.#renewal = ttl * (engine.options.leaseRenewal / engine.options.leaseTtl)
    this.#deadline = engine.now() + ttl
    this.#schedule()
    engine.beforeClose.push(this.#onClose)
  }

  get name(): string {
    return this.lease.name
  }

  get fence(): number {
    return this.lease.fence
  }

  get signal(): AbortSignal {
    return this.#lost.signal
  }

  release(): void {
    if (this.#end()) this.#engine.leases.release(this.lease)
  }

  [Symbol.dispose](): void {
    this.release()
  }

  /** Stops renewing, when a transaction has removed the lease already. */
  forget(): void {
    this.#end()
  }

  #end(): boolean {
    if (this.#released) return false
    this.#released = true
    this.#timer?.clear()
    const { beforeClose } = this.#engine
    const index = beforeClose.indexOf(this.#onClose)
    if (index >= 0) beforeClose.splice(index, 1)
    return true
  }

  readonly #onClose = (): void => {
    this.release()
    this.#lost.abort(new HoldfastError('ERR_CLOSED', `lock '${this.name}': the store was closed.`))
  }

  #schedule(): void {
    this.#timer = this.#engine.options.clock.setTimeout(() => void this.#renew(), this.#renewal)
  }

  async #renew(): Promise<void> {
    const start = this.#engine.now()
    const held = await this.#tryRenew()
    if (this.#released) return
    if (held === true) this.#deadline = start + this.#ttl
    // Another writer in the way is no loss yet: there is time until the deadline.
    if (held === false || this.#engine.now() >= this.#deadline) {
      this.#end()
      this.#lost.abort(
        new HoldfastError('ERR_LOCK_TIMEOUT', `lock '${this.name}': the lease was lost.`),
      )
      return
    }
    this.#schedule()
  }

  async #tryRenew(): Promise<boolean | undefined> {
    try {
      return await this.#engine.leases.renew(this.lease, this.#ttl)
    } catch {
      return undefined
    }
  }
}

/** User locks and loads keep apart by these prefixes. */
export const lockPrefix = 'lock:'

/**
 * Takes the lease `name`, waiting for it.
 * @throws HoldfastError `ERR_LOCK_TIMEOUT`, `ERR_INVALID_OPTION`; the reason of the signal.
 */
export async function acquireLock(
  engine: Engine,
  name: unknown,
  options: LockOptions = {},
): Promise<Lock> {
  if (engine.transactions.isOpen) throw asyncError('lock')
  checkOptionNames('lock', options, ['ttl', 'wait', 'signal'])
  if (typeof name !== 'string' || name === '' || name.includes('\0') || !name.isWellFormed()) {
    throw invalidOption('name', name, 'a non-empty string without NUL')
  }
  const ttl =
    options.ttl === undefined ? engine.options.leaseTtl : parseDuration('ttl', options.ttl)
  if (!(ttl > 0 && ttl < Number.POSITIVE_INFINITY))
    throw invalidOption('ttl', options.ttl, 'a finite duration of more than 0')
  const wait =
    options.wait === undefined ? Number.POSITIVE_INFINITY : parseDuration('wait', options.wait)
  const deadline = engine.now() + wait
  for (let tries = 1; ; tries += 1) {
    options.signal?.throwIfAborted()
    engine.checkOpen()
    const held = await tryHold(engine, `${lockPrefix}${name}`, ttl)
    if (held !== undefined) return new NamedLock(held, name)
    const left = deadline - engine.now()
    if (left <= 0) {
      throw new HoldfastError(
        'ERR_LOCK_TIMEOUT',
        `lock '${name}': somebody else holds it, and it was not free within ${wait} ms. Wait longer, or do without.`,
      )
    }
    await nextTry(engine, tries, left, options.signal)
  }
}

/** The lease `name`, renewing itself, if it is free. */
export async function tryHold(
  engine: Engine,
  name: string,
  ttl: number,
  load?: LoadOf,
): Promise<HeldLease | undefined> {
  const lease = await engine.leases.tryAcquire(name, ttl, load)
  return lease === undefined ? undefined : new HeldLease(engine, lease, ttl)
}

/** Waits a little longer after each try, with jitter, up to 50 ms and at most `left`. Ends early when aborted. */
export async function nextTry(
  engine: Engine,
  tries: number,
  left: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const ms = Math.min(2 ** Math.min(tries, 5) + 20, 50) * (0.5 + Math.random())
  await new Promise<void>((resolve) => {
    // A waiting caller keeps the process alive, unlike a timer of the clock.
    const alive = setInterval(() => {}, 60_000)
    const timer = engine.options.clock.setTimeout(done, Math.min(ms, left))
    signal?.addEventListener('abort', done, { once: true })
    function done(): void {
      timer.clear()
      clearInterval(alive)
      signal?.removeEventListener('abort', done)
      resolve()
    }
  })
}

/** A lock under the name that its user gave it. */
class NamedLock implements Lock {
  readonly name: string
  readonly fence: number
  readonly signal: AbortSignal
  readonly #held: HeldLease

  constructor(held: HeldLease, name: string) {
    this.name = name
    this.fence = held.fence
    this.signal = held.signal
    this.#held = held
  }

  release(): void {
    this.#held.release()
  }

  [Symbol.dispose](): void {
    this.#held.release()
  }
}
