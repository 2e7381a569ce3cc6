import type { EncodedValue } from '../contracts/codec.ts'
import type { Duration, SetOptions } from '../contracts/entry.ts'
import { ownBytes } from '../frame/own-bytes.ts'
import { parseDuration } from '../util/duration.ts'
import { invalidOption } from '../util/options.ts'
import { asyncError } from './async-error.ts'
import type { Engine } from './engine.ts'
import type { GroupCommit } from './group-commit.ts'
import { type HeldLease, nextTry, tryHold } from './lock.ts'
import { checkSetOptionNames, type ResolvedSetOptions, resolveSetOptions } from './set-options.ts'
import type { StoredKey } from './stored-key.ts'

/** Options of `DiskCache.load`. */
export interface StoreLoadOptions<T = unknown> extends SetOptions {
  /** Ends the wait of this caller; the loader goes on while others wait for it. */
  readonly signal?: AbortSignal | undefined
  /** Whether a loaded value is stored. It is returned in any case. @default always */
  readonly cacheIf?: ((value: T) => boolean) | undefined
  /** How long to wait for another process that loads the same key, before loading here too. @default Infinity */
  readonly lockWait?: Duration | undefined
  /** Loads now, whatever is stored. @default false */
  readonly forceFresh?: boolean | undefined
}

/** What a load brought: the bytes, so that no two callers share an object, or the value itself for one caller. */
interface Outcome {
  readonly value: unknown
  readonly encoded: EncodedValue | undefined
  taken: boolean
}

/** The result of a memoized function's call. */
export interface CallOutcome {
  readonly value: unknown
  /** The value again, apart from the first. */
  readonly copy: () => unknown
}

interface Flight {
  readonly outcome: Promise<Outcome>
  readonly abort: AbortController
  waiting: number
}

/** Stored with a value that a promise brought, so that a memoized function gives a promise back. */
export const promisedFlag = 1

/** Brings missing values once: within the process by joining, across processes by a lease. */
export class Loads {
  readonly #engine: Engine
  readonly #group: GroupCommit
  readonly #flights = new Map<string, Flight>()
  readonly #calls = new Map<string, Promise<CallOutcome>>()

  constructor(engine: Engine, group: GroupCommit) {
    this.#engine = engine
    this.#group = group
    engine.beforeClose.push(() => this.detachAll())
  }

