import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../contracts/clock.ts'
import type { SetOptions } from '../contracts/entry.ts'
import { isHoldfastError } from '../contracts/errors.ts'
import type { Key } from '../contracts/key.ts'
import { DiskCache } from '../disk/disk-cache.ts'
import { DiskIndex } from '../disk/disk-index.ts'
import { ShardedDiskCache } from '../disk/sharded-disk-cache.ts'
import { ShardedDiskIndex } from '../disk/sharded-disk-index.ts'
import { shardOf } from '../disk/shards.ts'
import { toStoredKey } from '../disk/stored-key.ts'
import type { OpenedStore } from './open-source.ts'
import type { TargetClass } from './report.ts'

/** The store that entries are copied to. */
export interface TargetStore extends Disposable {
  readonly opensWith: TargetClass
  has(key: Key): boolean
  get(key: Key): unknown
  add(key: Key, value: unknown, options: SetOptions): boolean
  /** Which entries can be stored in one transaction: those of equal number. */
  partOf(key: Key): number
  /** Runs `work` in a transaction of the part that holds `key`. */
  transact(key: Key, work: () => void): void
}

/** As many as the sharded classes have without being told. */
const shards = 8

export interface TargetOptions {
  readonly clock: Clock | undefined
  /** What must survive before the source is deleted from. */
  readonly durability: 'process' | 'machine'
}

/**
 * Opens or creates the store for `source` in `directory`.
 * @throws HoldfastError as the classes do.
 */
export function openTarget(
  directory: string,
  source: OpenedStore,
  options: TargetOptions,
): TargetStore {
  const common = { durability: options.durability, hot: false, clock: options.clock } as const
  // Nothing of the source may push out anything else of it.
  const limits = { maxBytes: Number.POSITIVE_INFINITY, eviction: 'none' } as const
  if (source.isFanout) {
    return source.isIndex
      ? sharded('ShardedDiskIndex', new ShardedDiskIndex(directory, { ...common, shards }))
      : sharded(
          'ShardedDiskCache',
          new ShardedDiskCache(directory, { ...common, ...limits, shards }),
        )
  }
  if (!source.isIndex)
    return single('DiskCache', new DiskCache(directory, { ...common, ...limits }))
  try {
    return single('DiskIndex', new DiskIndex(directory, common))
  } catch (error) {
    // Made by a run that saw a time or tag in the source, which is gone from it now.
    const isCache =
      isHoldfastError(error, 'ERR_STORE_KIND') && existsSync(join(directory, 'holdfast.db'))
    if (!isCache || !source.isGuess) throw error
    return single('DiskCache', new DiskCache(directory, { ...common, ...limits }))
  }
}

function single(opensWith: TargetClass, store: DiskCache | DiskIndex): TargetStore {
  return {
    opensWith,
    has: (key) => store.has(key),
    get: (key) => store.get(key),
    add: (key, value, options) => store.add(key, value, options),
    partOf: () => 0,
    transact: (_, work) => store.transact(work),
    [Symbol.dispose]: () => store.close(),
  }
}

function sharded(opensWith: TargetClass, store: ShardedDiskCache | ShardedDiskIndex): TargetStore {
  return {
    opensWith,
    has: (key) => store.has(key),
    get: (key) => store.get(key),
    add: (key, value, options) => store.add(key, value, options),
    partOf: (key) => shardOf(toStoredKey(key), shards),
    transact: (key, work) => store.transact(key, work),
    [Symbol.dispose]: () => store.close(),
  }
}
