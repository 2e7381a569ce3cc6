import { DiskStore } from './disk-store.ts'
import type { HotSet } from './hot-set.ts'
import { type DiskIndexOptions, resolveIndexOptions } from './options.ts'

/**
 * A persistent key-value store: what is set stays until it is deleted. It has no expiry, eviction, tags or statistics, and
 * refuses `ttl` and `tags` with `ERR_INVALID_OPTION`. A directory is an index or a cache for ever (`ERR_STORE_KIND`).
 *
 * @example
 * using index = new DiskIndex<number>('data/positions')
 * index.set('last-seen', 42)
 */
export class DiskIndex<V = unknown> extends DiskStore<V> {
  /** @throws HoldfastError as `DiskCache` does. */
  constructor(directory: string, options?: DiskIndexOptions)
  /** @internal */
  constructor(
    directory: string,
    options: DiskIndexOptions | undefined,
    shard: string,
    hotSet: HotSet | undefined,
  )
  constructor(directory: string, options?: DiskIndexOptions, shard = '', hotSet?: HotSet) {
    super(directory, 'index', shard, resolveIndexOptions('DiskIndex', options), hotSet)
  }
}
