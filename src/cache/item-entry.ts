import type { CacheEntry } from '../contracts/cache-entry.ts'
import type { ValueHolder } from './held-value.ts'
import type { KeyRef } from './key-ref.ts'
import type { Judged } from './looked.ts'

/** An item as callers see it. */
export function entryOf(
  { key }: KeyRef,
  { freshness, item, tier }: Judged,
  holder: ValueHolder,
): CacheEntry {
  const { description, etag, held, lastModified, meta, tags, version } = item
  const { createdAt, expiresAt, staleUntil } = item
  return {
    value: held === undefined ? undefined : holder.give(held),
    key,
    createdAt: Math.floor(createdAt),
    expiresAt,
    staleUntil,
    stale: freshness !== 'fresh',
    tier,
    tags,
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
    ...(description === undefined ? {} : { description }),
    ...(meta === undefined ? {} : { meta }),
    ...(version === undefined ? {} : { version }),
  }
}
