import { onTestFinished } from 'vitest'
import {
  DiskCache,
  type DiskCacheOptions,
  DiskIndex,
  type DiskIndexOptions,
  type Key,
  ShardedDiskCache,
  ShardedDiskIndex,
} from '../../../src/index.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

/**
 * With `HOLDFAST_TEST_READS=cold` stores keep nothing hot unless they are told to, so that the same tests read from the
 * database. The run under the newer Node has it.
 */
const isCold = process.env['HOLDFAST_TEST_READS'] === 'cold'

function inMode<O extends DiskIndexOptions>(options: O | undefined): O | undefined {
  // Anything else than an object of options is a test of what is refused.
  const isPlain = options === undefined || Object.getPrototypeOf(options ?? []) === Object.prototype
  return isCold && isPlain ? ({ hot: false, ...options } as O) : options
}

/** The verbs that all four classes share; `transact` differs, see {@link atomically}. */
export type Verbs = Omit<ShardedDiskIndex, 'transact'>

/** The verbs that both caches share. */
export type CacheVerbs = Omit<ShardedDiskCache, 'transact'>

/** One of the classes under test: what holds for one holds for all that are listed. */
export interface Form<Store, Options> {
  readonly name: string
  readonly kind: 'cache' | 'index'
  readonly sharded: boolean
  /** Opens a store, in a new directory unless one is given; it is closed when the test ends. */
  open(options?: Options, directory?: string): Store
}

export const cacheForms: readonly Form<CacheVerbs, DiskCacheOptions>[] = [
  {
    name: 'DiskCache',
    kind: 'cache',
    sharded: false,
    open: (options, directory = temporaryDirectory()) =>
      kept(new DiskCache(directory, inMode(options))),
  },
  {
    name: 'ShardedDiskCache',
    kind: 'cache',
    sharded: true,
    open: (options, directory = temporaryDirectory()) => {
      return kept(new ShardedDiskCache(directory, { shards: 2, ...inMode(options) }))
    },
  },
]

export const indexForms: readonly Form<Verbs, DiskIndexOptions>[] = [
  {
    name: 'DiskIndex',
    kind: 'index',
    sharded: false,
    open: (options, directory = temporaryDirectory()) =>
      kept(new DiskIndex(directory, inMode(options))),
  },
  {
    name: 'ShardedDiskIndex',
    kind: 'index',
    sharded: true,
    open: (options, directory = temporaryDirectory()) => {
      return kept(new ShardedDiskIndex(directory, { shards: 2, ...inMode(options) }))
    },
  },
]

export const allForms: readonly Form<Verbs, DiskIndexOptions>[] = [...cacheForms, ...indexForms]

/** A `DiskCache`, in a new directory unless one is given, that is closed when the test ends. */
export function openCache(
  options?: DiskCacheOptions,
  directory: string = temporaryDirectory(),
): DiskCache {
  return kept(new DiskCache(directory, inMode(options)))
}

/** Runs `work` in a transaction: the shard's of `key` where there are shards. */
export function atomically<T>(store: Verbs, key: Key, work: () => T): T {
  if (store instanceof ShardedDiskCache || store instanceof ShardedDiskIndex) {
    return store.transact(key, work)
  }
  if (store instanceof DiskCache || store instanceof DiskIndex) return store.transact(work)
  throw new Error('not one of the stores')
}

function kept<T extends { close(): void }>(store: T): T {
  onTestFinished(() => store.close())
  return store
}
