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
import type { AnyFunction } from '../keys/memo-key.ts'
import { hashContent } from '../keys/pending-content.ts'
import { type Duration, parseDuration } from '../util/duration.ts'
import { checkIterable, invalidOption } from '../util/options.ts'
import { untilAborted } from '../util/until-aborted.ts'
import { BatchLoad, type BatchLoader } from './batch-load.ts'
import type { CacheCore } from './cache-core.ts'
import { CacheScope, usable } from './cache-scope.ts'
import { type CacheStats, statsOf } from './cache-stats.ts'
import { checkSetup, type SetupWarning } from './check-setup.ts'
import { type Explanation, explain } from './explain.ts'
import { type Finder, misfit } from './finder.ts'
import { GetOrSet } from './get-or-set.ts'
import { type HealthReport, healthOf } from './health.ts'
import { clearAll, type InvalidateOptions, invalidateTags } from './invalidate.ts'
import { entryOf } from './item-entry.ts'
import { type KeyRef, type KeySpace, mayNameContent } from './key-ref.ts'
import type { Loader } from './load-job.ts'
import type { Loads } from './loads.ts'
import { type CacheMemoized, type CacheMemoizeOptions, memoizeIn } from './memoize.ts'
import { checkReadOptions } from './read-options.ts'
import { StoreCalls } from './store-options.ts'
import { Writes } from './writes.ts'

/**
 * A cache over several tiers, made by `createCache`. Verbs for one key do what their names say in every tier; a tier that is
 * down costs no caller more than its deadline.
 */
export class Cache<V = unknown> implements AsyncDisposable {
  readonly #core: CacheCore
  readonly #loads: Loads
  readonly #space: KeySpace
  readonly #scope: CacheScope
  readonly #finder: Finder
  readonly #getOrSet: GetOrSet
  readonly #writes: Writes
  readonly #storeCalls: StoreCalls

  /** @internal */
  constructor(core: CacheCore, loads: Loads, space: KeySpace) {
    this.#core = core
    this.#loads = loads
    this.#space = space
    this.#scope = new CacheScope(core, space)
    this.#finder = this.#scope.finder
    this.#getOrSet = new GetOrSet(core, loads)
    this.#writes = new Writes(core)
    this.#storeCalls = new StoreCalls(core.options.rules)
  }

  /** The fresh value that is in memory now; never waits, and asks nobody. */
  peek<T = V>(key: Key): T | undefined {
    this.#core.checkOpen()
    if (this.#core.starting !== undefined) return undefined
    const value = this.#finder.now(this.#space, key)
    return value === misfit ? undefined : (value as T)
  }

  /** The fresh value of `key`; `undefined` if there is none. With `stale`, also one that has expired and may still be used. */
  async get<T = V>(key: Key, options?: ReadOptions): Promise<T | undefined> {
    this.#core.checkOpen()
    if (options === undefined && this.#core.starting === undefined && !mayNameContent(key)) {
      const value = this.#finder.now(this.#space, key)
      if (value !== misfit) return value as T
    }
    const { fit } = await this.#scope.find(key, options)
    return fit?.value as T | undefined
  }

  /** What is stored under `key`, fresh or stale, and which tier had it. */
  async getEntry<T = V>(key: Key, options?: ReadOptions): Promise<CacheEntry<T> | undefined> {
    this.#core.checkOpen()
    const { ref, fit } = await this.#scope.find(key, { stale: true, ...options })
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
    const call = this.#scope.call('getOrSet', options as LoadOptions<never> | undefined)
    const finder = this.#scope.finderOf(call)
    if (mayNameContent(key) && hashContent(key) !== undefined)
      return (await this.#getOrSet.slow(
        finder,
        await this.#scope.ref(key, call.signal),
        loader as Loader,
        call,
      )) as T
    return this.#getOrSet.run(finder, this.#space, key, loader as Loader, call) as T | Promise<T>
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
    const call = this.#scope.call('getOrSetMany', options as LoadOptions<never> | undefined)
    await this.#core.starting
    const refs = await this.#scope.refs(keys, call.signal)
    const finder = this.#scope.finderOf(call)
    const batch = new BatchLoad(this.#core, this.#loads, finder, load as BatchLoader, call)
    return (await batch.run(refs)) as Map<Key, T>
  }

  /** The fresh values of those `keys` that have one, in their order. */
  async getMany<T = V>(keys: readonly Key[], options?: ReadOptions): Promise<Map<Key, T>> {
    this.#core.checkOpen()
    checkReadOptions('getMany', options)
    await this.#core.starting
    const refs = await this.#scope.refs(keys, options?.signal)
    const looked = await untilAborted(this.#core.lookups.lookMany(refs), options?.signal)
    const values = new Map<Key, T>()
    for (const ref of refs) {
      const one = looked.get(ref.id)
      if (one === undefined) continue
      const fit = await this.#finder.fitOf(ref, usable(one, options?.stale === true))
      if (fit !== undefined && fit.judged.item.held !== undefined)
        values.set(ref.key, fit.value as T)
    }
    return values
  }

  /** Keeps `value` in every tier. Resolves when the local tiers have it and the others have it or will get it. */
  async set(key: Key, value: V, options?: StoreOptions): Promise<void> {
    this.#core.checkOpen()
    const rules = this.#storeCalls.of('set', options)
    options?.signal?.throwIfAborted()
    const held = this.#core.holder.hold(value)
    const isReady = this.#core.starting === undefined && !mayNameContent(key)
    const ref = isReady ? this.#space.ref(key) : await this.#scope.ref(key, undefined)
    await this.#writes.set(ref, held, rules)
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
      const rules = this.#storeCalls.of('set', options)
      options?.signal?.throwIfAborted()
      return { key, held: this.#core.holder.hold(value), rules }
    })
    await this.#core.starting
    const refs = await this.#scope.refs(
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
    const rules = this.#storeCalls.of('add', options)
    options?.signal?.throwIfAborted()
    const held = this.#core.holder.hold(value)
    await this.#core.starting
    return await this.#writes.add(await this.#scope.ref(key, options?.signal), held, rules)
  }

  /** Whether `key` has a fresh value. */
  async has(key: Key): Promise<boolean> {
    this.#core.checkOpen()
    const { judged } = await this.#core.lookups.look(
      await this.#scope.ref(key, undefined),
      undefined,
    )
    if (judged?.freshness !== 'fresh' || judged.item.held === undefined) return false
    const { migrate, version } = this.#core.options.rules
    return judged.item.version === version || migrate !== undefined
  }

