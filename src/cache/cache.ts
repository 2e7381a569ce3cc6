import type {
  BatchContext,
  CacheEntry,
  LoadContext,
  LoadOptions,
  ReadOptions,
  StoreOptions,
} from '../contracts/cache-entry.ts'
import type { CacheEventName, CacheEvents } from '../contracts/cache-events.ts'
import type { Key } from '../contracts/key.ts'
import { hashContent } from '../keys/pending-content.ts'
import { type Duration, parseDuration } from '../util/duration.ts'
import { checkIterable, checkOptionNames, invalidOption } from '../util/options.ts'
import { untilAborted } from '../util/until-aborted.ts'
import { BatchLoad, type BatchLoader } from './batch-load.ts'
import type { CacheCore } from './cache-core.ts'
import { type CacheStats, statsOf } from './cache-stats.ts'
import { checkSetup, type SetupWarning } from './check-setup.ts'
import { type Explanation, explain } from './explain.ts'
import { Finder } from './finder.ts'
import { GetOrSet } from './get-or-set.ts'
import { type HealthReport, healthOf } from './health.ts'
import { entryOf } from './item-entry.ts'
import type { KeyRef, KeySpace } from './key-ref.ts'
import { type LoadCall, loadCall } from './load-options.ts'
import type { Loader, Loads } from './loads.ts'
import { clearMark, tagMark } from './markers.ts'
import { noLease } from './options.ts'
import { checkFlag, checkReadOptions } from './read-options.ts'
import { checkedStoreRules, checkTag } from './store-options.ts'
import { Writes } from './writes.ts'

/** How `invalidateTags` invalidates. */
export interface InvalidateOptions {
  /** Absent at once, instead of stale: they are not served for their grace either. @default false */
  readonly hard?: boolean | undefined
}

/**
 * A cache over several tiers, made by `createCache`. Verbs for one key do what their names say in every tier; a tier that is
 * down costs no caller more than its deadline.
 */
export class Cache<V = unknown> implements AsyncDisposable {
  readonly #core: CacheCore
  readonly #loads: Loads
  readonly #space: KeySpace
  readonly #finder: Finder
  readonly #getOrSet: GetOrSet
  readonly #writes: Writes

  /** @internal */
  constructor(core: CacheCore, loads: Loads, space: KeySpace) {
    this.#core = core
    this.#loads = loads
    this.#space = space
    this.#finder = new Finder(core, core.options.rules)
    this.#getOrSet = new GetOrSet(core, loads)
    this.#writes = new Writes(core)
  }

