import type { CacheEvents, MissReason } from '../contracts/cache-events.ts'
import type { Key } from '../contracts/key.ts'
import type { TierCounters } from '../observe/counters.ts'
import type { Port } from '../observe/emitter.ts'
import { isThenable } from '../util/is-thenable.ts'
import type { CacheCore } from './cache-core.ts'
import type { HeldValue } from './held-value.ts'
import type { Item } from './item.ts'
import type { KeyRef, KeySpace } from './key-ref.ts'
import type { LoadRules } from './load-options.ts'
import type { Judged, Looked } from './looked.ts'
import { fits } from './schema-check.ts'

/** An item that fits what the cache is asked for, with a value for one caller. */
export interface Fit {
  readonly value: unknown
  readonly judged: Judged
}

/** What a lookup found. */
export interface Lookup {
  /** What may be used: fresh, or stale; `undefined` = a miss. */
  readonly fit: Fit | undefined
  readonly looked: Looked
}

/** A value for one caller, and the item that it is of: another than was found where that was migrated. */
interface Made {
  readonly value: unknown
  readonly item: Item
}

/** Said of an item whose shape or content is not what is asked for, and by {@link Finder.now} where there is none. */
export const misfit: unique symbol = Symbol('misfit')

/** Finds items and makes values of them: of the right version, and as the schema wants them. */
export class Finder {
  readonly #core: CacheCore
  readonly #rules: LoadRules
  /** Whether any item of the right version will do. */
  readonly #isPlain: boolean
  /** Items whose value the schema has seen. */
  readonly #checked = new WeakSet<Item>()
  /** What hits in memory are counted in, and whom they are told. */
  readonly #memory: TierCounters
  readonly #hits: Port<CacheEvents['hit']>

  constructor(core: CacheCore, rules: LoadRules) {
    this.#core = core
    this.#rules = rules
    this.#memory = core.counters.tier(core.stack.memory?.name ?? '')
    this.#hits = core.events.port('hit')
    this.#isPlain = rules.schema === undefined
  }

  get rules(): LoadRules {
    return this.#rules
  }