  /** Gives the entry of `key` a new life time, by default the cache's. @returns whether there is a fresh one. */
  async touch(key: Key, ttl?: Duration): Promise<boolean> {
    this.#core.checkOpen()
    const life = ttl === undefined ? this.#core.options.rules.ttl : parseDuration('ttl', ttl)
    return await this.#writes.touch(await this.#scope.ref(key, undefined), life)
  }

  /** Removes the entry of `key` everywhere. @returns whether a tier had one. */
  async delete(key: Key): Promise<boolean> {
    return (await this.deleteMany([key])) > 0
  }

  /** @returns how many were there. */
  async deleteMany(keys: readonly Key[]): Promise<number> {
    this.#core.checkOpen()
    await this.#core.starting
    const refs = await this.#scope.refs(keys, undefined)
    const found = await Promise.all(refs.map((ref) => this.#writes.delete(ref)))
    return found.filter((one) => one).length
  }

  /** Makes the entry of `key` stale: it is served for its grace only. @returns whether there was a fresh one. */
  async expire(key: Key): Promise<boolean> {
    this.#core.checkOpen()
    return await this.#writes.expire(await this.#scope.ref(key, undefined))
  }

  /**
   * Makes every entry of this namespace that has one of `tags` stale, in every node; with `hard`, absent. It costs the same
   * however many entries there are.
   */
  async invalidateTags(...tags: readonly (string | InvalidateOptions)[]): Promise<void> {
    this.#core.checkOpen()
    await invalidateTags(this.#core, this.#space, tags)
  }

  /** Makes everything in this namespace, and in those below it, absent at once. It costs the same however much there is. */
  async clear(): Promise<void> {
    this.#core.checkOpen()
    await clearAll(this.#core, this.#space)
  }

  /** The part of this cache with that name: its keys, tags and `clear` are apart from all others. */
  namespace<W = V>(name: string): Cache<W> {
    this.#core.checkOpen()
    return new Cache<W>(this.#core, this.#loads, this.#space.below(name))
  }

  /** `fn`, remembering its results here: a call with equal arguments is a lookup. */
  memoize<F extends AnyFunction>(fn: F, options?: CacheMemoizeOptions<F>): CacheMemoized<F> {
    this.#core.checkOpen()
    return memoizeIn(this as Cache<unknown>, fn, options)
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
    return await explain(this.#core, await this.#scope.ref(key, undefined))
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
}
