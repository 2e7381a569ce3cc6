import type { MissReason } from '../contracts/cache-events.ts'
import { isThenable } from '../util/is-thenable.ts'
import type { CacheCore, Judged, Looked } from './cache-core.ts'
import type { Item } from './item.ts'
import type { KeyRef } from './key-ref.ts'
import type { LoadRules } from './load-options.ts'
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

/** Said of an item whose shape or content is not what is asked for. */
const misfit: unique symbol = Symbol('misfit')

/** Finds items and makes values of them: of the right version, and as the schema wants them. */
export class Finder {
  readonly #core: CacheCore
  readonly #rules: LoadRules
  /** Whether any item of the right version will do. */
  readonly #isPlain: boolean
  /** Items whose value the schema has seen. */
  readonly #checked = new WeakSet<Item>()

  constructor(core: CacheCore, rules: LoadRules) {
    this.#core = core
    this.#rules = rules
    this.#isPlain = rules.schema === undefined
  }

  get rules(): LoadRules {
    return this.#rules
  }

  /** What memory has and what needs no waiting; counted as a hit. */
  now(ref: KeyRef): Fit | undefined {
    const judged = this.#core.peek(ref)
    if (judged?.freshness !== 'fresh' || judged.item.held === undefined) return undefined
    const value = this.#valueNow(ref, judged)
    if (value === misfit) return undefined
    this.#hit(ref, judged)
    return { value, judged }
  }

  /** As {@link now}, from all tiers; counted. */
  async find(ref: KeyRef, signal: AbortSignal | undefined): Promise<Lookup> {
    const looked = await this.#core.look(ref, signal)
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
  #valueNow(ref: KeyRef, judged: Judged): unknown {
    const { item } = judged
    if (item.version !== this.#rules.version) return misfit
    if (this.#isPlain || this.#checked.has(item)) return this.#give(ref, judged)
    const { schema } = this.#rules
    const value = this.#give(ref, judged)
    if (value === misfit || schema === undefined) return value
    const isFit = fits(schema, value)
    if (isThenable(isFit) || !isFit) return misfit
    this.#checked.add(item)
    return value
  }

  async #make(ref: KeyRef, judged: Judged): Promise<Made | typeof misfit> {
    const { item } = judged
    const { schema, version } = this.#rules
    if (item.version !== version) return await this.#migrated(ref, judged)
    const value = this.#give(ref, judged)
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
    const old = this.#give(ref, judged)
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
  #give(ref: KeyRef, judged: Judged): unknown {
    const { held } = judged.item
    if (held === undefined) return undefined
    try {
      return this.#core.holder.give(held)
    } catch (error) {
      const { events } = this.#core
      this.#core.counters.tier(judged.tier).corrupt += 1
      if (events.has('corrupt')) events.emit('corrupt', { key: ref.key, tier: judged.tier, error })
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
    const { counters, events } = this.#core
    const isStale = freshness !== 'fresh'
    const own = counters.tier(tier)
    own.hits += 1
    if (isStale) {
      own.stale += 1
      counters.staleHits += 1
    } else counters.hits += 1
    if (events.has('hit')) events.emit('hit', { key: ref.key, tier, stale: isStale })
  }

  #miss(ref: KeyRef, reason: MissReason): void {
    const { counters, events, stack } = this.#core
    counters.misses += 1
    for (const { name } of stack.tiers) counters.tier(name).misses += 1
    if (events.has('miss')) events.emit('miss', { key: ref.key, reason })
  }
}
