import type { LoadOptions } from '../contracts/cache-entry.ts'
import type { Key } from '../contracts/key.ts'
import { type AnyFunction, type MemoKeyOptions, memoKey } from '../keys/memo-key.ts'
import { invalidOption } from '../util/options.ts'
import type { Cache } from './cache.ts'

/** Options of `Cache.memoize`: those of its keys, and those of every load. */
export interface CacheMemoizeOptions<F extends AnyFunction = AnyFunction>
  extends MemoKeyOptions<F>,
    Omit<LoadOptions<Awaited<ReturnType<F>>>, 'version' | 'signal' | 'forceFresh'> {}

/** A function that remembers in a tiered cache; its results come as promises. */
export type CacheMemoized<F extends AnyFunction> = ((
  ...args: Parameters<F>
) => Promise<Awaited<ReturnType<F>>>) & {
  /** The function itself. */
  readonly original: F
  /** The key under which the result for these arguments is stored: `cache.get(f.keyOf(...))` finds it. */
  keyOf(...args: Parameters<F>): Key
  /** Forgets the result for these arguments. @returns whether there was one. */
  invalidate(...args: Parameters<F>): Promise<boolean>
  /** Calls the function and stores its result, whatever was stored. */
  refresh(...args: Parameters<F>): Promise<Awaited<ReturnType<F>>>
  /** The result that is in memory now; never calls the function. */
  peek(...args: Parameters<F>): Awaited<ReturnType<F>> | undefined
  /** Hits and misses of this function in this process. */
  stats(): { hits: number; misses: number }
}

/** `fn`, remembering its results in `cache`. */
export function memoizeIn<F extends AnyFunction>(
  cache: Cache<unknown>,
  fn: F,
  options: CacheMemoizeOptions<F> = {},
): CacheMemoized<F> {
  if (typeof fn !== 'function') throw invalidOption('fn', fn, 'a function')
  type Result = Awaited<ReturnType<F>>
  const { ignore, key, name, version, ...load } = options
  const keyOf = memoKey(fn, { ignore, key, name, version })
  let hits = 0
  let misses = 0
  const run = async (self: unknown, args: Parameters<F>, fresh: boolean): Promise<Result> => {
    let isCalled = false
    const loader = async (): Promise<Result> => {
      isCalled = true
      return (await fn.apply(self, args)) as Result
    }
    const given = fresh ? { ...load, forceFresh: true } : load
    const value = await cache.getOrSet<Result>(keyOf(...args), loader, given)
    if (isCalled) misses += 1
    else hits += 1
    return value
  }
  const memoized = function (this: unknown, ...args: Parameters<F>): Promise<Result> {
    return run(this, args, false)
  }
  Object.defineProperty(memoized, 'name', { value: fn.name, configurable: true })
  Object.defineProperty(memoized, 'length', { value: fn.length, configurable: true })
  return Object.assign(memoized, {
    original: fn,
    keyOf,
    invalidate: (...args: Parameters<F>) => cache.delete(keyOf(...args)),
    refresh(this: unknown, ...args: Parameters<F>) {
      // Called as a method of the memoized function, it has that as `this`, which is not meant.
      return run(this === memoized ? undefined : this, args, true)
    },
    peek: (...args: Parameters<F>) => cache.peek<Result>(keyOf(...args)),
    stats: () => ({ hits, misses }),
  })
}
