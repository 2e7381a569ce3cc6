import type { StoreOptions } from '../contracts/cache-entry.ts'
import type { Meta } from '../contracts/entry.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { checkTag } from '../util/check-tag.ts'
import { parseDuration } from '../util/duration.ts'
import { checkOptionNames, invalidOption } from '../util/options.ts'
import { checkFlag, checkSignal } from './read-options.ts'
import { RecentOptions } from './recent-options.ts'

/** {@link StoreOptions}, checked and completed; milliseconds. */
export interface StoreRules {
  readonly ttl: number
  /** End of life in milliseconds since the epoch; wins over `ttl`. */
  readonly expiresAt: number | undefined
  readonly grace: number
  readonly jitter: number
  readonly tags: readonly string[]
  readonly etag: string | undefined
  readonly lastModified: string | undefined
  readonly version: string | number | undefined
  readonly description: string | undefined
  readonly meta: Meta | undefined
  readonly strict: boolean
}

/** Names that every verb which stores accepts. */
export const storeNames = [
  'ttl',
  'expiresAt',
  'grace',
  'tag',
  'tags',
  'etag',
  'lastModified',
  'version',
  'description',
  'meta',
  'strict',
  'signal',
] as const

/** What a call takes from the cache where it says nothing. */
export interface StoreDefaults {
  readonly ttl: number
  readonly grace: number
  readonly swr: number
  readonly jitter: number
  readonly version: string | number | undefined
}

const noTags: readonly string[] = Object.freeze([])

/** The options of a verb that stores. @throws HoldfastError `ERR_INVALID_OPTION`. */
export function checkedStoreRules(
  what: string,
  options: StoreOptions | undefined,
  defaults: StoreDefaults,
): StoreRules {
  if (options === undefined) return storeRules({}, defaults)
  checkOptionNames(what, options, storeNames)
  return storeRules(options, defaults)
}

/** Checks the options of the verbs of one cache that store; its `defaults` hold where they say nothing. */
export class StoreCalls {
  readonly #defaults: StoreDefaults
  readonly #plain: StoreRules
  readonly #recent = new RecentOptions<StoreRules>(['tag', 'tags', 'signal'])

  constructor(defaults: StoreDefaults) {
    this.#defaults = defaults
    this.#plain = storeRules({}, defaults)
  }

  /** @throws HoldfastError `ERR_INVALID_OPTION`. */
  of(what: string, options: StoreOptions | undefined): StoreRules {
    if (options === undefined) return this.#plain
    if (typeof options !== 'object' || options === null)
      return checkedStoreRules(what, options, this.#defaults)
    const rules = this.#recent.get(options, (rest) => checkedStoreRules(what, rest, this.#defaults))
    const { signal, tag, tags } = options
    checkSignal(signal)
    return tag === undefined && tags === undefined ? rules : { ...rules, tags: checkTags(options) }
  }
}

/** As {@link checkedStoreRules}, of options whose names were checked. */
export function storeRules(options: StoreOptions, defaults: StoreDefaults): StoreRules {
  const { description, etag, lastModified, strict, version } = options
  checkSignal(options.signal)
  for (const [name, value] of Object.entries({ description, etag, lastModified }))
    if (value !== undefined && typeof value !== 'string')
      throw invalidOption(name, value, 'a string')
  checkFlag('strict', strict)
  const grace = options.grace === undefined ? defaults.grace : parseDuration('grace', options.grace)
  return {
    ttl: options.ttl === undefined ? defaults.ttl : parseDuration('ttl', options.ttl),
    expiresAt: resolveEnd(options),
    // What is served while it is refreshed must still be there; `swr: true` means as long as the grace.
    grace: Number.isFinite(defaults.swr) ? Math.max(grace, defaults.swr) : grace,
    jitter: defaults.jitter,
    tags: checkTags(options),
    etag,
    lastModified,
    version: checkVersion(version) ?? defaults.version,
    description,
    meta: checkMeta(options.meta),
    strict: strict ?? false,
  }
}

/** The tags of `options`, each once. */
export function checkTags({ tag, tags }: Pick<StoreOptions, 'tag' | 'tags'>): readonly string[] {
  if (tag === undefined && tags === undefined) return noTags
  if (tags !== undefined && !Array.isArray(tags))
    throw invalidOption('tags', tags, 'an array of strings')
  const all = [...(tag === undefined ? [] : [tag]), ...(tags ?? [])]
  for (const one of all) checkTag(one)
  return [...new Set(all)]
}

export function checkVersion(value: unknown): string | number | undefined {
  if (value === undefined || typeof value === 'string') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw invalidOption('version', value, 'a string or a finite number')
}

function checkMeta(value: unknown): Meta | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Meta
  throw invalidOption('meta', value, 'a plain object')
}

function resolveEnd({ ttl, expiresAt }: StoreOptions): number | undefined {
  if (expiresAt === undefined) return undefined
  if (ttl !== undefined)
    throw new HoldfastError('ERR_INVALID_OPTION', 'ttl and expiresAt: give one of them, not both.')
  const time: unknown = expiresAt instanceof Date ? expiresAt.getTime() : expiresAt
  if (typeof time === 'number' && !Number.isNaN(time)) return time
  throw invalidOption('expiresAt', expiresAt, 'a valid Date or milliseconds since the epoch')
}