  /** The value of `key`: stored, or brought by `loader`. */
  async load(
    key: StoredKey,
    loader: (signal: AbortSignal) => Promise<unknown>,
    options: StoreLoadOptions<never> = {},
  ): Promise<unknown> {
    checkSetOptionNames('load', options, ['signal', 'cacheIf', 'lockWait', 'forceFresh'])
    if (this.#engine.transactions.isOpen) throw asyncError('load')
    if (typeof loader !== 'function') throw invalidOption('loader', loader, 'a function')
    options.signal?.throwIfAborted()
    checkCacheIf(options.cacheIf)
    // Checked before the loader does expensive work.
    resolveSetOptions(
      options,
      this.#engine.options.ttl,
      this.#engine.now(),
      this.#engine.shape.kind,
    )
    if (options.forceFresh !== true) {
      const found = this.#engine.reader.get(key)
      if (found !== undefined) return found.value
    }
    const flight = this.#join(key, loader, options)
    return await this.#wait(key, flight, options.signal)
  }

  /** Callers who come after a write do not join a load that began before it, and its result is not stored. */
  detach(key: StoredKey): void {
    if (this.#flights.size > 0) this.#flights.delete(key.text)
    if (this.#calls.size > 0) this.#calls.delete(key.text)
  }

  detachAll(): void {
    this.#flights.clear()
    this.#calls.clear()
  }

  /** The call of a memoized function that is going on for `key` in this process, if no write came since it began. */
  callOf(key: StoredKey): Promise<CallOutcome> | undefined {
    return this.#calls.get(key.text)
  }

  /** Lets others join `call`. @returns a function to call when it is over, which says whether no write came meanwhile. */
  join(key: StoredKey, call: Promise<CallOutcome>): () => boolean {
    this.#calls.set(key.text, call)
    return () => {
      const isCurrent = this.#calls.get(key.text) === call
      if (isCurrent) this.#calls.delete(key.text)
      return isCurrent
    }
  }

  /** What a call brought, for its caller and for those who joined. */
  outcomeOf(value: unknown): CallOutcome {
    const encoded = this.#copyForOthers(value)
    return { value, copy: () => (encoded === undefined ? value : this.#decode(encoded)) }
  }

  #join(
    key: StoredKey,
    loader: (signal: AbortSignal) => Promise<unknown>,
    options: StoreLoadOptions<never>,
  ): Flight {
    const flying = this.#flights.get(key.text)
    if (flying !== undefined && options.forceFresh !== true) return flying
    const abort = new AbortController()
    const flight: Flight = {
      outcome: this.#fly(key, loader, options, abort.signal),
      abort,
      waiting: 0,
    }
    this.#flights.set(key.text, flight)
    const land = (): void => {
      if (this.#flights.get(key.text) === flight) this.#flights.delete(key.text)
    }
    flight.outcome.then(land, land)
    return flight
  }

  async #wait(key: StoredKey, flight: Flight, signal: AbortSignal | undefined): Promise<unknown> {
    flight.waiting += 1
    try {
      const outcome = await orAborted(flight.outcome, signal)
      if (!outcome.taken || outcome.encoded === undefined) {
        outcome.taken = true
        return outcome.value
      }
      return this.#decode(outcome.encoded)
    } finally {
      flight.waiting -= 1
      if (flight.waiting === 0 && signal?.aborted === true) {
        if (this.#flights.get(key.text) === flight) this.#flights.delete(key.text)
        flight.abort.abort(signal.reason)
      }
    }
  }

  async #fly(
    key: StoredKey,
    loader: (signal: AbortSignal) => Promise<unknown>,
    options: StoreLoadOptions<never>,
    signal: AbortSignal,
  ): Promise<Outcome> {
    if (this.#engine.options.readonly)
      return await this.#run(key, loader, options, signal, undefined)
    const deadline =
      this.#engine.now() + parseDuration('lockWait', options.lockWait ?? Number.POSITIVE_INFINITY)
    for (let tries = 1; ; tries += 1) {
      const lease = await this.#tryLease(key, options)
      if (lease === 'none') return await this.#run(key, loader, options, signal, undefined)
      const { held } = lease
      const stored = this.#stored(key, options, held)
      if (stored !== undefined) return stored
      if (held !== undefined) return await this.#run(key, loader, options, signal, held)
      const left = deadline - this.#engine.now()
      if (left <= 0) return await this.#run(key, loader, options, signal, undefined)
      await nextTry(this.#engine, tries, left, signal)
      signal.throwIfAborted()
      this.#engine.checkOpen()
    }
  }

  /** What another process stored while this one waited. */
  #stored(
    key: StoredKey,
    options: StoreLoadOptions<never>,
    held: HeldLease | undefined,
  ): Outcome | undefined {
    if (options.forceFresh === true) return undefined
    try {
      // What cannot be decoded is a miss, and must not stop the loader.
      if (this.#engine.reader.find(key) === undefined) return undefined
      const encoded = this.#engine.reader.findEncoded(key)?.encoded
      if (encoded === undefined) return undefined
      held?.release()
      return { value: undefined, encoded, taken: true }
    } catch (error) {
      held?.release()
      throw error
    }
  }

  async #tryLease(
    key: StoredKey,
    options: StoreLoadOptions<never>,
  ): Promise<{ held: HeldLease | undefined } | 'none'> {
    const tags = [...(options.tags ?? []), ...(options.tag === undefined ? [] : [options.tag])]
    const name = `load:${Buffer.from(key.bytes).toString('base64url')}`
    try {
      return {
        held: await tryHold(this.#engine, name, this.#engine.options.leaseTtl, { key, tags }),
      }
    } catch (error) {
      this.#engine.drop(key, error)
      return 'none'
    }
  }

  async #run(
    key: StoredKey,
    loader: (signal: AbortSignal) => Promise<unknown>,
    options: StoreLoadOptions<never>,
    signal: AbortSignal,
    held: HeldLease | undefined,
  ): Promise<Outcome> {
    try {
      // A loader that ignores its signal must not keep the lease from others.
      const value = await orAborted(loader(signal), signal)
      const isKept = options.cacheIf === undefined || options.cacheIf(value as never)
      if (!isKept) return { value, encoded: this.#copyForOthers(value), taken: false }
      const encoded = ownBytes(this.#engine.format.encode(value))
      const { ttl, kind } = { ttl: this.#engine.options.ttl, kind: this.#engine.shape.kind }
      await this.#store(
        key,
        encoded,
        resolveSetOptions(options, ttl, this.#engine.now(), kind),
        held,
      )
      return { value, encoded, taken: false }
    } finally {
      held?.release()
    }
  }

  #decode(encoded: EncodedValue): unknown {
    return this.#engine.format.decode(ownBytes(encoded))
  }

  /** Other callers get a copy also of what is not kept; of what has no copy they get the thing itself. */
  #copyForOthers(value: unknown): EncodedValue | undefined {
    try {
      return ownBytes(this.#engine.format.encode(value))
    } catch {
      return undefined
    }
  }

  /** Stores what was loaded, unless a write that came meanwhile has ended the lease. */
  async #store(
    key: StoredKey,
    encoded: EncodedValue,
    options: ResolvedSetOptions,
    held: HeldLease | undefined,
  ): Promise<void> {
    if (held === undefined || this.#engine.isClosed) return
    const { leases, now, transactions, writer } = this.#engine
    if (options.expires !== null && options.expires <= now()) return
    this.#group.flush()
    await this.#engine.keepValue(key, async () => {
      const prepared = await writer.prepareAsync('load', key, encoded)
      try {
        await transactions.writeAsync('load', () => {
          if (!leases.isCurrent(held.lease, key)) return
          writer.store('load', key, prepared, options, promisedFlag)
          // With the value, so that the next to ask finds both or none.
          leases.release(held.lease)
        })
      } finally {
        writer.abandon(prepared)
      }
    })
  }
}

/** @throws HoldfastError `ERR_INVALID_OPTION`. */
export function checkCacheIf(value: unknown): void {
  if (value !== undefined && typeof value !== 'function') {
    throw invalidOption('cacheIf', value, 'a function of the value')
  }
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise
  signal.throwIfAborted()
  return await new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
