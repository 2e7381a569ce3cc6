import { MemoryStore } from '../memory/memory-store.ts'
import { sizeOfValue } from '../memory/value-size.ts'
import type { CacheTier } from './cache-tier.ts'
import type { ValueHolder } from './held-value.ts'
import type { Item } from './item.ts'
import { slotOfId } from './key-ref.ts'
import type { ResolvedMemoryOptions } from './memory-options.ts'
import type { TierContext } from './tier.ts'

/** Of so many entries that a clear removes it is told: more are not remembered anyway. */
const mostTold = 1_000

/** Bytes of an item beside its id, tags and value. */
const itemBytes = 192

/** Keeps items in this process. */
export class MemoryTier implements CacheTier {
  readonly name: string
  readonly isMemory = true
  readonly isRemote = false
  readonly holder: ValueHolder
  readonly #store: MemoryStore<Item>
  readonly #ttl: number
  readonly #context: TierContext

  constructor(
    name: string,
    options: ResolvedMemoryOptions,
    holder: ValueHolder,
    context: TierContext,
  ) {
    const { maxBytes, maxEntries, maxEntryShare, policy, ttl } = options
    this.name = name
    this.holder = holder
    this.#ttl = ttl
    this.#context = context
    this.#store = new MemoryStore<Item>({
      maxBytes,
      maxEntries,
      maxEntryShare,
      policy,
      clock: context.clock,
      random: context.random,
      onRemove: (_slot, item, reason) => {
        const { id, staleUntil } = item as Item
        context.onRemove(id, this.name, reason, staleUntil <= context.clock.now())
      },
    })
  }

  get size(): number {
    return this.#store.size
  }

  get bytes(): number {
    return this.#store.bytes
  }

  get(id: string): Item | undefined {
    return this.#store.get(slotOfId(id))
  }

  /** As {@link get}, by what {@link slotOfId} makes of the id: for whoever has that at hand. */
  at(slot: string): Item | undefined {
    return this.#store.get(slot)
  }

  /** As {@link get}, without counting as a use. */
  look(id: string): Item | undefined {
    return this.#store.look(slotOfId(id))
  }

  getMany(ids: readonly string[]): (Item | undefined)[] {
    return ids.map((id) => this.get(id))
  }

  set(item: Item): boolean {
    const now = this.#context.clock.now()
    const end = Math.min(item.staleUntil, now + this.#ttl)
    if (end <= now) {
      this.delete(item.id)
      return true
    }
    if (this.#store.set(slotOfId(item.id), item, this.#bytesOf(item), end)) return true
    this.#context.onDrop(item.id, this.name, 'larger than maxEntryShare of the tier')
    return false
  }

  /** Nobody but this process writes here, and its own writes end the loads that they outdate. */
  replace(item: Item): boolean {
    return this.set(item)
  }

  add(item: Item): boolean {
    const before = this.look(item.id)
    if (before !== undefined && this.#context.isLive(before)) return false
    this.set(item)
    return true
  }

  delete(id: string): boolean {
    return this.#store.delete(slotOfId(id))
  }

  clear(prefix: string): void {
    let told = 0
    for (const [slot, { id }] of this.#store.entries()) {
      if (!id.startsWith(prefix)) continue
      if (prefix === '' && told >= mostTold) break
      if (told < mostTold) this.#context.onRemove(id, this.name, 'clear', false)
      told += 1
      if (prefix !== '') this.#store.delete(slot)
    }
    if (prefix === '') this.#store.clear()
  }

  sizeOf(id: string): number | undefined {
    const item = this.look(id)
    return item === undefined ? undefined : this.#bytesOf(item)
  }

  async close(): Promise<void> {
    this.#store.close()
  }

  #bytesOf({ held, tags }: Item): number {
    let bytes = itemBytes
    for (const tag of tags) bytes += 8 + tag.length
    if (held === undefined) return bytes
    return bytes + (held.size ?? sizeOfValue(held.value))
  }
}
