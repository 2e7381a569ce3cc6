import type { Duration } from '../util/duration.ts'
import type { Meta, SetOptions } from './entry.ts'
import type { Key } from './key.ts'
import type { StandardSchema } from './standard-schema.ts'

/** How a read of a tiered cache is done. */
export interface ReadOptions {
  /** Also entries that have expired and may still be used. @default false */
  readonly stale?: boolean | undefined
  /** Ends this caller's wait. */
  readonly signal?: AbortSignal | undefined
}

/** An entry as `getEntry` returns it. Times are milliseconds since the epoch, `Infinity` = never. */
export interface CacheEntry<T = unknown> {
  readonly value: T
  readonly key: Key
  /** When it was stored, or when the load that brought it began. */
  readonly createdAt: number
  readonly expiresAt: number
  /** Until when it may be served stale; `expiresAt` without grace. */
  readonly staleUntil: number
  /** Whether it has expired, or one of its tags was invalidated. */
  readonly stale: boolean
  /** Name of the tier it came from. */
  readonly tier: string
  readonly tags: readonly string[]
  readonly etag?: string
  readonly lastModified?: string
  readonly description?: string
  readonly meta?: Meta
  readonly version?: string | number
}

/** What a caller of a verb that writes may say about the write itself. */
export interface WriteOptions {
  /** Rejects if a shared tier did not take the write, instead of queueing it. @default false */
  readonly strict?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** How long an entry of a tiered cache lives and what is known about it. */
export interface StoreOptions extends SetOptions, WriteOptions {
  /** How long after its end an entry may still be served stale. @default the cache's `grace` */
  readonly grace?: Duration | undefined
  /** The source's validator, given back to the loader by the stale entry. */
  readonly etag?: string | undefined
  readonly lastModified?: string | undefined
  /** The shape of the value: entries of another version are not found, or go through `migrate`. @default the cache's `version` */
  readonly version?: string | number | undefined
}

/** A stored value of another version, for `migrate`. */
export interface StoredVersion {
  readonly value: unknown
  readonly version?: string | number
}

/** How values are loaded: what a cache may say for all loads. */
export interface LoadDefaults<T = unknown> {
  /** Life time of entries that name none. @default Infinity */
  readonly ttl?: Duration | undefined
  /** How long after its end an entry is kept, and served if its loader fails. @default 0 */
  readonly grace?: Duration | undefined
  /** After a stale value was served for a failure, no new attempt for this long. @default '10s' */
  readonly staleBackoff?: Duration | undefined
  /** Serves a stale value at once and refreshes it in the background; for at most this long after its end. @default false */
  readonly swr?: boolean | Duration | undefined
  /** From this share of the life time on (0 to 1), a read refreshes in the background; `{ beta }`: by XFetch. @default off */
  readonly eager?: number | { readonly beta: number } | undefined
  /** Each life time is shortened by up to this share (0 to 1), so that entries do not end together. @default 0 */
  readonly jitter?: number | undefined
  /** How long a loader's "not found" is remembered. @default 0, not at all */
  readonly negativeTtl?: Duration | undefined
  /** Whether an error of a loader says that there is no such thing. @default `error.code` is `ERR_NOT_FOUND` or its name is `NotFound` */
  readonly isNegative?: ((error: unknown) => boolean) | undefined
  /** After this long a caller gets the stale value, if there is one; the load goes on and is stored. @default none */
  readonly softTimeout?: Duration | undefined
  /** After this long a caller gets the stale value, or `ERR_LOAD_TIMEOUT`; the load is aborted. @default none */
  readonly hardTimeout?: Duration | undefined
  /** Who loads a key at once: one caller a process, or one in all processes that share a tier with leases. @default 'process' */
  readonly lock?: 'process' | 'cluster' | undefined
  /** How long to wait for another process's load, before taking a stale value or loading here. @default '5s' */
  readonly lockWait?: Duration | undefined
  /** Whether a loaded value is stored; it is returned in any case. @default always */
  readonly cacheIf?: ((value: T) => boolean) | undefined
  /** A stored value that fails is a miss; a loaded one that fails rejects with `ERR_SCHEMA`. @default none */
  readonly schema?: StandardSchema | undefined
  /** The shape of values. @default none */
  readonly version?: string | number | undefined
  /** Makes a value of the current version of a stored one; `undefined` = a miss. @default entries of another version are misses */
  readonly migrate?: ((stored: StoredVersion) => T | undefined) | undefined
}

/** Options of a call that may load. */
export interface LoadOptions<T = unknown>
  extends Omit<StoreOptions, 'tags' | 'version' | 'grace' | 'ttl'>,
    LoadDefaults<T> {
  /** Tags of the entry, or how they follow from the value. */
  readonly tags?: readonly string[] | ((value: T) => readonly string[]) | undefined
  /** Loads now, whatever is stored; the result is announced like any other write. @default false */
  readonly forceFresh?: boolean | undefined
}

/** What a loader gets. */
export interface LoadContext<T = unknown> {
  readonly key: Key
  /** Aborted when nobody waits for the value any more, at `hardTimeout`, and when the cache closes. */
  readonly signal: AbortSignal
  /** What is stored but not fresh any more. */
  readonly stale?: CacheEntry<T>
  setTtl(ttl: Duration): void
  setTags(...tags: string[]): void
  setValidators(validators: { etag?: string; lastModified?: string }): void
  /** Returns `value` to the callers without storing it. */
  skip(value: T): T
  /** The stale entry is still right: its value, for another life time. @throws HoldfastError `ERR_NOT_FOUND` without a stale entry. */
  notModified(): T
  /** Ends the load as a thrown error does. */
  fail(error?: unknown): never
}

/** What the loader of several keys gets. */
export interface BatchContext {
  readonly signal: AbortSignal
  /** The stored entries that are not fresh any more, by the keys as they were given. */
  readonly stale: ReadonlyMap<Key, CacheEntry>
  /** Says how one of the results is stored. */
  setOptions(key: Key, options: { ttl?: Duration; tags?: readonly string[] }): void
}
