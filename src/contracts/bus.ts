/** What one node tells the others: never a value. */
export interface BusMessage {
  /** Version of this format. */
  readonly v: 1
  /** Who sent it; a node ignores its own. */
  readonly node: string
  /** The cache it is about: its name. */
  readonly cache: string
  /**
   * - `key`: the entries with these ids were written, deleted or expired.
   * - `tag`: tags were invalidated; their entries are stale, or absent with `hard`.
   * - `clear`: everything in a namespace is absent; `ids` names it.
   */
  readonly action: 'key' | 'tag' | 'clear'
  /** Ids of entries, tags with their namespace, or one namespace. At most {@link mostIds}. */
  readonly ids: readonly string[]
  readonly hard?: boolean
  /** The stamp of the change, see `src/cache/stamps.ts`; 0 for one that its node has not written to the shared tiers yet. */
  readonly at: number
}

/** A message names at most so many: a longer list is sent in parts. */
export const mostIds = 256

/** Told by a bus, never before the call of `publish` that sent it has returned its promise. What it throws is ignored. */
export interface BusReceiver {
  /** A message arrived, perhaps late, twice or in another order. What is not a message is dropped and counted by the receiver. */
  message(text: string): void
  /** Messages may have been missed: what is kept must be checked. Called after each reconnection. */
  gap(): void
}

/** Carries invalidation messages among nodes: at most once, in no promised order. */
export interface Bus {
  readonly kind: string
  /**
   * Begins to receive, its own messages too. Resolved when messages that are sent from now on arrive. @returns what ends it:
   * when that has resolved nothing arrives any more; twice is harmless. @throws HoldfastError `ERR_CLOSED`.
   */
  subscribe(channel: string, receiver: BusReceiver): Promise<() => Promise<void>>
  /** @throws what keeps it from being sent, `ERR_CLOSED` once the bus is closed: the cache sends it again later. */
  publish(channel: string, text: string): Promise<void>
  /** Whether messages arrive now. While not, memory tiers trust what they know no longer than without a bus. */
  readonly isConnected: boolean
  /** Ends every subscription, and what the bus opened itself. Twice is harmless. */
  close(): Promise<void>
}
