/** What a source turned out to be. */
export type SourceKind =
  | 'diskcache-cache'
  | 'diskcache-index'
  | 'diskcache-deque'
  | 'diskcache-fanout'
  | 'sciqlop-cache'
  | 'sciqlop-index'
  | 'sciqlop-fanout'
  | 'sciqlop-fanout-index'

/** The class that opens what was made, without options. */
export type TargetClass = 'DiskCache' | 'DiskIndex' | 'ShardedDiskCache' | 'ShardedDiskIndex'

/** An entry of the source, and what there is to say of it. */
export interface MigrateNote {
  /** The key: text as it is, anything else as Python writes it, such as `('t', 1)`, `1.0`, `b'x'`. */
  readonly key: string
  /** Why it was left out, or what of it is not as it was. */
  readonly reason: string
}

/** How many entries there were and where they went: `entries = copied + existing + expired + skipped`. */
export interface MigrateCounts {
  /** Entries in the source. */
  readonly entries: number
  /** Stored in the target by this run. */
  readonly copied: number
  /** Left alone, because the target already has an entry of that key: usually from a run before. */
  readonly existing: number
  /** Left out, because their time is over. */
  readonly expired: number
  /** Deleted from the source, with `drop`. */
  readonly dropped: number
}

/** One store that was filled. */
export interface MigratedStore extends MigrateCounts {
  readonly kind: SourceKind
  /** Directory it came from. */
  readonly source: string
  /** Directory of the store. */
  readonly target: string
  /** The class that opens it. */
  readonly opensWith: TargetClass
  /** Whether keys and values were read as those of diskcache's JSONDisk. */
  readonly jsonDisk: boolean
}

/** What `migrate` did. The counts are those of all `stores`. */
export interface MigrateReport extends MigrateCounts {
  readonly kind: SourceKind
  readonly source: string
  readonly target: string
  readonly opensWith: TargetClass
  readonly jsonDisk: boolean
  /** Every entry that was left out. */
  readonly skipped: readonly MigrateNote[]
  /** Every entry that came, but not quite as it was. */
  readonly changed: readonly MigrateNote[]
  /** The store at `target`, and for a `FanoutCache` those of its named caches, deques and indexes below it. */
  readonly stores: readonly MigratedStore[]
}

/** A report while it grows. */
export interface Tally {
  entries: number
  copied: number
  existing: number
  expired: number
  dropped: number
  readonly skipped: MigrateNote[]
  readonly changed: MigrateNote[]
}

export function newTally(): Tally {
  return { entries: 0, copied: 0, existing: 0, expired: 0, dropped: 0, skipped: [], changed: [] }
}
