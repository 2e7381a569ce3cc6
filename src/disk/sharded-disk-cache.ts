import type { Key } from '../contracts/key.ts'
import { parseByteSize } from '../util/byte-size.ts'
import type { Duration } from '../util/duration.ts'
import { checkObject, invalidOption } from '../util/options.ts'
import { DiskCache, type StoreStats } from './disk-cache.ts'
import { HotSet } from './hot-set.ts'
import { type DiskCacheOptions, resolveCacheOptions } from './options.ts'
import { ShardedStore } from './sharded-store.ts'
import { openShards } from './shards.ts'

/** Options of a `ShardedDiskCache`. `maxBytes` and `maxEntries` are those of the whole; each shard has its part. */
export interface ShardedDiskCacheOptions extends DiskCacheOptions {
  /** How many stores the keys are spread over. Kept with the store: opening it with another number is refused. @default 8 */
  readonly shards?: number | undefined
}

/**
 * A `DiskCache` over several stores, for many processes that write at once. A value larger than a shard's part of `maxBytes`
 * is refused.
 *
 * @example
 * using cache = new ShardedDiskCache('cache', { shards: 8 })
 */
export class ShardedDiskCache<V = unknown> extends ShardedStore<V, DiskCache<V>> {
  /** @throws HoldfastError as `DiskCache` does, and `ERR_SHARD_MISMATCH` for another number of shards. */
  constructor(directory: string, options: ShardedDiskCacheOptions = {}) {
    const { shards = 8, ...whole } = checkObject('ShardedDiskCache', options)
    const { hot, maxEntries } = resolveCacheOptions('ShardedDiskCache', whole)
    if (maxEntries < shards) {
      throw invalidOption('maxEntries', maxEntries, 'at least as many as there are shards')
    }
    const hotSet = hot === undefined ? undefined : new HotSet(hot)
    const opened = openShards(
      directory,
      'cache',
      { shards, readonly: whole.readonly },
      (folder, shard) => {
        return new DiskCache<V>(folder, partOf(whole, Number(shard.split('/')[1])), shard, hotSet)
      },
    )
    super(opened.root, opened.shards, hotSet)
  }

  /** See `DiskCache.touch`. */
  touch(key: Key, ttl?: Duration): boolean {
    return this.of(key).touch(key, ttl)
  }

  /** Removes every entry with `tag`, shard by shard. @returns how many were live. */
  evictTag(tag: string): number {
    return this.sum((shard) => shard.evictTag(tag))
  }

  /** See `DiskCache.expire`. */
  expire(): number {
    return this.sum((shard) => shard.expire())
  }

  /** See `DiskCache.cull`. */
  cull(): number {
    return this.sum((shard) => shard.cull())
  }

  /** See `DiskCache.stats`; over all shards. */
  stats(): StoreStats {
    const all = this.shards.map((shard) => shard.stats())
    const sum = (name: Exclude<keyof StoreStats, 'hot'>): number =>
      all.reduce((total, one) => total + one[name], 0)
    // The shards keep their entries together: each knows of all.
    const hits = all.reduce((total, { hot }) => total + (hot?.hits ?? 0), 0)
    const hot = all[0]?.hot
    return {
      hits: sum('hits'),
      misses: sum('misses'),
      sets: sum('sets'),
      deletes: sum('deletes'),
      evictions: sum('evictions'),
      expirations: sum('expirations'),
      hot: hot === undefined ? undefined : { ...hot, hits },
    }
  }

  /** See `DiskCache.resetStats`. */
  resetStats(): void {
    for (const shard of this.shards) shard.resetStats()
  }
}

function partOf(options: DiskCacheOptions, shards: number): DiskCacheOptions {
  const { maxEntries } = options
  return {
    ...options,
    maxBytes: parseByteSize('maxBytes', options.maxBytes ?? '1GiB') / shards,
    ...(maxEntries === undefined ? {} : { maxEntries: Math.floor(maxEntries / shards) }),
  }
}
