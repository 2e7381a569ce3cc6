/**
 * A policy says what counts as a use of an entry, and by what number entries queue for eviction. The smallest goes first.
 * Adding a policy adds a row here.
 */
export interface EvictionPolicy {
  readonly name: 'lru' | 'lfu' | 'fifo' | 'none'
  /** Whether reads count as uses: if not, nothing is noted on reads. */
  readonly countsReads: boolean
  /** SQL over a row of `entries`: its place in the queue; `NULL` as long as it was not used since its insertion. */
  readonly rank: string
  /** SQL over a row that was not used since its insertion: its place among the ranks. */
  readonly fresh: string
}

export const evictionPolicies: Readonly<Record<EvictionPolicy['name'], EvictionPolicy>> = {
  lru: { name: 'lru', countsReads: true, rank: 'used', fresh: 'written' },
  lfu: { name: 'lfu', countsReads: true, rank: 'nullif(uses, 0)', fresh: '0' },
  // `written` differs from the place by insertion only after an overwrite, which also sets `used`.
  fifo: {
    name: 'fifo',
    countsReads: false,
    rank: 'CASE WHEN used IS NULL THEN NULL ELSE written END',
    fresh: 'written',
  },
  none: { name: 'none', countsReads: false, rank: 'NULL', fresh: 'written' },
}
