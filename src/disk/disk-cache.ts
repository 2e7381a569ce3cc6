import type { Key } from '../contracts/key.ts'
import { checkTag } from '../util/check-tag.ts'
import { type Duration, parseDuration } from '../util/duration.ts'
import { DiskStore } from './disk-store.ts'
import type { HotSet, HotStats } from './hot-set.ts'
import { type DiskCacheOptions, resolveCacheOptions } from './options.ts'
import { toStoredKey } from './stored-key.ts'
import { readTotals } from './totals.ts'

/** What a store counted since it was created or last reset, in every process. */
export interface StoreStats {
  readonly hits: number
  readonly misses: number
  readonly sets: number
  readonly deletes: number
  readonly evictions: number
  readonly expirations: number
  /** What this handle keeps in memory now; `undefined` with `hot: false`. */
  readonly hot: HotStats | undefined
}

/** Rows in one transaction of a mass removal: others wait for the lock meanwhile. */
const batch = 200

/**
 * A persistent cache in one directory, shared by any number of processes and threads, without a server.
 *
 * @example
 * using cache = new DiskCache('cache')
 * cache.set(['report', 2026], { rows: 12 }, { ttl: '1d', tags: ['reports'] })
 * cache.get(['report', 2026]) // { rows: 12 }
 */
export class DiskCache<V = unknown> extends DiskStore<V> {
  /**
   * Opens the cache in `directory`, creating it where there is none.
   * @throws HoldfastError `ERR_INVALID_OPTION`, `ERR_UNSUPPORTED`, `ERR_FOREIGN_DIRECTORY`, `ERR_UNSAFE_DIRECTORY`,
   * `ERR_NETWORK_FILESYSTEM`, `ERR_NEWER_FORMAT`, `ERR_STORE_KIND`, `ERR_SHARD_MISMATCH`, `ERR_CORRUPT`, `ERR_READONLY`,
   * `ERR_NO_SPACE`, `ERR_BUSY`, `ERR_DRIVER_MISSING`.
   */
  constructor(directory: string, options?: DiskCacheOptions)
  /** @internal */
  constructor(
    directory: string,
    options: DiskCacheOptions | undefined,
    shard: string,
    hotSet: HotSet | undefined,
  )
  constructor(directory: string, options?: DiskCacheOptions, shard = '', hotSet?: HotSet) {
    super(directory, 'cache', shard, resolveCacheOptions('DiskCache', options), hotSet)
  }

  /** Gives the entry of `key` a new life time, by default the store's. @returns whether there is a live one. */
  touch(key: Key, ttl?: Duration): boolean {
    this.engine.checkOpen()
    const stored = toStoredKey(key)
    const life = ttl === undefined ? this.engine.options.ttl : parseDuration('ttl', ttl)
    this.beforeWrite(stored)
    return this.engine.writer.touch('touch', stored, life)
  }

  /** Removes every entry with `tag`. @returns how many were live. */
  evictTag(tag: string): number {
    this.engine.checkOpen()
    checkTag(tag)
    this.group.flush()
    this.loads.detachAll()
    this.engine.leases.outdateTag(tag)
    return this.#inBatches('evictTag', () => {
      const removed = this.engine.removal.evictTag(tag, this.engine.now(), batch)
      this.engine.transactions.count('deletes', removed)
      return removed
    })
  }

  /** Removes every expired entry. @returns how many. */
  expire(): number {
    this.engine.checkOpen()
    this.group.flush()
    return this.#inBatches('expire', () => {
      return this.engine.removal.expire(this.engine.now(), batch)
    })
  }

  /** Removes expired entries, then others in the order of the policy until the store is within its limits. @returns how many. */
  cull(): number {
    const expired = this.expire()
    return (
      expired +
      this.#inBatches('cull', () => {
        const isOver = this.engine.removal.isOver(readTotals(this.engine.connection))
        return isOver ? this.engine.removal.evict(this.engine.now()) : 0
      })
    )
  }

  /** What was counted since the store was created or {@link resetStats}, in every process. */
  stats(): StoreStats {
    this.engine.checkOpen()
    const { connection, tally } = this.engine
    const row =
      connection.row('SELECT hits, misses, sets, deletes, evictions, expirations FROM counters') ??
      []
    const [hits = 0, misses = 0, sets = 0, deletes = 0, evictions = 0, expirations = 0] =
      row as readonly number[]
    return {
      hits: hits + tally.hits,
      misses: misses + tally.misses,
      sets: sets + tally.sets,
      deletes: deletes + tally.deletes,
      evictions,
      expirations,
      hot: this.engine.hot?.stats(),
    }
  }

  /** Sets every count of {@link stats} to 0. */
  resetStats(): void {
    this.engine.checkOpen()
    this.group.flush()
    this.engine.tally.reset()
    const counts = 'hits = 0, misses = 0, sets = 0, deletes = 0, evictions = 0, expirations = 0'
    this.engine.transactions.run('resetStats', `UPDATE counters SET ${counts}`)
  }

  /** Repeats `step` in transactions of their own until one removes nothing: no other writer waits for all of it. */
  #inBatches(what: string, step: () => number): number {
    return this.engine.maintenance.without(() => {
      let count = 0
      for (;;) {
        const removed = this.engine.transactions.write(what, step)
        if (removed === 0) return count
        count += removed
      }
    })
  }
}
