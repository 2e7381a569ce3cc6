import { auto } from '../codecs/auto.ts'
import { type Clock, systemClock } from '../contracts/clock.ts'
import type { Codec } from '../contracts/codec.ts'
import type { Compression } from '../contracts/compression.ts'
import { HoldfastError } from '../contracts/errors.ts'
import type { StoreEvent } from '../contracts/events.ts'
import { type ResolvedCompression, resolveCompression } from '../frame/compression-options.ts'
import { type Encryption, isEncryption } from '../frame/encryption.ts'
import { isSigning, type Signing } from '../frame/signing.ts'
import { type ByteSize, parseByteSize } from '../util/byte-size.ts'
import { type Duration, parseDuration } from '../util/duration.ts'
import { checkOptionNames, invalidOption, oneOf } from '../util/options.ts'
import type { EvictionPolicy } from './eviction-policy.ts'
import type { HotOptions } from './hot-set.ts'

/** What both kinds of store accept. */
export interface DiskIndexOptions {
  /** Values of more bytes than this live in files beside the database. @default '32KiB' */
  readonly inlineBytes?: ByteSize | undefined
  /** Values of more bytes, before compression, are refused on write, and not read. @default none */
  readonly maxValueBytes?: ByteSize | undefined
  /**
   * The hot set: entries that this process keeps decoded, so that reading them again costs about what a `Map` costs. It is
   * coherent: no process returns a value older than a write that has returned in another. With `share: 'copy'` every caller
   * gets a value of his own; with `'frozen'` all get the same plain objects and arrays, deep-frozen. `false` keeps nothing.
   * @default { maxBytes: '32MiB', share: 'copy' }
   */
  readonly hot?:
    | false
    | { readonly maxBytes?: ByteSize; readonly share?: 'copy' | 'frozen' }
    | undefined
  /** Encodes every value. @default auto(), which keeps the value's type */
  readonly codec?: Codec | undefined
  /** How values are compressed. What does not get smaller is stored as it is. @default 'none' */
  readonly compress?: Compression | undefined
  /** Encrypts values; see `encryption`. Keys, tags, sizes and times stay readable. @default none */
  readonly encrypt?: Encryption | undefined
  /** Signs entries, and believes no others; see `signing`. @default none */
  readonly sign?: Signing | undefined
  /**
   * When checksums are compared: that of a value file at its first read in this process, at every read, or never; those of
   * inline values, which cost next to nothing, always or never. @default 'first'
   */
  readonly verify?: 'first' | 'always' | 'never' | undefined
  /** What an acknowledged write survives: a killed process, or also power loss (a flush to the device per commit). @default 'process' */
  readonly durability?: 'process' | 'machine' | undefined
  /** How long a call waits for another process's write before it throws `ERR_BUSY`. @default '5s' */
  readonly busyTimeout?: Duration | undefined
  /** Opens an existing store without ever writing to it. @default false */
  readonly readonly?: boolean | undefined
  /** What to do when the database is damaged: throw `ERR_CORRUPT`, or set it aside and begin anew. @default 'throw' */
  readonly onCorrupt?: 'throw' | 'recreate' | undefined
  /** How old a value file that nothing names must be before it is removed. @default '60s' */
  readonly orphanAge?: Duration | undefined
  /** How long the file of a deleted value stays, for readers that are about to open it. @default '5s' */
  readonly unlinkDelay?: Duration | undefined
  /** How long `lock` and `load` hold a lease without renewing it. @default '10s' */
  readonly leaseTtl?: Duration | undefined
  /** How often a held lease is renewed; less than `leaseTtl`. @default 3/10 of `leaseTtl` */
  readonly leaseRenewal?: Duration | undefined
  /** Where time comes from. @default the machine's clock */
  readonly clock?: Clock | undefined
  /** Called with what the store did or met. Its own errors are ignored. */
  readonly onEvent?: ((event: StoreEvent) => void) | undefined
}

/** Options of a `DiskCache`. */
export interface DiskCacheOptions extends DiskIndexOptions {
  /** Stored value bytes beyond which entries are evicted. @default '1GiB' */
  readonly maxBytes?: ByteSize | undefined
  /** Entries beyond which entries are evicted. @default none */
  readonly maxEntries?: number | undefined
  /**
   * Which entry goes first: least recently used, least often used, or first stored. With `'none'` nothing is evicted, and the
   * limits only bound what a single value may be.
   * @default 'lru'
   */
  readonly eviction?: 'lru' | 'lfu' | 'fifo' | 'none' | undefined
  /** Life time of entries that name none. Stamped when written. @default Infinity */
  readonly ttl?: Duration | undefined
}

