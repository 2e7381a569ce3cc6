import type { SetOptions } from '../contracts/entry.ts'
import { HoldfastError } from '../contracts/errors.ts'
import type { Key } from '../contracts/key.ts'
import type { AnyFunction } from '../keys/memo-key.ts'
import { hashContent } from '../keys/pending-content.ts'
import { ignoreRejection, isThenable } from '../util/is-thenable.ts'
import { invalidOption } from '../util/options.ts'
import { backupStore } from './backup.ts'
import { type CheckOptions, type CheckReport, checkStore } from './check.ts'
import type { StoreLoadOptions } from './loads.ts'
import { acquireLock, type Lock, type LockOptions } from './lock.ts'
import { type Memoized, type MemoizeOptions, memoize } from './memoize.ts'
import { checkSetOptionNames } from './set-options.ts'
import { toStoredKey } from './stored-key.ts'
import { WritableStore } from './writable-store.ts'

/**
 * The verbs that every embedded store has. One directory, any number of processes and threads; each opens its own.
 *
 * Any call may throw `ERR_CLOSED`; calls with a key `ERR_INVALID_KEY` or `ERR_UNSUPPORTED_KEY`; calls that store
 * `ERR_UNSUPPORTED_VALUE`, `ERR_VALUE_TOO_LARGE`, `ERR_INVALID_OPTION`; calls that write `ERR_BUSY`, `ERR_NO_SPACE`,
 * `ERR_READONLY`, `ERR_CORRUPT`, `ERR_IO`. A call that throws has changed nothing.
 */
export class DiskStore<V = unknown> extends WritableStore<V> {
  /**
   * The value of `key`; if there is none, what `compute` returns, stored. For synchronous work within one process;
   * see {@link load} for the rest.
   */
  getOrSet<T = V>(key: Key, compute: () => T, options?: SetOptions): T {
    this.engine.checkOpen()
    checkSetOptionNames('getOrSet', options)
    if (typeof compute !== 'function') throw invalidOption('compute', compute, 'a function')
    const stored = toStoredKey(key)
    const found = this.engine.reader.get(stored)
    if (found !== undefined) return found.value as T
    const value = compute()
    if (isThenable(value)) {
      ignoreRejection(value)
      throw new HoldfastError(
        'ERR_UNSUPPORTED_VALUE',
        'getOrSet: compute returned a promise. Use load(key, loader) for asynchronous work.',
      )
    }
    const encoded = this.engine.format.encode(value)
    try {
      this.storeEncoded('getOrSet', stored, encoded, this.resolve(options))
    } catch (error) {
      this.engine.drop(stored, error)
    }
    return value
  }

  /**
   * The value of `key`; if there is none, what `loader` brings, stored. However many callers in however many processes ask
   * at once, one loader runs. A write to the key while it runs wins: then the loaded value is returned and not stored.
   * @throws what the loader throws; the reason of `options.signal`.
   */
  async load<T = V>(
    key: Key,
    loader: (signal: AbortSignal) => Promise<T>,
    options?: StoreLoadOptions<T>,
  ): Promise<T> {
    this.engine.checkOpen()
    const hashed = hashContent(key, options?.signal)
    const ready = hashed === undefined ? key : await hashed
    this.engine.checkOpen()
    return (await this.loads.load(
      toStoredKey(ready),
      loader,
      options as StoreLoadOptions<never>,
    )) as T
  }

  /**
   * Takes a lock that every process respects, and keeps it until it is released: a lease that is renewed meanwhile and ends
   * by itself when its holder dies.
   * @throws HoldfastError `ERR_LOCK_TIMEOUT` if it is not free within `wait`; the reason of `signal`.
   */
  async lock(name: string, options?: LockOptions): Promise<Lock> {
    this.engine.checkOpen()
    return await acquireLock(this.engine, name, options)
  }

  /**
   * `fn`, remembering its results here. A synchronous function stays synchronous; an `async function` runs once however many
   * processes call it at the same time; any other function that returns a promise runs once in this process.
   * @throws HoldfastError `ERR_ANONYMOUS_FUNCTION`, `ERR_INVALID_OPTION`.
   */
  memoize<F extends AnyFunction>(fn: F, options?: MemoizeOptions<F>): Memoized<F> {
    this.engine.checkOpen()
    return memoize(() => this, fn, options)
  }

  /** Compares database, value files and counters. Safe beside live writers. */
  check(options?: CheckOptions): CheckReport {
    this.engine.checkOpen()
    this.group.flush()
    return checkStore(this.engine, options)
  }

  /** Copies the store as it is at one moment into a new or empty directory, which then opens like this one. */
  async backup(path: string): Promise<void> {
    this.engine.checkOpen()
    this.group.flush()
    await backupStore(this.engine, path)
  }
}
