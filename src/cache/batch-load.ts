import type { BatchContext, CacheEntry } from '../contracts/cache-entry.ts'
import { HoldfastError } from '../contracts/errors.ts'
import type { Key } from '../contracts/key.ts'
import { type Duration, parseDuration } from '../util/duration.ts'
import { checkOptionNames } from '../util/options.ts'
import { untilAborted } from '../util/until-aborted.ts'
import type { CacheCore } from './cache-core.ts'
import type { Finder, Fit } from './finder.ts'
import type { Flight } from './flights.ts'
import { entryOf } from './item-entry.ts'
import type { KeyRef } from './key-ref.ts'
import type { LoadCall } from './load-options.ts'
import type { Loads } from './loads.ts'
import type { Looked } from './looked.ts'
import { loadTimeout, nothing, type Outcome, taken } from './outcome.ts'
import { waitWith } from './patience.ts'
import { checkTags } from './store-options.ts'

export type BatchLoader = (
  missing: readonly Key[],
  context: BatchContext,
) => Promise<ReadonlyMap<Key, unknown> | readonly unknown[]>

/** A key that is to be loaded. */
interface Wanted {
  readonly ref: KeyRef
  readonly looked: Looked
  readonly stale: Fit | undefined
}

interface OwnOptions {
  readonly ttl: number | undefined
  readonly tags: readonly string[] | undefined
}

/** One call of `getOrSetMany`: its keys are single flights like any other, whose loads are one call of the loader. */
export class BatchLoad {
  readonly #core: CacheCore
  readonly #loads: Loads
  readonly #finder: Finder
  readonly #loader: BatchLoader
  readonly #call: LoadCall
  readonly #own = new Map<string, OwnOptions>()

  constructor(core: CacheCore, loads: Loads, finder: Finder, loader: BatchLoader, call: LoadCall) {
    this.#core = core
    this.#loads = loads
    this.#finder = finder
    this.#loader = loader
    this.#call = call
  }

  async run(refs: readonly KeyRef[]): Promise<Map<Key, unknown>> {
    this.#call.signal?.throwIfAborted()
    const byId = new Map(refs.map((ref) => [ref.id, ref]))
    const looked = await untilAborted(
      this.#core.lookups.lookMany([...byId.values()]),
      this.#call.signal,
    )
    const values = new Map<string, unknown>()
    const wanted: Wanted[] = []
    for (const [id, ref] of byId) {
      const one = looked.get(id) ?? { judged: undefined, seen: [] }
      const fit = await this.#finder.fitOf(ref, one)
      if (fit?.judged.freshness === 'fresh' && !this.#call.forceFresh) {
        if (fit.judged.item.held !== undefined) values.set(id, fit.value)
      } else wanted.push({ ref, looked: { ...one, judged: fit?.judged }, stale: fit })
    }
    if (wanted.length > 0) await this.#loadAll(wanted, values)
    const result = new Map<Key, unknown>()
    for (const { id, key } of refs) if (values.has(id)) result.set(key, values.get(id))
    return result
  }

