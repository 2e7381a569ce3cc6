import type { Clock } from '../contracts/clock.ts'
import type { Codec } from '../contracts/codec.ts'
import type { ResolvedCompression } from '../frame/compression-options.ts'
import type { Encryption } from '../frame/encryption.ts'
import type { BreakerChange } from '../reliability/breaker.ts'
import type { CacheTier } from './cache-tier.ts'
import type { ValueHolder } from './held-value.ts'
import type { Item } from './item.ts'

/** What a tier is told of the cache that it is opened for. */
export interface TierContext {
  /** Name of the cache: what its keys begin with in tiers that several caches may share. */
  readonly cache: string
  /** This node. */
  readonly node: string
  readonly clock: Clock
  readonly random: () => number
  readonly holder: ValueHolder
  /** How values are encoded where the tier says nothing else. */
  readonly codec: Codec
  readonly compression: ResolvedCompression | undefined
  readonly encryption: Encryption | undefined
  /** Milliseconds that the clocks of two nodes may differ. */
  readonly skew: number
  /** A stamp of this node. */
  readonly stamp: () => number
  /** Whether an item has a value that is fresh now, as far as is known of invalidations. */
  readonly isLive: (item: Item) => boolean
  /** An item left without being asked to. @param hasEnded whether its time is over, so that no other tier has it either. */
  readonly onRemove: (
    id: string,
    tier: string,
    reason: 'evict' | 'expire' | 'clear',
    hasEnded: boolean,
  ) => void
  readonly onDrop: (id: string, tier: string, reason: string, error?: unknown) => void
  readonly onDegrade: (tier: string, call: string, error: unknown) => void
  readonly onUnreadable: (id: string, tier: string, error: unknown) => void
  readonly onRecover: (tier: string, replayed: number, dropped: number) => void
  /** A missed write of the entry of `id`, of the stamp `at`, was made good. */
  readonly onReplay: (id: string, at: number) => void
  readonly onBreaker: (tier: string, change: BreakerChange) => void
  /** Missed writes of a tier were lost: nothing that it has may be believed. */
  readonly onLost: (tier: string) => void
}

/** A tier as it is given to `createCache`: made by `memory`, `disk` or `tier`. It is opened when the cache is. */
export interface Tier {
  readonly name: string
  /** @internal How a memory tier gives values to its readers. */
  readonly share: 'copy' | 'frozen' | 'reference' | undefined
  /** @internal Whether other processes see what is written to it. */
  readonly isShared: boolean
  /** @internal Whether a call may take as long as a network takes. */
  readonly isRemote: boolean
  /** @internal Whether it can lease, for `lock: 'cluster'`. */
  readonly canLease: boolean
  /** @internal */
  open(context: TierContext): CacheTier
}
