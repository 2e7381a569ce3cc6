import type { ByteTier } from './byte-tier.ts'
import type { CacheTier, Read, Soon } from './cache-tier.ts'
import type { Item } from './item.ts'
import type { MemoryTier } from './memory-tier.ts'

/** An item and where it was found. */
export interface FoundItem {
  readonly item: Item
  readonly tier: CacheTier
  /** Place of the tier among the cache's, 0 for the fastest. */
  readonly place: number
}

/** What the tiers say of one id. */
export interface Answer {
  readonly found: FoundItem | undefined
  /** What each tier said, as far as it was asked. */
  readonly reads: Read[]
}

/** The tiers of a cache, fastest first, read and written as one. */
export class TierStack {
  readonly tiers: readonly CacheTier[]
  /** The fastest tier, if it is memory: the only one that answers at once. */
  readonly memory: MemoryTier | undefined
  readonly bytes: readonly ByteTier[]

  constructor(tiers: readonly CacheTier[]) {
    this.tiers = tiers
    const [first] = tiers
    this.memory = first?.isMemory === true ? (first as MemoryTier) : undefined
    this.bytes = tiers.filter((tier): tier is ByteTier => !tier.isMemory)
  }

  /** Asks the tiers from `place` on until one has an item that `isEnough`; else gives the newest of those found. */
  async read(id: string, place: number, isEnough: (item: Item) => boolean): Promise<Answer> {
    const reads: Read[] = []
    let found: FoundItem | undefined
    for (let at = place; at < this.tiers.length; at += 1) {
      const tier = this.tiers[at] as CacheTier
      const read = await tier.get(id)
      reads[at] = read
      if (read === undefined || read === 'down') continue
      if (found === undefined || read.createdAt > found.item.createdAt)
        found = { item: read, tier, place: at }
      if (isEnough(read)) break
    }
    return { found, reads }
  }

  /** As {@link read} of several ids, each tier asked once for all that are still wanted. */
  async readMany(
    ids: readonly string[],
    place: number,
    isEnough: (item: Item) => boolean,
  ): Promise<ReadonlyMap<string, Answer>> {
    const answers = new Map<string, { found: FoundItem | undefined; reads: Read[] }>()
    for (const id of ids) answers.set(id, { found: undefined, reads: [] })
    let wanted = ids
    for (let at = place; at < this.tiers.length && wanted.length > 0; at += 1) {
      const tier = this.tiers[at] as CacheTier
      const reads = await tier.getMany(wanted)
      const left: string[] = []
      for (const [index, id] of wanted.entries()) {
        const answer = answers.get(id)
        if (answer === undefined) continue
        const read = reads[index]
        answer.reads[at] = read
        if (read !== undefined && read !== 'down') {
          if (answer.found === undefined || read.createdAt > answer.found.item.createdAt)
            answer.found = { item: read, tier, place: at }
          if (isEnough(read)) continue
        }
        left.push(id)
      }
      wanted = left
    }
    return answers
  }

  /** Keeps in the faster tiers what a slower one had: with the life that is left, as its times are points and not lengths. */
  fill(found: FoundItem): Promise<unknown> | undefined {
    let slow: Promise<unknown>[] | undefined
    for (let at = 0; at < found.place; at += 1) {
      const there = at === 0 ? this.memory?.look(found.item.id) : undefined
      if (there !== undefined && there.createdAt > found.item.createdAt) continue
      const kept = (this.tiers[at] as CacheTier).set(found.item, false)
      if (kept instanceof Promise) slow = [...(slow ?? []), kept.catch(() => {})]
    }
    return slow === undefined ? undefined : Promise.all(slow)
  }

  /**
   * Writes to all tiers, to those that answer at once before this returns.
   * @returns whether all have it now. @throws what a tier throws, after all were tried.
   */
  async write(work: (tier: CacheTier, place: number) => Soon<boolean>): Promise<boolean> {
    let isComplete = true
    let slow: Promise<boolean>[] | undefined
    for (const [place, tier] of this.tiers.entries()) {
      const done = attempt(() => work(tier, place))
      if (done instanceof Promise) slow = [...(slow ?? []), done]
      else isComplete &&= done
    }
    if (slow === undefined) return isComplete
    for (const result of await Promise.allSettled(slow)) {
      if (result.status === 'rejected') throw result.reason
      isComplete &&= result.value
    }
    return isComplete
  }

  async close(): Promise<void> {
    const closed = await Promise.allSettled(this.tiers.map((tier) => tier.close()))
    for (const result of closed) if (result.status === 'rejected') throw result.reason
  }
}

function attempt<T>(work: () => Soon<T>): Soon<T> {
  try {
    return work()
  } catch (error) {
    return Promise.reject(error)
  }
}