  async #loadAll(wanted: readonly Wanted[], values: Map<string, unknown>): Promise<void> {
    const { flights } = this.#loads
    const mine = wanted.filter(
      ({ ref }) => this.#call.forceFresh || flights.get(ref.id) === undefined,
    )
    const controller = new AbortController()
    let waiting = mine.length
    let call: Promise<(key: Key, index: number) => unknown> | undefined
    let begun: number | undefined
    const bring = (one: Wanted, index: number): Promise<unknown> => {
      begun ??= this.#core.stamps.next()
      call ??= this.#callLoader(mine, controller.signal)
      return call.then((loadedOf) => loadedOf(one.ref.key, index))
    }
    const started = new Map(
      mine.map((one, index) => {
        const { looked, ref } = one
        const job = { ref, looked, call: this.#call, isBackground: false, begun: () => begun }
        const flight = this.#loads.startWith(job, (context) => {
          const loaded = bring(one, index)
          return loaded.then((value) => {
            const { tags, ttl } = this.#own.get(ref.id) ?? {}
            if (ttl !== undefined) context.setTtl(ttl)
            if (tags !== undefined) context.setTags(...tags)
            return value
          })
        })
        // The loader is aborted when nobody waits for any of its keys, also of those that it was not yet asked for.
        flight.whenEnded((reason) => {
          waiting -= 1
          if (waiting === 0) controller.abort(reason)
        })
        return [ref.id, flight] as const
      }),
    )
    await Promise.all(wanted.map((one) => this.#await(one, started.get(one.ref.id), values)))
  }

  async #await(
    one: Wanted,
    started: Flight<Outcome> | undefined,
    values: Map<string, unknown>,
  ): Promise<void> {
    const { clock } = this.#core
    const { rules, signal } = this.#call
    const { ref, stale } = one
    const flight = started ?? this.#loads.flights.get(ref.id)
    // The load of another caller has ended meanwhile.
    if (flight === undefined) return await this.#again(one, values)
    const { leave, result } = flight.join()
    const soft = stale === undefined ? Number.POSITIVE_INFINITY : rules.softTimeout
    const ended = await waitWith(result, { soft, hard: rules.hardTimeout, signal }, clock)
    if (ended.how === 'soft') this.#loads.keep(flight, rules.hardTimeout - rules.softTimeout)
    leave()
    if (ended.how === 'value') {
      const value = ended.value.take()
      if (value === taken) return await this.#again(one, values)
      if (value !== nothing) values.set(ref.id, value)
      return
    }
    if (ended.how === 'aborted') throw ended.reason
    if (stale !== undefined && stale.judged.item.held !== undefined) {
      values.set(ref.id, stale.value)
      return
    }
    throw ended.how === 'error' ? ended.error : loadTimeout(rules.hardTimeout)
  }

  async #again({ ref }: Wanted, values: Map<string, unknown>): Promise<void> {
    const again = new BatchLoad(this.#core, this.#loads, this.#finder, this.#loader, this.#call)
    for (const [, value] of await again.run([ref])) values.set(ref.id, value)
  }

  /** Calls the loader once for all. @returns how to find what it brought for a key. */
  async #callLoader(
    wanted: readonly Wanted[],
    signal: AbortSignal,
  ): Promise<(key: Key, index: number) => unknown> {
    const stale = new Map<Key, CacheEntry>()
    const ids = new Map<Key, string>()
    for (const { ref, stale: fit } of wanted) {
      ids.set(ref.key, ref.id)
      if (fit?.judged.item.held !== undefined)
        stale.set(ref.key, entryOf(ref, fit.judged, this.#core.holder))
    }
    const context: BatchContext = {
      signal,
      stale,
      setOptions: (key, options) => {
        checkOptionNames('setOptions', options, ['ttl', 'tags'])
        const { tags, ttl } = options as { ttl?: Duration; tags?: readonly string[] }
        const id = ids.get(key)
        if (id === undefined) return
        this.#own.set(id, {
          ttl: ttl === undefined ? undefined : parseDuration('ttl', ttl),
          tags: tags === undefined ? undefined : checkTags({ tags }),
        })
      },
    }
    const loaded: unknown = await this.#loader(
      wanted.map(({ ref }) => ref.key),
      context,
    )
    if (Array.isArray(loaded) && loaded.length === wanted.length)
      return (_, index) => (loaded[index] === undefined ? nothing : loaded[index])
    if (loaded instanceof Map)
      return (key) => (loaded.has(key) ? (loaded.get(key) as unknown) : nothing)
    throw new HoldfastError(
      'ERR_LOAD_FAILED',
      `getOrSetMany: the loader must bring a Map by the keys that it was given, or an array of ${wanted.length} values in their order.`,
    )
  }
}