/** {@link DiskCacheOptions} with every default filled in; bytes and milliseconds. */
export interface ResolvedOptions {
  readonly maxBytes: number
  readonly maxEntries: number
  readonly eviction: EvictionPolicy['name']
  readonly ttl: number
  readonly hot: HotOptions | undefined
  readonly inlineBytes: number
  readonly maxValueBytes: number
  readonly codec: Codec
  readonly compression: ResolvedCompression | undefined
  readonly encryption: Encryption | undefined
  readonly signing: Signing | undefined
  readonly verify: 'first' | 'always' | 'never'
  readonly durability: 'process' | 'machine'
  readonly busyTimeout: number
  readonly readonly: boolean
  readonly onCorrupt: 'throw' | 'recreate'
  readonly orphanAge: number
  readonly unlinkDelay: number
  readonly leaseTtl: number
  readonly leaseRenewal: number
  readonly clock: Clock
  readonly onEvent: ((event: StoreEvent) => void) | undefined
}

const indexNames = [
  'inlineBytes',
  'maxValueBytes',
  'hot',
  'codec',
  'compress',
  'encrypt',
  'sign',
  'verify',
  'durability',
  'busyTimeout',
  'readonly',
  'onCorrupt',
  'orphanAge',
  'unlinkDelay',
  'leaseTtl',
  'leaseRenewal',
  'clock',
  'onEvent',
] as const
const cacheNames = ['maxBytes', 'maxEntries', 'eviction', 'ttl', ...indexNames] as const

/** Part of the contract, but not of this version: refused, because ignoring them would break what they promise. */
const laterNames = ['metadata'] as const

/** What a `DiskIndex` has instead of the options it does not take. */
const withoutEviction = {
  maxBytes: Infinity,
  maxEntries: Infinity,
  eviction: 'none',
  ttl: Infinity,
} as const

/**
 * The options of a cache, checked and completed.
 * @throws HoldfastError `ERR_INVALID_OPTION` or `ERR_UNSUPPORTED`.
 */
export function resolveCacheOptions(what: string, options: DiskCacheOptions = {}): ResolvedOptions {
  refuseLater(what, options)
  checkOptionNames(what, options, cacheNames)
  return Object.freeze({
    ...resolveCommon(options),
    maxBytes: positive('maxBytes', parseByteSize('maxBytes', orDefault(options.maxBytes, '1GiB'))),
    maxEntries: resolveMaxEntries(options.maxEntries),
    eviction: oneOf('eviction', options.eviction, ['lru', 'lfu', 'fifo', 'none'], 'lru'),
    ttl: parseDuration('ttl', orDefault(options.ttl, Number.POSITIVE_INFINITY)),
  })
}

/**
 * The options of an index, checked and completed.
 * @throws HoldfastError `ERR_INVALID_OPTION` or `ERR_UNSUPPORTED`.
 */
export function resolveIndexOptions(what: string, options: DiskIndexOptions = {}): ResolvedOptions {
  refuseLater(what, options)
  checkOptionNames(what, options, indexNames)
  return Object.freeze({ ...resolveCommon(options), ...withoutEviction })
}

function refuseLater(what: string, options: unknown): void {
  if (typeof options !== 'object' || options === null) return
  const given: Readonly<Record<string, unknown>> = { ...options }
  for (const name of laterNames) {
    if (given[name] === undefined) continue
    throw new HoldfastError(
      'ERR_UNSUPPORTED',
      `${what}: '${name}' is not part of this version. Leave it out; nothing was opened or written.`,
    )
  }
}

