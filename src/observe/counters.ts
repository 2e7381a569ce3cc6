import { Histogram, type HistogramSnapshot } from '../util/histogram.ts'

/** What one tier did, since the cache was made. */
export class TierCounters {
  /** Reads that found an entry, stale ones included. */
  hits = 0
  misses = 0
  /** Of the hits, those whose entry was stale. */
  stale = 0
  /** Calls that failed: refused, timed out, or an error of the tier. */
  errors = 0
  sets = 0
  deletes = 0
  /** Entries that could not be read. */
  corrupt = 0
  /** Entries whose signature or authentication tag did not fit, or whose key is missing. */
  decryptFailures = 0
  readonly evictions: ReasonCounts = new ReasonCounts()

  snapshot(): TierCountersSnapshot {
    return { ...this, evictions: this.evictions.snapshot() }
  }
}

/** {@link TierCounters} at one moment. */
export type TierCountersSnapshot = Omit<TierCounters, 'evictions' | 'snapshot'> & {
  readonly evictions: Readonly<Record<string, number>>
}

/** Counts by a short reason. Reasons become labels of metrics, so there can only be so many: further ones are `other`. */
export class ReasonCounts {
  static readonly #most = 16
  readonly #counts = new Map<string, number>()

  add(reason: string, count = 1): void {
    const before = this.#counts.get(reason)
    const isNew = before === undefined && this.#counts.size >= ReasonCounts.#most
    if (isNew && reason !== 'other') this.add('other', count)
    else this.#counts.set(reason, (before ?? 0) + count)
  }

  get total(): number {
    let total = 0
    for (const count of this.#counts.values()) total += count
    return total
  }

  snapshot(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }
}

/**
 * What a cache did, since it was made: plain numbers that whoever does something adds to, and which exporters read when they
 * are asked. Nothing in it names a key.
 */
export class CacheCounters {
  /** Reads that gave a fresh entry. */
  hits = 0
  misses = 0
  /** Reads that gave a stale one. */
  staleHits = 0
  loads = 0
  loadErrors = 0
  /** Loads that are under way now. */
  inFlight = 0
  sets = 0
  deletes = 0
  tagInvalidations = 0
  /** Values that were served or loaded and not kept. */
  drops = 0
  busSent = 0
  busReceived = 0
  /** Messages of the bus that made no sense. */
  busMalformed = 0
  /** Writes that wait until a tier is back. */
  queuedWrites = 0
  /** Background work that is under way now. */
  background = 0
  /** Milliseconds that loaders took, failed ones included. */
  readonly loadLatency: Histogram = new Histogram({ lowest: 2 ** -10, highest: 2 ** 24 })
  /** Encoded bytes of the values that were stored. */
  readonly sizes: Histogram = new Histogram({ lowest: 1, highest: 2 ** 40 })
  readonly #tiers: ReadonlyMap<string, TierCounters>

  /** @param tiers names, fastest first. */
  constructor(tiers: readonly string[] = []) {
    this.#tiers = new Map(tiers.map((name) => [name, new TierCounters()]))
  }

  /** The counters of a tier; to be kept by whoever counts often. Those of an unknown one are counted nowhere. */
  tier(name: string): TierCounters {
    return this.#tiers.get(name) ?? new TierCounters()
  }

  snapshot(): CacheCountersSnapshot {
    const { loadLatency, sizes, ...counts } = this
    const tiers = [...this.#tiers].map(([name, tier]) => [name, tier.snapshot()] as const)
    return {
      ...counts,
      loadLatency: loadLatency.snapshot(),
      sizes: sizes.snapshot(),
      tiers: Object.fromEntries(tiers),
    }
  }
}

/** {@link CacheCounters} at one moment. */
export type CacheCountersSnapshot = Omit<
  CacheCounters,
  'loadLatency' | 'sizes' | 'tier' | 'snapshot'
> & {
  readonly loadLatency: HistogramSnapshot
  readonly sizes: HistogramSnapshot
  readonly tiers: Readonly<Record<string, TierCountersSnapshot>>
}