  /** The fresh value that memory has and that needs no waiting, counted as a hit; {@link misfit} if there is none. */
  now(space: KeySpace, key: Key): unknown {
    const item = this.#core.fresh(space, space.slotOf(key))
    if (item?.held === undefined || item.version !== this.#rules.version) return misfit
    const value = this.#valueNow(key, item, item.held)
    if (value === misfit) return misfit
    this.#memory.hits += 1
    this.#core.counters.hits += 1
    if (this.#hits.isHeard) this.#tellHit(key)
    return value
  }

  #tellHit(key: Key): void {
    this.#hits.emit({ key, tier: this.#core.stack.memory?.name ?? '', stale: false })
  }

  /** As {@link now}, from all tiers; counted. */
  async find(ref: KeyRef, signal: AbortSignal | undefined): Promise<Lookup> {
    const looked = await this.#core.lookups.look(ref, signal)
    return { fit: await this.fitOf(ref, looked), looked }
  }

  /** What may be used of what was found; counted as a hit or a miss. A remembered absence is no miss: its `value` is `undefined`. */
  async fitOf(ref: KeyRef, looked: Looked): Promise<Fit | undefined> {
    const { judged } = looked
    if (judged === undefined || judged.freshness === 'absent') {
      this.#miss(ref, this.#core.missReason(ref.id, looked))
      return undefined
    }
    const { item } = judged
    const made =
      item.held === undefined ? { value: undefined, item } : await this.#make(ref, judged)
    if (made === misfit) {
      this.#miss(ref, this.#core.misses.miss(ref.id, 'schema'))
      return undefined
    }
    this.#hit(ref, judged)
    return {
      value: made.value,
      judged: made.item === item ? judged : { ...judged, item: made.item },
    }
  }

  /** The value, if that can be said without waiting. */
  #valueNow(key: Key, item: Item, held: HeldValue): unknown {
    // Most values are the same for all readers, and fit.
    if (this.#isPlain && held.encoded === undefined) return held.value
    const tier = this.#core.stack.memory?.name ?? ''
    const value = this.#give(key, { item, freshness: 'fresh', tier })
    const { schema } = this.#rules
    if (value === misfit || schema === undefined || this.#checked.has(item)) return value
    const isFit = fits(schema, value)
    if (isThenable(isFit) || !isFit) return misfit
    this.#checked.add(item)
    return value
  }

  async #make(ref: KeyRef, judged: Judged): Promise<Made | typeof misfit> {
    const { item } = judged
    const { schema, version } = this.#rules
    if (item.version !== version) return await this.#migrated(ref, judged)
    const value = this.#give(ref.key, judged)
    if (value === misfit) return misfit
    if (schema === undefined || this.#checked.has(item)) return { value, item }
    if (!(await fits(schema, value))) {
      this.#unfit(ref, judged, 'does not fit the schema')
      return misfit
    }
    this.#checked.add(item)
    return { value, item }
  }

  /** A value of another version, made one of this; what it was made of is replaced, with the life that is left. */
  async #migrated(ref: KeyRef, judged: Judged): Promise<Made | typeof misfit> {
    const { holder } = this.#core
    const { migrate, schema, version } = this.#rules
    const { item } = judged
    if (migrate === undefined) return misfit
    const old = this.#give(ref.key, judged)
    if (old === misfit) return misfit
    const stored = { value: old, ...(item.version === undefined ? {} : { version: item.version }) }
    let value: unknown
    try {
      value = migrate(stored)
    } catch (error) {
      this.#unfit(ref, judged, 'could not be migrated', error)
      return misfit
    }
    if (value === undefined) return misfit
    if (schema !== undefined && !(await fits(schema, value))) {
      this.#unfit(ref, judged, 'does not fit the schema after its migration')
      return misfit
    }
    const upgraded: Item = { ...item, held: holder.hold(value), version }
    this.#replace(item, upgraded)
    return { value, item: upgraded }
  }

  /** Keeps `upgraded` for the next reader, unless the entry was changed since it was read. */
  #replace(item: Item, upgraded: Item): void {
    const { background, stack } = this.#core
    if (stack.memory !== undefined && stack.memory.look(item.id) !== item) return
    for (const tier of stack.tiers) {
      const kept = tier.replace(upgraded, item)
      if (kept instanceof Promise) background.track(kept)
    }
  }

  /** The value for one caller; {@link misfit} if its bytes cannot be decoded. */
  #give(key: Key, judged: Judged): unknown {
    const { held } = judged.item
    if (held === undefined) return undefined
    try {
      return this.#core.holder.give(held)
    } catch (error) {
      const { events } = this.#core
      this.#core.counters.tier(judged.tier).corrupt += 1
      if (events.has('corrupt')) events.emit('corrupt', { key, tier: judged.tier, error })
      return misfit
    }
  }

  #unfit(ref: KeyRef, { tier }: Judged, reason: string, error?: unknown): void {
    const { counters, events } = this.#core
    counters.drops += 1
    if (events.has('drop'))
      events.emit('drop', {
        ...{ key: ref.key, tier, reason: `stored value ${reason}` },
        ...(error === undefined ? {} : { error }),
      })
  }

  #hit(ref: KeyRef, { freshness, tier }: Judged): void {
    const { counters } = this.#core
    const isStale = freshness !== 'fresh'
    const own = counters.tier(tier)
    own.hits += 1
    if (isStale) {
      own.stale += 1
      counters.staleHits += 1
    } else counters.hits += 1
    if (this.#hits.isHeard) this.#hits.emit({ key: ref.key, tier, stale: isStale })
  }

  #miss(ref: KeyRef, reason: MissReason): void {
    const { counters, events, stack } = this.#core
    counters.misses += 1
    for (const { name } of stack.tiers) counters.tier(name).misses += 1
    if (events.has('miss')) events.emit('miss', { key: ref.key, reason })
  }
}
