import type { CacheCore } from './cache-core.ts'

/** What one tier did. */
export interface TierStats {
  /** Reads that it answered. */
  readonly hits: number
  readonly misses: number
  /** Calls that failed. */
  readonly errors: number
  readonly breaker: 'closed' | 'open' | 'half-open'
}

/** What a cache did since it was made. */
export interface CacheStats {
  /** Reads that gave a fresh value. */
  readonly hits: number
  readonly misses: number
  readonly staleHits: number
  readonly loads: number
  readonly loadErrors: number
  readonly sets: number
  readonly deletes: number
  /** Entries that memory tiers removed for want of room. */
  readonly evictions: number
  readonly tiers: Readonly<Record<string, TierStats>>
}

export function statsOf({ counters, stack }: CacheCore): CacheStats {
  const { deletes, hits, loadErrors, loads, misses, sets, staleHits } = counters
  let evictions = 0
  const tiers: Record<string, TierStats> = {}
  for (const { name } of stack.tiers) {
    const counted = counters.tier(name)
    evictions += counted.evictions.total
    const bytes = stack.bytes.find((tier) => tier.name === name)
    const breaker = bytes?.guard.breaker.state ?? 'closed'
    tiers[name] = { hits: counted.hits, misses: counted.misses, errors: counted.errors, breaker }
  }
  return { hits, misses, staleHits, loads, loadErrors, sets, deletes, evictions, tiers }
}
