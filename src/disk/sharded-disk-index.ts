import { checkObject } from '../util/options.ts'
import { DiskIndex } from './disk-index.ts'
import { HotSet } from './hot-set.ts'
import { type DiskIndexOptions, resolveIndexOptions } from './options.ts'
import { ShardedStore } from './sharded-store.ts'
import { openShards } from './shards.ts'

/** Options of a `ShardedDiskIndex`. */
export interface ShardedDiskIndexOptions extends DiskIndexOptions {
  /** How many stores the keys are spread over. Kept with the store: opening it with another number is refused. @default 8 */
  readonly shards?: number | undefined
}

/**
 * A `DiskIndex` over several stores, for many processes that write at once.
 *
 * @example
 * using index = new ShardedDiskIndex('index', { shards: 8 })
 */
export class ShardedDiskIndex<V = unknown> extends ShardedStore<V, DiskIndex<V>> {
  /** @throws HoldfastError as `DiskIndex` does, and `ERR_SHARD_MISMATCH` for another number of shards. */
  constructor(directory: string, options: ShardedDiskIndexOptions = {}) {
    const { shards = 8, ...whole } = checkObject('ShardedDiskIndex', options)
    const { hot } = resolveIndexOptions('ShardedDiskIndex', whole)
    const hotSet = hot === undefined ? undefined : new HotSet(hot)
    const opened = openShards(
      directory,
      'index',
      { shards, readonly: whole.readonly },
      (folder, shard) => new DiskIndex<V>(folder, whole, shard, hotSet),
    )
    super(opened.root, opened.shards, hotSet)
  }
}
