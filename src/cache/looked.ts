import type { Freshness, Item } from './item.ts'
import type { Answer } from './tier-stack.ts'

/** An item that a read found, judged. */
export interface Judged {
  readonly item: Item
  readonly freshness: Freshness
  readonly tier: string
}

/** What a read found out. */
export interface Looked {
  readonly judged: Judged | undefined
  /** What each tier had, for writes that must not replace anything newer. */
  readonly seen: Answer['reads']
  /** What was found and is not good enough for the caller: why it is a miss. */
  readonly unused?: Judged | undefined
}
