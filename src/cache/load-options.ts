import type { LoadDefaults, LoadOptions, StoredVersion } from '../contracts/cache-entry.ts'
import type { StandardSchema } from '../contracts/standard-schema.ts'
import { parseDuration } from '../util/duration.ts'
import { checkOptionNames, invalidOption, oneOf } from '../util/options.ts'
import { checkFlag, checkSignal } from './read-options.ts'
import { RecentOptions } from './recent-options.ts'
import {
  checkTags,
  checkVersion,
  type StoreRules,
  storeNames,
  storeRules,
} from './store-options.ts'

/** When a fresh entry is refreshed before its end: from a share of its life on, or by XFetch with this `beta`. */
export type Eager = { readonly from: number } | { readonly beta: number }

/** {@link LoadDefaults}, checked and completed; milliseconds. */
export interface LoadRules {
  readonly ttl: number
  readonly grace: number
  readonly staleBackoff: number
  /** How long after its end an entry is served at once while it is refreshed; `Infinity` = as long as its grace. */
  readonly swr: number
  readonly eager: Eager | undefined
  readonly jitter: number
  readonly negativeTtl: number
  readonly isNegative: (error: unknown) => boolean
  readonly softTimeout: number
  readonly hardTimeout: number
  readonly lock: 'process' | 'cluster'
  readonly lockWait: number
  readonly cacheIf: ((value: never) => boolean) | undefined
  readonly schema: StandardSchema | undefined
  readonly version: string | number | undefined
  readonly migrate: ((stored: StoredVersion) => unknown) | undefined
}

/** What one call that may load is to do. */
export interface LoadCall {
  readonly rules: LoadRules
  readonly store: StoreRules
  readonly tagsOf: ((value: never) => readonly string[]) | undefined
  readonly forceFresh: boolean
  readonly signal: AbortSignal | undefined
}

/** Names of the options that a cache may give for all loads. */
export const defaultNames = [
  'ttl',
  'grace',
  'staleBackoff',
  'swr',
  'eager',
  'jitter',
  'negativeTtl',
  'isNegative',
  'softTimeout',
  'hardTimeout',
  'lock',
  'lockWait',
  'cacheIf',
  'schema',
  'version',
  'migrate',
] as const

export const loadNames: readonly string[] = [
  ...new Set<string>([...storeNames, ...defaultNames, 'forceFresh']),
]

export const noDefaults: LoadRules = Object.freeze({
  ttl: Number.POSITIVE_INFINITY,
  grace: 0,
  staleBackoff: 10_000,
  swr: 0,
  eager: undefined,
  jitter: 0,
  negativeTtl: 0,
  isNegative: isNotFound,
  softTimeout: Number.POSITIVE_INFINITY,
  hardTimeout: Number.POSITIVE_INFINITY,
  lock: 'process',
  lockWait: 5_000,
  cacheIf: undefined,
  schema: undefined,
  version: undefined,
  migrate: undefined,
})

/** `given` on top of `defaults`. @throws HoldfastError `ERR_INVALID_OPTION`. */
export function loadRules(given: LoadDefaults<never>, defaults: LoadRules): LoadRules {
  const { cacheIf, isNegative, migrate, schema, version } = given
  for (const [name, value] of Object.entries({ cacheIf, isNegative, migrate }))
    if (value !== undefined && typeof value !== 'function')
      throw invalidOption(name, value, 'a function')
  return Object.freeze({
    ttl: duration('ttl', given.ttl, defaults.ttl),
    grace: duration('grace', given.grace, defaults.grace),
    staleBackoff: duration('staleBackoff', given.staleBackoff, defaults.staleBackoff),
    swr: resolveSwr(given.swr, defaults.swr),
    eager: resolveEager(given.eager, defaults.eager),
    jitter: share('jitter', given.jitter, defaults.jitter),
    negativeTtl: duration('negativeTtl', given.negativeTtl, defaults.negativeTtl),
    isNegative: isNegative ?? defaults.isNegative,
    softTimeout: duration('softTimeout', given.softTimeout, defaults.softTimeout),
    hardTimeout: duration('hardTimeout', given.hardTimeout, defaults.hardTimeout),
    lock: oneOf('lock', given.lock, ['process', 'cluster'], defaults.lock),
    lockWait: duration('lockWait', given.lockWait, defaults.lockWait),
    cacheIf: cacheIf ?? defaults.cacheIf,
    schema: checkSchema(schema) ?? defaults.schema,
    version: checkVersion(version) ?? defaults.version,
    migrate: migrate ?? defaults.migrate,
  })
}

