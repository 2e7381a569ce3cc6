import type { Listed } from './entry-list.ts'

/** What a policy sees of an entry. */
export interface PolicyNode<N extends PolicyNode<N>> extends Listed<N> {
  /** The seeded hash of its key, a signed 32-bit integer. */
  readonly hash: number
  /** Uses since the policy last asked; for policies that count in the entry. */
  uses: number
}

/** How much may be kept. Either can be `Infinity`. */
export interface Budget {
  readonly maxBytes: number
  readonly maxEntries: number
}

/**
 * Decides which entry goes when the budget is full. It keeps every entry that was added in one of its lists until the
 * entry is removed; whether the budget is kept is the business of the caller, who asks for victims until it is.
 */
export interface EvictionPolicy<N extends PolicyNode<N>> {
  /** Takes in an entry. It counts as its first use. */
  add(node: N): void
  /** Notes a use. */
  use(node: N): void
  /** Notes that an entry counts for another number of bytes, which is no use. */
  resize(node: N, bytes: number): void
  /** Lets go of an entry, be it as a victim or because its owner or its deadline says so. */
  remove(node: N): void
  /** Which entry goes next; `undefined` if there are none. The caller must remove it. */
  victim(): N | undefined
  /** Lets go of all entries, and of what it knew about others. */
  clear(): void
}

/** Whether so many bytes and entries are more than `budget` allows. */
export function isOver({ maxBytes, maxEntries }: Budget, bytes: number, entries: number): boolean {
  return bytes > maxBytes || entries > maxEntries
}