  /** The fresh value that is in memory now; never waits, and asks nobody. */
  peek<T = V>(key: Key): T | undefined {
    this.#core.checkOpen()
    if (this.#core.starting !== undefined) return undefined
    return this.#finder.now(this.#space.ref(key))?.value as T | undefined
  }

  /** The fresh value of `key`; `undefined` if there is none. With `stale`, also one that has expired and may still be used. */
  async get<T = V>(key: Key, options?: ReadOptions): Promise<T | undefined> {
    this.#core.checkOpen()
    if (options === undefined && typeof key !== 'object' && this.#core.starting === undefined) {
      const fit = this.#finder.now(this.#space.ref(key))
      if (fit !== undefined) return fit.value as T
    }
    const { fit } = await this.#find(key, options)
    return fit?.value as T | undefined
  }

  async #find(key: Key, options: ReadOptions | undefined) {
    checkReadOptions('get', options)
    const ref = await this.#ref(key, options?.signal)
    const looked = await this.#core.look(ref, options?.signal)
    const { judged } = looked
    const isUsable =
      judged?.freshness === 'fresh' || (options?.stale === true && judged?.freshness === 'stale')
    const usable = isUsable ? looked : { ...looked, judged: undefined, unused: judged }
    return { ref, fit: await this.#finder.fitOf(ref, usable) }
  }

  /** What is stored under `key`, fresh or stale, and which tier had it. */
  async getEntry<T = V>(key: Key, options?: ReadOptions): Promise<CacheEntry<T> | undefined> {
    this.#core.checkOpen()
    const { ref, fit } = await this.#find(key, { stale: true, ...options })
    if (fit === undefined || fit.judged.item.held === undefined) return undefined
    return { ...entryOf(ref, fit.judged, this.#core.holder), value: fit.value as T }
  }

  /**
   * The value of `key`; `loader` brings it if there is none that is fresh. All callers of one key wait for one load.
   * @throws what the loader throws; HoldfastError `ERR_LOAD_TIMEOUT`, `ERR_SCHEMA`, `ERR_NOT_FOUND` for a remembered absence.
   */
  async getOrSet<T = V>(
    key: Key,
    loader: (context: LoadContext<T>) => T | Promise<T>,
    options?: LoadOptions<T>,
  ): Promise<T> {
    this.#core.checkOpen()
    if (typeof loader !== 'function') throw invalidOption('loader', loader, 'a function')
    const call = this.#call('getOrSet', options as LoadOptions<never> | undefined)
    const finder = this.#finderOf(call)
    const ref = typeof key === 'object' ? await this.#ref(key, call.signal) : this.#space.ref(key)
    return this.#getOrSet.run(finder, ref, loader as Loader, call) as T | Promise<T>
  }

  /**
   * The values of `keys`; `load` is called once, with those that are missing or stale. What it does not bring is not in the
   * result.
   */
  async getOrSetMany<T = V>(
    keys: readonly Key[],
    load: (
      missing: readonly Key[],
      context: BatchContext,
    ) => Promise<ReadonlyMap<Key, T> | readonly T[]>,
    options?: LoadOptions<T>,
  ): Promise<Map<Key, T>> {
    this.#core.checkOpen()
    if (typeof load !== 'function') throw invalidOption('load', load, 'a function')
    const call = this.#call('getOrSetMany', options as LoadOptions<never> | undefined)
    await this.#core.starting
    const refs = await this.#refs(keys, call.signal)
    const finder = this.#finderOf(call)
    const batch = new BatchLoad(this.#core, this.#loads, finder, load as BatchLoader, call)
    return (await batch.run(refs)) as Map<Key, T>
  }

  /** The fresh values of those `keys` that have one, in their order. */
  async getMany<T = V>(keys: readonly Key[], options?: ReadOptions): Promise<Map<Key, T>> {
    this.#core.checkOpen()
    checkReadOptions('getMany', options)
    await this.#core.starting
    const refs = await this.#refs(keys, options?.signal)
    const looked = await untilAborted(this.#core.lookMany(refs), options?.signal)
    const values = new Map<Key, T>()
    for (const ref of refs) {
      const one = looked.get(ref.id)
      if (one === undefined) continue
      const { judged } = one
      const isUsable = judged?.freshness === 'fresh' || options?.stale === true
      const fit = await this.#finder.fitOf(
        ref,
        isUsable ? one : { ...one, judged: undefined, unused: judged },
      )
      if (fit !== undefined && fit.judged.item.held !== undefined)
        values.set(ref.key, fit.value as T)
    }
    return values
  }

  /** Keeps `value` in every tier. Resolves when the local tiers have it and the others have it or will get it. */
  async set(key: Key, value: V, options?: StoreOptions): Promise<void> {
    await this.#setAll([[key, value, options]])
  }

  /** As {@link set} for each; what is wrong with any of them is found before the first is stored. */
  async setMany(entries: Iterable<readonly [Key, V, StoreOptions?]>): Promise<void> {
    const all = Array.from(
      checkIterable('entries', entries),
      ([key, value, options]) => [key, value, options] as const,
    )
    await this.#setAll(all)
  }

  async #setAll(entries: readonly (readonly [Key, V, StoreOptions | undefined])[]): Promise<void> {
    this.#core.checkOpen()
    const prepared = entries.map(([key, value, options]) => {
      const rules = checkedStoreRules('set', options, this.#core.options.rules)
      options?.signal?.throwIfAborted()
      return { key, held: this.#core.holder.hold(value), rules }
    })
    await this.#core.starting
    const refs = await this.#refs(
      prepared.map(({ key }) => key),
      undefined,
    )
    await Promise.all(
      prepared.map(({ held, rules }, index) =>
        this.#writes.set(refs[index] as KeyRef, held, rules),
      ),
    )
  }

  /** Keeps `value` unless the key has a fresh one. @returns whether it was kept. Atomic in the slowest tier. */
  async add(key: Key, value: V, options?: StoreOptions): Promise<boolean> {
    this.#core.checkOpen()
    const rules = checkedStoreRules('add', options, this.#core.options.rules)
    options?.signal?.throwIfAborted()
    const held = this.#core.holder.hold(value)
    await this.#core.starting
    return await this.#writes.add(await this.#ref(key, options?.signal), held, rules)
  }

  /** Whether `key` has a fresh value. */
  async has(key: Key): Promise<boolean> {
    this.#core.checkOpen()
    const { judged } = await this.#core.look(await this.#ref(key, undefined), undefined)
    if (judged?.freshness !== 'fresh' || judged.item.held === undefined) return false
    const { migrate, version } = this.#core.options.rules
    return judged.item.version === version || migrate !== undefined
  }

  /** Gives the entry of `key` a new life time, by default the cache's. @returns whether there is a fresh one. */
  async touch(key: Key, ttl?: Duration): Promise<boolean> {
    this.#core.checkOpen()
    const life = ttl === undefined ? this.#core.options.rules.ttl : parseDuration('ttl', ttl)
    return await this.#writes.touch(await this.#ref(key, undefined), life)
  }

  /** Removes the entry of `key` everywhere. @returns whether a tier had one. */
  async delete(key: Key): Promise<boolean> {
    return (await this.deleteMany([key])) > 0
  }

  /** @returns how many were there. */
  async deleteMany(keys: readonly Key[]): Promise<number> {
    this.#core.checkOpen()
    await this.#core.starting
    const refs = await this.#refs(keys, undefined)
    const found = await Promise.all(refs.map((ref) => this.#writes.delete(ref)))
    return found.filter((one) => one).length
  }

  /** Makes the entry of `key` stale: it is served for its grace only. @returns whether there was a fresh one. */
  async expire(key: Key): Promise<boolean> {
    this.#core.checkOpen()
    return await this.#writes.expire(await this.#ref(key, undefined))
  }

  /**
   * Makes every entry of this namespace that has one of `tags` stale, in every node; with `hard`, absent. It costs the same
   * however many entries there are.
   */
  async invalidateTags(...tags: readonly (string | InvalidateOptions)[]): Promise<void> {
    this.#core.checkOpen()
    const last = tags.at(-1)
    const options = typeof last === 'object' ? last : undefined
    if (options !== undefined) {
      checkOptionNames('invalidateTags', options, ['hard'])
      checkFlag('hard', options.hard)
    }
    const names = options === undefined ? tags : tags.slice(0, -1)
    for (const tag of names) checkTag(tag)
    if (names.length === 0) return
    await this.#core.starting
    const hard = options?.hard === true
    const marks = names.map((tag) => tagMark(this.#space.path, tag as string))
    await this.#core.invalidate(this.#space.path, marks, hard)
    this.#core.counters.tagInvalidations += 1
    const { events } = this.#core
    if (events.has('tagInvalidate'))
      events.emit('tagInvalidate', { tags: names as string[], hard, isRemote: false })
  }

  /** Makes everything in this namespace, and in those below it, absent at once. It costs the same however much there is. */
  async clear(): Promise<void> {
    this.#core.checkOpen()
    await this.#core.starting
    const { path } = this.#space
    const done = this.#core.invalidate(path, [clearMark(path)], true)
    for (const tier of this.#core.stack.tiers) if (tier.isMemory) tier.clear(path)
    await done
  }

  /** The part of this cache with that name: its keys, tags and `clear` are apart from all others. */
  namespace<W = V>(name: string): Cache<W> {
    this.#core.checkOpen()
    return new Cache<W>(this.#core, this.#loads, this.#space.below(name))
  }

  /** @returns what ends it. */
  on<E extends CacheEventName>(event: E, listener: (payload: CacheEvents[E]) => void): () => void {
    return this.#core.events.on(event, listener)
  }

  /** What was counted since the cache was made; namespaces count together. */
  stats(): CacheStats {
    return statsOf(this.#core)
  }

  /** How the tiers and the bus do. */
  async health(): Promise<HealthReport> {
    this.#core.checkOpen()
    return await healthOf(this.#core)
  }

  /** Where the entry of `key` is, how old, and why it was last missed. Counts as no read. */
  async explain(key: Key): Promise<Explanation> {
    this.#core.checkOpen()
    return await explain(this.#core, await this.#ref(key, undefined))
  }

  /** What is risky in how the cache was set up; empty if nothing is. */
  checkSetup(): readonly SetupWarning[] {
    return checkSetup(this.#core)
  }

  /** Waits for background work, writes what waits to be written, and closes what the cache opened itself. */
  async close(): Promise<void> {
    if (this.#space.path !== '') return
    await this.#core.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #ref(key: Key, signal: AbortSignal | undefined): Promise<KeyRef> {
    if (this.#core.starting !== undefined) await this.#core.starting
    const hashed = hashContent(key, signal)
    const ref = this.#space.ref(hashed === undefined ? key : await hashed)
    return hashed === undefined ? ref : { ...ref, key }
  }

  async #refs(keys: readonly Key[], signal: AbortSignal | undefined): Promise<readonly KeyRef[]> {
    const refs: KeyRef[] = []
    for (const key of checkIterable('keys', keys)) refs.push(await this.#ref(key, signal))
    return refs
  }

  #call(what: string, options: LoadOptions<never> | undefined): LoadCall {
    const call = loadCall(what, options, this.#core.options.rules)
    const { tiers } = this.#core.options
    if (call.rules.lock === 'cluster' && !tiers.some(({ canLease }) => canLease)) throw noLease()
    return call
  }

  /** Calls that bring options of their own find what fits these. */
  #finderOf({ rules }: LoadCall): Finder {
    const { migrate, schema, version } = this.#core.options.rules
    const isUsual =
      rules.migrate === migrate && rules.schema === schema && rules.version === version
    return isUsual ? this.#finder : new Finder(this.#core, rules)
  }
}
