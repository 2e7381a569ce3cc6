import type { EntryList } from './entry-list.ts'
import type { PolicyNode } from './eviction-policy.ts'
import type { Timed } from './timer-wheel.ts'

/**
 * One entry of a {@link MemoryStore}. What a hit looks at comes first. Never is `null`: a number such as `Infinity`
 * would be an object of its own for V8.
 */
export class MemoryEntry<T> implements PolicyNode<MemoryEntry<T>>, Timed<MemoryEntry<T>> {
  item: T
  deadline: number | null
  list: EntryList<MemoryEntry<T>> | undefined = undefined
  older: MemoryEntry<T> | undefined = undefined
  newer: MemoryEntry<T> | undefined = undefined
  uses = 0
  readonly hash: number
  /** Bytes it counts for: the item, the key and the entry itself. */
  bytes: number
  readonly key: string
  place = -1
  sooner: MemoryEntry<T> | undefined = undefined
  later: MemoryEntry<T> | undefined = undefined

  constructor(key: string, hash: number, item: T, bytes: number, deadline: number | null) {
    this.item = item
    this.deadline = deadline
    this.hash = hash
    this.bytes = bytes
    this.key = key
  }
}
