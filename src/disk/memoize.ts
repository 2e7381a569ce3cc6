import { types } from 'node:util'
import type { SetOptions } from '../contracts/entry.ts'
import type { Key } from '../contracts/key.ts'
import { ownBytes } from '../frame/own-bytes.ts'
import { type AnyFunction, type MemoKeyOptions, memoKey } from '../keys/memo-key.ts'
import { hashContent } from '../keys/pending-content.ts'
import { isThenable } from '../util/is-thenable.ts'
import { invalidOption } from '../util/options.ts'
import type { Engine } from './engine.ts'
import type { GroupCommit } from './group-commit.ts'
import { checkCacheIf, type Loads, promisedFlag } from './loads.ts'
import { checkSetOptionNames, resolveSetOptions } from './set-options.ts'
import { type StoredKey, toStoredKey } from './stored-key.ts'

/** Options of `memoize`. */
export interface MemoizeOptions<F extends AnyFunction = AnyFunction>
  extends SetOptions,
    MemoKeyOptions<F> {
  /** Whether a result is stored. @default always */
  readonly cacheIf?: ((value: Awaited<ReturnType<F>>) => boolean) | undefined
}

/** A function that remembers. It has the type, `name` and `length` of the original. */
export type Memoized<F extends AnyFunction> = F & {
  /** The function itself. */
  readonly original: F
  /** The key under which the result for these arguments is stored: `cache.get(f.keyOf(...))` finds it. */
  keyOf(...args: Parameters<F>): Key
  /** Forgets the result for these arguments. @returns whether there was one. */
  invalidate(...args: Parameters<F>): boolean
  /** Calls the function and stores its result, whatever was stored. */
  refresh(...args: Parameters<F>): ReturnType<F>
  /** The stored result, `undefined` if there is none; never calls the function. */
  peek(...args: Parameters<F>): Awaited<ReturnType<F>> | undefined
  /** Hits and misses of this function in this process. */
  stats(): { hits: number; misses: number }
}

const ownNames = ['name', 'version', 'key', 'ignore', 'cacheIf'] as const

/** The parts of a store that a memoized function uses. */
export interface MemoizeHost {
  readonly engine: Engine
  readonly loads: Loads
  readonly group: GroupCommit
  /** Removes an entry, as the store's own `delete` does. */
  deleteStored(key: StoredKey): boolean
}

/** Which store holds a key: always the same, or one of several shards. */
export type HostOf = (key: StoredKey) => MemoizeHost

/** `fn`, remembering its results in the store that `hostOf` names. */
export function memoize<F extends AnyFunction>(
  hostOf: HostOf,
  fn: F,
  options: MemoizeOptions<F> = {},
): Memoized<F> {
  if (typeof fn !== 'function') throw invalidOption('fn', fn, 'a function')
  checkSetOptionNames('memoize', options, ownNames)
  checkCacheIf(options.cacheIf)
  const keyOf = memoKey(fn, options)
  // Any store will do to check the options, and its key is as good as another's.
  const { engine } = hostOf(toStoredKey('memoize'))
  resolveSetOptions(options, engine.options.ttl, engine.now(), engine.shape.kind)
  const calls = new Calls(hostOf, fn, options)
  const memoized = function (this: unknown, ...args: Parameters<F>): unknown {
    return calls.call(this, keyOf(...args), args)
  }
  Object.defineProperty(memoized, 'name', { value: fn.name, configurable: true })
  Object.defineProperty(memoized, 'length', { value: fn.length, configurable: true })
  return Object.assign(memoized, {
    original: fn,
    keyOf,
    invalidate: (...args: Parameters<F>) => {
      const key = toStoredKey(keyOf(...args))
      const host = hostOf(key)
      host.engine.checkOpen()
      return host.deleteStored(key)
    },
    refresh: function (this: unknown, ...args: Parameters<F>) {
      // Called as a method of the memoized function, it has that as `this`, which is not meant.
      return calls.refresh(this === memoized ? undefined : this, keyOf(...args), args)
    },
    peek: (...args: Parameters<F>) => {
      const key = toStoredKey(keyOf(...args))
      const { engine } = hostOf(key)
      engine.checkOpen()
      return engine.reader.find(key)?.value
    },
    stats: () => calls.stats(),
  }) as unknown as Memoized<F>
}

