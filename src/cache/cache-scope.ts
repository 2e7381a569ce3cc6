import type { LoadOptions, ReadOptions } from '../contracts/cache-entry.ts'
import type { Key } from '../contracts/key.ts'
import { hashContent } from '../keys/pending-content.ts'
import { checkIterable } from '../util/options.ts'
import type { CacheCore } from './cache-core.ts'
import { Finder, type Fit } from './finder.ts'
import type { KeyRef, KeySpace } from './key-ref.ts'
import { type LoadCall, LoadCalls, type LoadRules } from './load-options.ts'
import type { Looked } from './looked.ts'
import { noLease } from './options.ts'
import { checkReadOptions } from './read-options.ts'

/** What a read may use of what was found: what is fresh, and what is stale if it asks for that. */
export function usable(looked: Looked, stale: boolean): Looked {
  const { judged } = looked
  const isUsable = judged?.freshness === 'fresh' || (stale && judged?.freshness === 'stale')
  return isUsable ? looked : { ...looked, judged: undefined, unused: judged }
}

/** What the verbs of a cache, or of one of its namespaces, begin with: keys become refs, options rules, and reads finds. */
export class CacheScope {
  /** Finds what fits the rules of the cache. */
  readonly finder: Finder
  /** Those of calls with other rules: each remembers which entries it has checked. */
  readonly #finders = new WeakMap<LoadRules, Finder>()
  readonly #core: CacheCore
  readonly #space: KeySpace
  readonly #calls: LoadCalls

  constructor(core: CacheCore, space: KeySpace) {
    this.#core = core
    this.#space = space
    this.finder = new Finder(core, core.options.rules)
    this.#calls = new LoadCalls(core.options.rules)
  }

  /** What `key` is found by, when the cache is ready; what it says of files is looked up. */
  async ref(key: Key, signal: AbortSignal | undefined): Promise<KeyRef> {
    if (this.#core.starting !== undefined) await this.#core.starting
    const hashed = hashContent(key, signal)
    const ref = this.#space.ref(hashed === undefined ? key : await hashed)
    return hashed === undefined ? ref : { ...ref, key }
  }

  async refs(keys: readonly Key[], signal: AbortSignal | undefined): Promise<readonly KeyRef[]> {
    const refs: KeyRef[] = []
    for (const key of checkIterable('keys', keys)) refs.push(await this.ref(key, signal))
    return refs
  }

  async find(
    key: Key,
    options: ReadOptions | undefined,
  ): Promise<{ readonly ref: KeyRef; readonly fit: Fit | undefined }> {
    checkReadOptions('get', options)
    const ref = await this.ref(key, options?.signal)
    const looked = await this.#core.lookups.look(ref, options?.signal)
    const fit = await this.finder.fitOf(ref, usable(looked, options?.stale === true))
    return { ref, fit }
  }

  /** @throws HoldfastError `ERR_INVALID_OPTION`. */
  call(what: string, options: LoadOptions<never> | undefined): LoadCall {
    const call = this.#calls.of(what, options)
    if (call === this.#calls.plain) return call
    const { tiers } = this.#core.options
    if (call.rules.lock === 'cluster' && !tiers.some(({ canLease }) => canLease)) throw noLease()
    return call
  }

  /** Calls that bring options of their own find what fits these. */
  finderOf(call: LoadCall): Finder {
    if (call === this.#calls.plain) return this.finder
    const { rules } = call
    const { migrate, schema, version } = this.#core.options.rules
    const isUsual =
      rules.migrate === migrate && rules.schema === schema && rules.version === version
    if (isUsual) return this.finder
    let finder = this.#finders.get(rules)
    if (finder === undefined) {
      finder = new Finder(this.#core, rules)
      this.#finders.set(rules, finder)
    }
    return finder
  }
}
