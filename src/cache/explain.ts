import type { MissReason } from '../contracts/cache-events.ts'
import type { CacheCore } from './cache-core.ts'
import type { KeyRef } from './key-ref.ts'

/** What is known of an entry. Ages and times left are milliseconds. */
export interface Explanation {
  readonly state: 'fresh' | 'stale' | 'absent'
  readonly tiers: readonly {
    readonly name: string
    readonly found: boolean
    readonly age?: number
    /** Below 0: it has expired so long ago. */
    readonly expiresIn?: number
    readonly size?: number
  }[]
  readonly lastMiss?: { readonly at: number; readonly reason: MissReason }
  /** What happened to it lately, oldest first: remembered for the last 1,000 entries that were missed or removed. */
  readonly recent: readonly string[]
}

export async function explain(core: CacheCore, ref: KeyRef): Promise<Explanation> {
  const { judged, seen } = await core.lookups.lookAll(ref)
  const now = core.clock.now()
  const tiers = core.stack.tiers.map((tier, place) => {
    const item = seen[place]
    if (item === undefined || item === 'down') return { name: tier.name, found: false }
    const size = tier.sizeOf(ref.id)
    return {
      name: tier.name,
      found: true,
      age: now - Math.floor(item.createdAt),
      expiresIn: item.expiresAt - now,
      ...(size === undefined ? {} : { size }),
    }
  })
  const { lastMiss, lines } = core.misses.get(ref.id)
  return {
    state: judged?.freshness ?? 'absent',
    tiers,
    ...(lastMiss === undefined ? {} : { lastMiss }),
    recent: [...lines],
  }
}
