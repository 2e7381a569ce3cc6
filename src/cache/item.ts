import type { Meta } from '../contracts/entry.ts'
import type { HeldValue } from './held-value.ts'

/** What a cache knows of one entry, the same in every tier. Times are milliseconds since the epoch, `Infinity` = never. */
export interface Item {
  readonly id: string
  /** `undefined` for the knowledge that the source has no such thing. */
  readonly held: HeldValue | undefined
  /** The stamp of its writing, or of the beginning of the load that brought it. */
  readonly createdAt: number
  readonly expiresAt: number
  /** Until when it may be served stale; never before {@link expiresAt}. */
  readonly staleUntil: number
  readonly tags: readonly string[]
  /** The node that wrote it. */
  readonly node: string
  readonly etag: string | undefined
  readonly lastModified: string | undefined
  readonly version: string | number | undefined
  readonly description: string | undefined
  readonly meta: Meta | undefined
  /** Milliseconds that its load took; `undefined` where that is not known. */
  readonly cost: number | undefined
  /** Milliseconds of its grace, for an entry without an end, whose times do not tell it. Other processes take the cache's. */
  readonly grace?: number
  /** Names of the marks that may make it void; filled in when it is judged first. */
  marks?: readonly string[]
}

/** `fresh`: within its life time; `stale`: beyond, and may be served if need be; `absent`: as if it were not there. */
export type Freshness = 'fresh' | 'stale' | 'absent'

/** What time alone says of an item. */
export function freshnessAt(item: Item, now: number): Freshness {
  if (now < item.expiresAt) return 'fresh'
  return now < item.staleUntil ? 'stale' : 'absent'
}
