import type { Item } from './item.ts'

/** A value, or the promise of one: local tiers answer at once. */
export type Soon<T> = T | Promise<T>

/** What a tier says of an item: `'down'` = it could not be asked. */
export type Read = Item | 'down' | undefined

/** Where a cache keeps items: memory, or a backend with a guard and a format before it. */
export interface CacheTier {
  readonly name: string
  /** Whether its items live in this process. */
  readonly isMemory: boolean
  /** Whether a call may take as long as a network takes. */
  readonly isRemote: boolean
  /** The item of `id`, whatever time says of it; `undefined` too for one that cannot be read. */
  get(id: string): Soon<Read>
  getMany(ids: readonly string[]): Soon<readonly Read[]>
  /** @returns whether it was kept now; `false`: it is queued, or was dropped with an event. @throws with `strict`. */
  set(item: Item, strict: boolean): Soon<boolean>
  /** Keeps `item` in place of `seen`, and not of anything that came since, as far as the tier can tell. @returns as {@link set}. */
  replace(item: Item, seen: Item | undefined): Soon<boolean>
  /** Keeps `item` unless there is a fresh one. @returns `undefined` if the tier cannot say, and the write is queued. @throws with `strict`. */
  add(item: Item, strict: boolean): Soon<boolean | undefined>
  /** @returns whether there was one; `undefined` if the tier cannot say, and the removal is queued. @throws with `strict`. */
  delete(id: string, strict: boolean): Soon<boolean | undefined>
  /** Removes items whose ids begin with `prefix` where that is cheap: they are void already. */
  clear(prefix: string): void
  /** Bytes that the item of `id` takes, where that is known. */
  sizeOf(id: string): number | undefined
  close(): Promise<void>
}