/** Runs one memoized function: a synchronous one stays so, an asynchronous one is single flight across processes. */
class Calls<F extends AnyFunction> {
  readonly #hostOf: HostOf
  readonly #fn: F
  readonly #options: MemoizeOptions<F>
  readonly #setOptions: SetOptions
  readonly #isAsync: boolean
  #hits = 0
  #misses = 0

  constructor(hostOf: HostOf, fn: F, options: MemoizeOptions<F>) {
    this.#hostOf = hostOf
    this.#fn = fn
    this.#options = options
    const { ttl, expiresAt, tag, tags, description, meta } = options
    this.#setOptions = { ttl, expiresAt, tag, tags, description, meta }
    this.#isAsync = types.isAsyncFunction(fn)
  }

  stats(): { hits: number; misses: number } {
    return { hits: this.#hits, misses: this.#misses }
  }

  call(self: unknown, given: Key, args: Parameters<F>): unknown {
    if (this.#isAsync) return this.#load(self, given, args, false)
    const key = toStoredKey(given)
    const { engine, loads } = this.#hostOf(key)
    engine.checkOpen()
    const found = engine.reader.get(key)
    if (found !== undefined) {
      this.#hits += 1
      return (found.flags & promisedFlag) === 0 ? found.value : Promise.resolve(found.value)
    }
    const call = loads.callOf(key)
    if (call !== undefined) {
      this.#hits += 1
      return call.then((outcome) => outcome.copy())
    }
    return this.#compute(self, key, args)
  }

  refresh(self: unknown, given: Key, args: Parameters<F>): unknown {
    if (this.#isAsync) return this.#load(self, given, args, true)
    const key = toStoredKey(given)
    this.#hostOf(key).engine.checkOpen()
    return this.#compute(self, key, args)
  }

  async #load(
    self: unknown,
    given: Key,
    args: Parameters<F>,
    forceFresh: boolean,
  ): Promise<unknown> {
    const hashed = hashContent(given)
    const key = toStoredKey(hashed === undefined ? given : await hashed)
    this.#hostOf(key).engine.checkOpen()
    let called = false
    const loader = async (): Promise<unknown> => {
      called = true
      return await this.#fn.apply(self, args)
    }
    const options = {
      ...this.#setOptions,
      cacheIf: this.#options.cacheIf as ((value: never) => boolean) | undefined,
      forceFresh,
    }
    const value = await this.#hostOf(key).loads.load(key, loader, options)
    if (called) this.#misses += 1
    else this.#hits += 1
    return value
  }

  #compute(self: unknown, key: StoredKey, args: Parameters<F>): unknown {
    this.#misses += 1
    const result = this.#fn.apply(self, args)
    if (!isThenable(result)) {
      this.#keep(key, result, 0)
      return result
    }
    const { loads } = this.#hostOf(key)
    const call = Promise.resolve(result).then((value) => loads.outcomeOf(value))
    const land = loads.join(key, call)
    return call.then(
      ({ value }) => {
        if (land()) this.#keep(key, value, promisedFlag)
        return value
      },
      (error: unknown) => {
        land()
        throw error
      },
    )
  }

  #keep(key: StoredKey, value: unknown, flags: number): void {
    const { engine, group } = this.#hostOf(key)
    if (this.#options.cacheIf !== undefined && !this.#options.cacheIf(value as never)) return
    const encoded = ownBytes(engine.format.encode(value))
    const options = resolveSetOptions(
      this.#setOptions,
      engine.options.ttl,
      engine.now(),
      engine.shape.kind,
    )
    if (engine.isClosed || (options.expires !== null && options.expires <= engine.now())) return
    group.flush()
    try {
      engine.writer.using('memoize', key, encoded, (prepared) => {
        engine.writer.store('memoize', key, prepared, options, flags)
      })
    } catch (error) {
      engine.drop(key, error)
    }
  }
}
