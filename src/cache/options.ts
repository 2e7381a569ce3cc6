import { randomBytes } from 'node:crypto'
import { auto } from '../codecs/auto.ts'
import type { Bus } from '../contracts/bus.ts'
import type { LoadDefaults } from '../contracts/cache-entry.ts'
import type { CacheEvents } from '../contracts/cache-events.ts'
import { type Clock, systemClock } from '../contracts/clock.ts'
import type { Codec } from '../contracts/codec.ts'
import type { Compression } from '../contracts/compression.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { type ResolvedCompression, resolveCompression } from '../frame/compression-options.ts'
import { type Encryption, isEncryption } from '../frame/encryption.ts'
import { type Duration, parseDuration } from '../util/duration.ts'
import { checkOptionNames, invalidOption } from '../util/options.ts'
import { defaultNames, type LoadRules, loadRules, noDefaults } from './load-options.ts'
import { checkClock, checkCodec } from './part-options.ts'
import type { Tier } from './tier.ts'

/** An event of a cache, as `onEvent` is told of it. */
export type CacheEvent = {
  [E in keyof CacheEvents]: { readonly type: E } & CacheEvents[E]
}[keyof CacheEvents]

/** Options of `createCache`. */
export interface CacheOptions extends LoadDefaults<never> {
  /** Where entries are kept, fastest first: at least one. */
  readonly tiers: readonly Tier[]
  /** Tells other machines what changed, so that their memory tiers follow at once. @default none */
  readonly bus?: Bus | undefined
  /** What the entries are called in shared tiers: caches with the same name share them. @default 'cache' */
  readonly name?: string | undefined
  /** Encodes every value. @default auto(), which keeps the value's type */
  readonly codec?: Codec | undefined
  /** How values are compressed in tiers that store bytes. @default 'none' */
  readonly compress?: Compression | undefined
  /** Encrypts values in tiers that store bytes; see `encryption`. @default none */
  readonly encrypt?: Encryption | undefined
  /** How late this process may learn of tags and clears by others, where no bus tells it. @default '1s' */
  readonly markerTtl?: Duration | undefined
  /**
   * How far apart the clocks of two machines may be: entries that another machine stored within this time after an invalidation
   * count as older than it. @default '250ms' where a tier is on the network, otherwise 0
   */
  readonly clockSkew?: Duration | undefined
  /** Refreshes in the background at once; further ones are left to the next read. @default 64 */
  readonly maxBackground?: number | undefined
  /** Where time comes from. @default the machine's clock */
  readonly clock?: Clock | undefined
  /** At least 0 and below 1: draws jitter. @default Math.random */
  readonly random?: (() => number) | undefined
  /** Called with every event. Its own errors are process warnings. */
  readonly onEvent?: ((event: CacheEvent) => void) | undefined
}

/** {@link CacheOptions}, checked and completed. */
export interface ResolvedCacheOptions {
  readonly tiers: readonly Tier[]
  readonly bus: Bus | undefined
  readonly name: string
  /** This process and cache, among all that share its tiers. */
  readonly node: string
  readonly codec: Codec
  readonly compression: ResolvedCompression | undefined
  readonly encryption: Encryption | undefined
  readonly markerTtl: number
  readonly markerTtlWithBus: number
  /** Milliseconds that the clocks of two nodes may differ. */
  readonly skew: number
  readonly background: number
  readonly clock: Clock
  readonly random: () => number
  readonly onEvent: ((event: CacheEvent) => void) | undefined
  readonly rules: LoadRules
}

export const cacheOptionNames: readonly string[] = [
  'tiers',
  'bus',
  'name',
  'codec',
  'compress',
  'encrypt',
  'markerTtl',
  'clockSkew',
  'maxBackground',
  'clock',
  'random',
  'onEvent',
  ...defaultNames,
] as const

/** Buses lose messages without saying so: even with one, what is known is looked at again after so many `markerTtl`. */
const looksWithBus = 30

/** @throws HoldfastError `ERR_INVALID_OPTION`. */
export function resolveCacheOptions(options: CacheOptions): ResolvedCacheOptions {
  if (options === undefined) throw invalidOption('createCache', options, '{ tiers: [memory()] }')
  checkOptionNames('createCache', options, cacheOptionNames)
  const tiers = checkTiers(options.tiers)
  const { bus, encrypt, maxBackground = 64, name = 'cache', onEvent } = options
  if (typeof name !== 'string' || !/^[A-Za-z0-9_.-]{1,100}$/.test(name))
    throw invalidOption('name', name, '1 to 100 of A-Z a-z 0-9 _ . -')
  if (bus !== undefined && typeof bus?.publish !== 'function')
    throw invalidOption('bus', bus, 'a bus, such as memoryBus()')
  if (!Number.isSafeInteger(maxBackground) || maxBackground < 0)
    throw invalidOption('maxBackground', maxBackground, 'a whole number from 0 up')
  if (encrypt !== undefined && !isEncryption(encrypt))
    throw new HoldfastError('ERR_INVALID_OPTION', 'encrypt: use what encryption({ keys }) returns.')
  for (const [option, value] of Object.entries({ onEvent, random: options.random }))
    if (value !== undefined && typeof value !== 'function')
      throw invalidOption(option, value, 'a function')
  const codec = checkCodec(options.codec) ?? auto()
  const markerTtl = parseDuration('markerTtl', options.markerTtl ?? '1s')
  const rules = loadRules(options, noDefaults)
  if (rules.lock === 'cluster' && !tiers.some(({ canLease }) => canLease)) throw noLease()
  return Object.freeze({
    ...{ tiers, bus, name, codec, markerTtl, onEvent, rules },
    node: randomBytes(9).toString('base64url'),
    compression: resolveCompression(options.compress),
    encryption: encrypt,
    markerTtlWithBus: markerTtl * looksWithBus,
    skew: resolveSkew(options.clockSkew, tiers),
    background: maxBackground,
    clock: checkClock(options.clock) ?? systemClock,
    random: options.random ?? Math.random,
  })
}

/** @throws HoldfastError `ERR_INVALID_OPTION`: nothing could lease. */
export function noLease(): HoldfastError {
  return new HoldfastError(
    'ERR_INVALID_OPTION',
    "lock: 'cluster' needs a tier that other processes share and that can lease, such as disk(). Add one, or use lock: 'process'.",
  )
}

function resolveSkew(value: unknown, tiers: readonly Tier[]): number {
  if (value !== undefined) return parseDuration('clockSkew', value)
  return tiers.some(({ isRemote }) => isRemote) ? 250 : 0
}

function checkTiers(value: unknown): readonly Tier[] {
  const tiers: unknown[] = Array.isArray(value) ? value : []
  const isTier = (tier: unknown): tier is Tier =>
    typeof (tier as Partial<Tier> | null)?.open === 'function'
  if (tiers.length === 0 || !tiers.every(isTier))
    throw invalidOption(
      'tiers',
      value,
      'an array of tiers, such as [memory(), disk({ directory })]',
    )
  const known = new Set<string>()
  for (const { name } of tiers) {
    if (known.has(name))
      throw new HoldfastError(
        'ERR_INVALID_OPTION',
        `tiers: two are called '${name}'. Give one of them another name.`,
      )
    known.add(name)
  }
  return Object.freeze([...tiers])
}