/** Checks the options of calls that may load: those of one cache, whose `defaults` hold where they say nothing. */
export class LoadCalls {
  /** The call without options: the same each time. */
  readonly plain: LoadCall
  readonly #defaults: LoadRules
  readonly #recent = new RecentOptions<LoadCall>(['tag', 'tags', 'signal'])

  constructor(defaults: LoadRules) {
    this.#defaults = defaults
    this.plain = loadCall('getOrSet', undefined, defaults)
  }

  /** @throws HoldfastError `ERR_INVALID_OPTION`. */
  of(what: string, options: LoadOptions<never> | undefined): LoadCall {
    if (options === undefined) return this.plain
    if (typeof options !== 'object' || options === null)
      return loadCall(what, options, this.#defaults)
    const call = this.#recent.get(options, (rest) => loadCall(what, rest, this.#defaults))
    const { tag, tags, signal } = options
    checkSignal(signal)
    if (tag === undefined && tags === undefined && signal === undefined) return call
    const isFixed = typeof tags !== 'function'
    const own = checkTags({ tag, tags: isFixed ? tags : undefined })
    return {
      ...call,
      signal,
      store: { ...call.store, tags: own },
      tagsOf: isFixed ? undefined : tags,
    }
  }
}

/** The options of a call that may load. @throws HoldfastError `ERR_INVALID_OPTION`. */
export function loadCall(
  what: string,
  options: LoadOptions<never> | undefined,
  defaults: LoadRules,
): LoadCall {
  if (options === undefined) {
    const store = storeRules({}, defaults)
    return { rules: defaults, store, tagsOf: undefined, forceFresh: false, signal: undefined }
  }
  checkOptionNames(what, options, loadNames)
  const { tags, forceFresh, signal, ...others } = options
  checkFlag('forceFresh', forceFresh)
  checkSignal(signal)
  const rules = loadRules(options, defaults)
  const isFixed = typeof tags !== 'function'
  return {
    rules,
    store: storeRules({ ...others, ...(isFixed && tags !== undefined ? { tags } : {}) }, rules),
    tagsOf: isFixed ? undefined : tags,
    forceFresh: forceFresh ?? false,
    signal,
  }
}

function isNotFound(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { code, name } = error as { code?: unknown; name?: unknown }
  return code === 'ERR_NOT_FOUND' || name === 'NotFound'
}

function duration(option: string, value: unknown, fallback: number): number {
  return value === undefined ? fallback : parseDuration(option, value)
}

function share(option: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  if (typeof value === 'number' && value >= 0 && value <= 1) return value
  throw invalidOption(option, value, 'a number from 0 to 1')
}

function resolveSwr(value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  if (value === false) return 0
  return value === true ? Number.POSITIVE_INFINITY : parseDuration('swr', value)
}

function resolveEager(value: unknown, fallback: Eager | undefined): Eager | undefined {
  if (value === undefined) return fallback
  if (typeof value === 'number' && value >= 0 && value <= 1)
    return value === 1 ? undefined : { from: value }
  const beta = (value as { beta?: unknown } | null)?.beta
  if (typeof beta === 'number' && beta > 0 && Number.isFinite(beta)) return { beta }
  throw invalidOption('eager', value, 'a number from 0 to 1, or { beta } for XFetch')
}

function checkSchema(value: unknown): StandardSchema | undefined {
  if (value === undefined) return undefined
  const standard = (value as { '~standard'?: { version?: unknown; validate?: unknown } } | null)?.[
    '~standard'
  ]
  if (standard?.version === 1 && typeof standard.validate === 'function')
    return value as StandardSchema
  throw invalidOption('schema', value, 'a schema that follows Standard Schema v1')
}
