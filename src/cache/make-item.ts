import type { HeldValue } from './held-value.ts'
import type { Item } from './item.ts'
import type { KeyRef } from './key-ref.ts'
import type { StoreRules } from './store-options.ts'

/** Later than any time that a `Date` can hold: never. */
const latest = 8.64e15

export interface ItemFacts {
  readonly ref: KeyRef
  readonly held: HeldValue | undefined
  readonly rules: StoreRules
  /** The stamp of the write, or of the beginning of the load. */
  readonly createdAt: number
  readonly now: number
  readonly node: string
  readonly random: () => number
  readonly cost: number | undefined
}

/** The item that `rules` make of a value now; `undefined` if it would have ended already. */
export function makeItem(facts: ItemFacts): Item | undefined {
  const { cost, createdAt, held, node, now, random, ref, rules } = facts
  const { description, etag, jitter, lastModified, meta, tags, version } = rules
  const life = jitter === 0 ? rules.ttl : rules.ttl * (1 - jitter * random())
  const expiresAt = never(rules.expiresAt ?? now + life)
  if (expiresAt <= now) return undefined
  const item: Item = {
    id: ref.id,
    held,
    createdAt,
    expiresAt,
    staleUntil: never(expiresAt + rules.grace),
    tags,
    node,
    etag,
    lastModified,
    version,
    description,
    meta,
    cost,
    marks: ref.space.marksOf(tags),
  }
  return Number.isFinite(expiresAt) ? item : { ...item, grace: rules.grace }
}

function never(time: number): number {
  return time > latest ? Number.POSITIVE_INFINITY : Math.round(time)
}
