import { diskBackend } from '../backends/disk.ts'
import { raw } from '../codecs/raw.ts'
import { DiskCache } from '../disk/disk-cache.ts'
import type { DiskCacheOptions } from '../disk/options.ts'
import { ShardedDiskCache } from '../disk/sharded-disk-cache.ts'
import { invalidOption } from '../util/options.ts'
import type { Tier, TierContext } from './tier.ts'
import { backendTier, type TierOptions, tierOptionNames } from './tiers.ts'

/** Options of a disk tier: those of a tier and, but for what the tier itself decides, those of the store. */
export interface DiskTierOptions
  extends TierOptions,
    Omit<
      DiskCacheOptions,
      'clock' | 'codec' | 'compress' | 'encrypt' | 'onEvent' | 'readonly' | 'sign' | 'ttl'
    > {
  /** Where the store lies; made if it is not there. */
  readonly directory: string
  /** Spreads the entries over so many databases, for many writing processes. @default 1 */
  readonly shards?: number | undefined
}

/**
 * A tier on disk: shared by all processes of this machine that name the same directory.
 * @throws HoldfastError `ERR_INVALID_OPTION`; when the cache is made, what `DiskCache` throws.
 */
export function disk(options: DiskTierOptions): Tier {
  if (typeof options !== 'object' || options === null || typeof options.directory !== 'string')
    throw invalidOption('disk', options, '{ directory, … }')
  const { directory, shards, ...rest } = options
  const tierOptions: Record<string, unknown> = {}
  const storeOptions: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(rest))
    (tierOptionNames.includes(name) ? tierOptions : storeOptions)[name] = value
  const open = ({ clock }: TierContext) => {
    // A memory tier stands before it: its own hot set would keep everything twice.
    const own = { hot: false, ...storeOptions, codec: raw(), clock } as const
    const store =
      shards === undefined
        ? new DiskCache(directory, own)
        : new ShardedDiskCache(directory, { ...own, shards })
    return diskBackend(store, { owns: true })
  }
  const about = { kind: 'disk', isRemote: false, isShared: true, canLease: true }
  return backendTier(about, tierOptions as TierOptions, open)
}
