import { untilAborted } from '../util/until-aborted.ts'
import type { CacheCore } from './cache-core.ts'
import { Flights } from './flights.ts'
import type { Item } from './item.ts'
import { type KeyRef, type KeySpace, slotOfId } from './key-ref.ts'
import type { Looked } from './looked.ts'
import type { Answer } from './tier-stack.ts'

/** Finds what the tiers have of keys, judges it, and keeps it in the faster ones. */
export class Lookups {
  /** Reads of slower tiers. */
  readonly reads: Flights<Looked> = new Flights()
  readonly #core: CacheCore

  constructor(core: CacheCore) {
    this.#core = core
  }

  /** What the tiers have of a key: the first that is fresh, else the newest that is stale. */
  async look(ref: KeyRef, signal: AbortSignal | undefined): Promise<Looked> {
    return this.#lookHere(ref) ?? (await this.lookDeeper(ref, signal))
  }

  #lookHere(ref: KeyRef): Looked | undefined {
    const { memory } = this.#core.stack
    const item = this.#core.fresh(ref.space, slotOfId(ref.id))
    if (item === undefined || memory === undefined) return undefined
    return { judged: { item, freshness: 'fresh', tier: memory.name }, seen: [item] }
  }

  /** What every tier has of a key, without a use being counted or anything being kept. */
  async lookAll(ref: KeyRef): Promise<Looked> {
    const { memory } = this.#core.stack
    const here = memory?.look(ref.id)
    const { found, reads } = await this.#core.stack.read(
      ref.id,
      memory === undefined ? 0 : 1,
      () => false,
    )
    if (memory !== undefined) reads[0] = here
    const isOlder =
      here !== undefined && found !== undefined && here.createdAt < found.item.createdAt
    const item = here === undefined || isOlder ? found?.item : here
    if (item === undefined) return { judged: undefined, seen: reads }
    const marks = ref.space.marksOf(item.tags)
    if (!this.#core.sync.isCurrent(marks)) await this.#core.sync.update(marks)
    const tier = item === here ? memory : found?.tier
    return {
      judged: { item, freshness: this.#core.judge(item, ref.space), tier: tier?.name ?? '' },
      seen: reads,
    }
  }

  /** As {@link look}, when memory is known to have nothing fresh. Callers of the same key look together. */
  async lookDeeper(ref: KeyRef, signal: AbortSignal | undefined): Promise<Looked> {
    const flight =
      this.reads.get(ref.id) ??
      this.reads.start(ref.id, async (self) => await this.#read(ref, () => self.isOutdated))
    return await untilAborted(flight.wait(), signal)
  }

  /** Looks up several keys, each tier asked once. */
  async lookMany(refs: readonly KeyRef[]): Promise<ReadonlyMap<string, Looked>> {
    const byId = new Map(refs.map((ref) => [ref.id, ref]))
    const found = new Map<string, Looked>()
    const missing: string[] = []
    for (const ref of byId.values()) {
      const here = this.#lookHere(ref)
      if (here === undefined) missing.push(ref.id)
      else found.set(ref.id, here)
    }
    if (missing.length === 0) return found
    const { changes } = this.#core
    const before = changes.count
    const isEnough = (item: Item): boolean => {
      const ref = byId.get(item.id)
      return ref !== undefined && this.#isFresh(item, ref.space)
    }
    const read = (ids: readonly string[]) => this.#core.stack.readMany(ids, 0, isEnough)
    const answers = new Map(await read(missing))
    const items = [...answers.values()].flatMap((answer) => answer.found?.item ?? [])
    const all = [...new Set(items.flatMap(({ marks = [] }) => marks))]
    if (!this.#core.sync.isCurrent(all)) {
      await this.#core.sync.update(all)
      // What was enough may be none: a slower tier may have what came after the invalidation.
      const again = items.filter((item) => !isEnough(item)).map(({ id }) => id)
      if (again.length > 0) for (const [id, answer] of await read(again)) answers.set(id, answer)
    }
    for (const [id, answer] of answers) {
      const ref = byId.get(id)
      if (ref !== undefined)
        found.set(id, this.#settle(ref, answer, changes.count !== before || changes.isUnderWay(id)))
    }
    return found
  }

  async #read(ref: KeyRef, isOutdated: () => boolean): Promise<Looked> {
    const read = () => this.#core.stack.read(ref.id, 0, (item) => this.#isFresh(item, ref.space))
    let answer = await read()
    const item = answer.found?.item
    if (item?.marks !== undefined && !this.#core.sync.isCurrent(item.marks)) {
      await this.#core.sync.update(item.marks)
      // It may be void: a slower tier may have what came after the invalidation.
      if (!this.#isFresh(item, ref.space)) answer = await read()
    }
    return this.#settle(ref, answer, isOutdated() || this.#core.changes.isUnderWay(ref.id))
  }

  #isFresh(item: Item, space: KeySpace): boolean {
    item.marks ??= space.marksOf(item.tags)
    return this.#core.judge(item, space) === 'fresh'
  }

  /** Judges what was read, and keeps it in the faster tiers unless something newer came meanwhile. */
  #settle(ref: KeyRef, answer: Answer, isOutdated: boolean): Looked {
    const { found, reads } = answer
    if (found === undefined) return { judged: undefined, seen: reads }
    const freshness = this.#core.judge(found.item, ref.space)
    if (freshness !== 'absent' && found.place > 0 && !isOutdated) {
      const slow = this.#core.stack.fill(found)
      if (slow !== undefined) this.#core.background.track(slow)
    }
    return { judged: { item: found.item, freshness, tier: found.tier.name }, seen: reads }
  }
}
