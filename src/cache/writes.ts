import { type CacheCore, notYet } from './cache-core.ts'
import type { HeldValue } from './held-value.ts'
import type { Item } from './item.ts'
import type { KeyRef } from './key-ref.ts'
import type { Looked } from './looked.ts'
import { makeItem } from './make-item.ts'
import type { StoreRules } from './store-options.ts'

/** The verbs that change one entry. */
export class Writes {
  readonly #core: CacheCore

  constructor(core: CacheCore) {
    this.#core = core
  }

  async set(ref: KeyRef, held: HeldValue, rules: StoreRules): Promise<void> {
    const { counters, events } = this.#core
    const item = this.#item(ref, held, rules)
    // What would have ended already is a removal of what was there.
    const result = await this.#core.changes.writing(ref.id, async () =>
      item === undefined
        ? (await this.#core.remove(ref.id, rules.strict)).result
        : await this.#core.store(item, rules.strict),
    )
    counters.sets += 1
    if (item !== undefined && held.size !== undefined) counters.sizes.record(held.size)
    if (events.has('set')) events.emit('set', { key: ref.key, result })
  }

  /** Keeps the value unless there is a fresh one: what decides is the tier that most processes share. */
  async add(ref: KeyRef, held: HeldValue, rules: StoreRules): Promise<boolean> {
    const { counters, events, stack } = this.#core
    const { judged } = await this.#core.lookups.look(ref, undefined)
    if (judged?.freshness === 'fresh' && judged.item.held !== undefined) return false
    const item = this.#item(ref, held, rules)
    if (item === undefined) return false
    const last = stack.tiers.at(-1)
    const added = await this.#core.changes.writing(ref.id, async () => {
      const kept = await last?.add(item, rules.strict)
      if (kept === false) return undefined
      // A load that has begun since would take the place of what is added.
      this.#core.changes.cut(ref.id)
      const written = stack.write((tier) => (tier === last ? true : tier.set(item, rules.strict)))
      const [isWritten] = await Promise.all([written, this.#core.learn(item)])
      this.#core.misses.stored(item.id, 'added')
      const isComplete = isWritten && kept === true
      const at = isComplete ? item.createdAt : notYet
      return (await this.#core.announceKeys([ref.id], at)) && isComplete ? 'stored' : 'queued'
    })
    if (added === undefined) return false
    counters.sets += 1
    if (events.has('set')) events.emit('set', { key: ref.key, result: added })
    return true
  }

  async delete(ref: KeyRef): Promise<boolean> {
    const { counters, events } = this.#core
    const { found, result } = await this.#core.changes.writing(ref.id, () =>
      this.#core.remove(ref.id, false),
    )
    counters.deletes += 1
    if (events.has('delete')) {
      const told = result === 'queued' ? 'queued' : found ? 'deleted' : 'absent'
      events.emit('delete', { key: ref.key, result: told })
    }
    return found
  }

  async touch(ref: KeyRef, ttl: number): Promise<boolean> {
    return await this.#change(ref, (item) => {
      const expiresAt = this.#core.clock.now() + ttl
      const grace = this.#graceOf(item)
      return { ...item, expiresAt, staleUntil: expiresAt + grace, grace }
    })
  }

  /** Ends the life of an entry now; its grace begins. */
  async expire(ref: KeyRef): Promise<boolean> {
    const { clock, events } = this.#core
    // A load that is under way is older, even where nothing is stored yet.
    const at = this.#core.stamps.next()
    this.#core.changes.cut(ref.id)
    const end = (item: Item): Item => {
      const now = clock.now()
      return { ...item, expiresAt: now, staleUntil: now + this.#graceOf(item) }
    }
    const isChanged = await this.#change(ref, end, at)
    if (!isChanged) await this.#core.announceKeys([ref.id], at)
    else if (events.has('expire')) events.emit('expire', { key: ref.key })
    return isChanged
  }

  /**
   * Changes the times of a fresh entry in every tier, unless somebody stores another meanwhile.
   * @param endedAt the stamp of a change that ends its life, also that of what others have yet to write.
   */
  async #change(ref: KeyRef, change: (item: Item) => Item, endedAt?: number): Promise<boolean> {
    return await this.#core.changes.change(ref, async (looked) => {
      const { judged, seen } = looked
      if (judged?.freshness !== 'fresh' || judged.item.held === undefined) {
        if (endedAt !== undefined) await this.#end(ref.id, looked)
        return false
      }
      const changed = change(judged.item)
      await this.#core.changes.writing(ref.id, () => this.#replace(changed, seen, endedAt))
      return true
    })
  }

  async #replace(changed: Item, seen: Looked['seen'], endedAt: number | undefined): Promise<void> {
    const { clock, stack } = this.#core
    if (changed.staleUntil <= clock.now()) {
      await this.#core.remove(changed.id, false, 'expired')
      return
    }
    const isComplete = await stack.write((tier, place) => {
      const there = seen[place]
      return there === 'down' ? tier.set(changed, false) : tier.replace(changed, there)
    })
    await this.#core.announceKeys(
      [changed.id],
      isComplete ? (endedAt ?? changed.createdAt) : notYet,
    )
  }

  /** The times of an entry that never ends do not tell its grace. */
  #graceOf({ expiresAt, grace, staleUntil }: Item): number {
    return Number.isFinite(expiresAt)
      ? staleUntil - expiresAt
      : (grace ?? this.#core.options.rules.grace)
  }

  #item(ref: KeyRef, held: HeldValue, rules: StoreRules): Item | undefined {
    const { clock, options, random, stamps } = this.#core
    const createdAt = stamps.next()
    const now = clock.now()
    return makeItem({
      ref,
      held,
      rules,
      createdAt,
      now,
      node: options.node,
      random,
      cost: undefined,
    })
  }

  /** Ends what a look did not find fresh, and what a read may find so all the same. */
  async #end(id: string, { judged, seen }: Looked): Promise<void> {
    // A remembered absence has no grace, and of a tier that is down nobody knows what it has.
    if (judged?.freshness === 'fresh' || seen.includes('down')) {
      await this.#core.changes.writing(id, () => this.#core.remove(id, false, 'expired'))
      return
    }
    // Something newer stands in a slower tier.
    for (const [place, tier] of this.#core.stack.tiers.entries())
      if (tier.isMemory && seen[place] !== judged?.item) void tier.delete(id, false)
  }
}