function resolveCommon(
  options: DiskIndexOptions,
): Omit<ResolvedOptions, keyof typeof withoutEviction> {
  const leaseTtl = positive(
    'leaseTtl',
    parseDuration('leaseTtl', orDefault(options.leaseTtl, '10s')),
  )
  const leaseRenewal = positive(
    'leaseRenewal',
    parseDuration('leaseRenewal', orDefault(options.leaseRenewal, leaseTtl * 0.3)),
  )
  if (leaseRenewal >= leaseTtl)
    throw invalidOption('leaseRenewal', leaseRenewal, 'less than leaseTtl')
  return {
    hot: resolveHot(options.hot),
    inlineBytes: parseByteSize('inlineBytes', orDefault(options.inlineBytes, '32KiB')),
    maxValueBytes: parseByteSize(
      'maxValueBytes',
      orDefault(options.maxValueBytes, Number.POSITIVE_INFINITY),
    ),
    codec: checkCodec(options.codec),
    compression: resolveCompression(options.compress),
    encryption: checkEncryption(options.encrypt),
    signing: checkSigning(options.sign),
    verify: oneOf('verify', options.verify, ['first', 'always', 'never'], 'first'),
    durability: oneOf('durability', options.durability, ['process', 'machine'], 'process'),
    busyTimeout: parseDuration('busyTimeout', orDefault(options.busyTimeout, '5s')),
    readonly: checkBoolean('readonly', options.readonly),
    onCorrupt: oneOf('onCorrupt', options.onCorrupt, ['throw', 'recreate'], 'throw'),
    orphanAge: parseDuration('orphanAge', orDefault(options.orphanAge, '60s')),
    unlinkDelay: parseDuration('unlinkDelay', orDefault(options.unlinkDelay, '5s')),
    leaseTtl,
    leaseRenewal,
    clock: checkClock(options.clock),
    onEvent: checkOnEvent(options.onEvent),
  }
}

const hotBytes = '32MiB'

/** Only what is left out has a default: `null` is a value, and a wrong one. */
function orDefault<T>(value: T | undefined, fallback: T): T {
  return value === undefined ? fallback : value
}

function positive(option: string, value: number): number {
  if (value > 0) return value
  throw invalidOption(option, value, 'more than 0')
}

function resolveMaxEntries(value: unknown): number {
  if (value === undefined) return Number.POSITIVE_INFINITY
  if (
    typeof value === 'number' &&
    value >= 1 &&
    (Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY)
  ) {
    return value
  }
  throw invalidOption('maxEntries', value, 'a whole number from 1 up')
}

function resolveHot(value: unknown): HotOptions | undefined {
  if (value === false) return undefined
  if (value === undefined)
    return { maxBytes: parseByteSize('hot.maxBytes', hotBytes), share: 'copy' }
  if (value === true) throw invalidOption('hot', value, 'false or { maxBytes?, share? }')
  checkOptionNames('hot', value, ['maxBytes', 'share'])
  const { maxBytes, share } = value as { maxBytes?: unknown; share?: unknown }
  return {
    maxBytes: parseByteSize('hot.maxBytes', orDefault(maxBytes, hotBytes)),
    share: oneOf('hot.share', share, ['copy', 'frozen'], 'copy'),
  }
}

function checkBoolean(option: string, value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false
  throw invalidOption(option, value, 'true or false')
}

const defaultCodec = auto()

function checkEncryption(value: unknown): Encryption | undefined {
  if (value === undefined || isEncryption(value)) return value
  // What was given is not shown: it may be a key.
  throw new HoldfastError('ERR_INVALID_OPTION', 'encrypt: use what encryption({ keys }) returns.')
}

function checkSigning(value: unknown): Signing | undefined {
  if (value === undefined || isSigning(value)) return value
  throw new HoldfastError('ERR_INVALID_OPTION', 'sign: use what signing() returns.')
}

function checkCodec(value: unknown): Codec {
  if (value === undefined) return defaultCodec
  const codec = value as Partial<Codec> | null
  const complete = typeof codec?.encode === 'function' && typeof codec.decode === 'function'
  if (!complete || typeof codec.id !== 'string' || !/^[a-z][a-z0-9.-]{0,63}$/.test(codec.id)) {
    throw invalidOption(
      'codec',
      value,
      'an object with id (1 to 64 of a-z 0-9 . -), encode(value) and decode(bytes)',
    )
  }
  return codec as Codec
}

function checkClock(value: unknown): Clock {
  if (value === undefined) return systemClock
  const clock = value as Partial<Clock> | null
  if (typeof clock?.now === 'function' && typeof clock.setTimeout === 'function')
    return clock as Clock
  throw invalidOption('clock', value, 'an object with now() and setTimeout(run, ms)')
}

function checkOnEvent(value: unknown): ResolvedOptions['onEvent'] {
  if (value === undefined || typeof value === 'function') return value as ResolvedOptions['onEvent']
  throw invalidOption('onEvent', value, 'a function')
}
