import type { Backend } from '../contracts/backend.ts'
import type { Codec } from '../contracts/codec.ts'
import type { Compression } from '../contracts/compression.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { type ResolvedCompression, resolveCompression } from '../frame/compression-options.ts'
import { type Encryption, isEncryption } from '../frame/encryption.ts'
import { ValueFormat } from '../frame/value-format.ts'
import { Guard } from '../reliability/guard.ts'
import {
  type GuardOptions,
  guardOptionNames,
  localGuard,
  networkGuard,
  type ResolvedGuardOptions,
  resolveGuardOptions,
} from '../reliability/guard-options.ts'
import { type Duration, parseDuration } from '../util/duration.ts'
import { checkOptionNames, invalidOption } from '../util/options.ts'
import { ByteTier } from './byte-tier.ts'
import { type MemoryOptions, resolveMemoryOptions } from './memory-options.ts'
import { MemoryTier } from './memory-tier.ts'
import { checkCodec } from './part-options.ts'
import type { Tier, TierContext } from './tier.ts'

/** What every tier that stores bytes takes. */
export interface TierOptions extends GuardOptions {
  /** What it is called in events, stats and metrics. @default what it is, such as 'disk' */
  readonly name?: string | undefined
  /** Longest life in this tier. @default none */
  readonly ttl?: Duration | undefined
  /** @default the cache's */
  readonly codec?: Codec | undefined
  /** @default the cache's */
  readonly compress?: Compression | undefined
  /** @default the cache's */
  readonly encrypt?: Encryption | undefined
  /** Writes that are kept for it while it is down; beyond, all that it has counts for nothing. @default 10,000 */
  readonly queueSize?: number | undefined
}

/** Names of {@link TierOptions}. */
export const tierOptionNames: readonly string[] = [
  ...['name', 'ttl', 'codec', 'compress', 'encrypt', 'queueSize'],
  ...guardOptionNames,
]

/**
 * A tier in the memory of this process.
 * @throws HoldfastError `ERR_INVALID_OPTION`.
 */
export function memory(options: MemoryOptions = {}): Tier {
  const resolved = resolveMemoryOptions(options)
  const name = checkName(options.name, 'memory')
  return Object.freeze({
    name,
    share: resolved.share,
    isShared: false,
    isRemote: false,
    canLease: false,
    open: (context: TierContext) => new MemoryTier(name, resolved, context.holder, context),
  })
}

/** What is known of a backend before it is opened. */
export type BackendKind = Pick<Backend, 'kind' | 'isRemote' | 'isShared'> & {
  readonly canLease: boolean
}

/**
 * A tier over a backend of your own; see `Backend`. It belongs to the cache from then on, which closes it.
 * @throws HoldfastError `ERR_INVALID_OPTION`.
 * @example
 * const cache = createCache({ tiers: [memory(), tier(myBackend, { ttl: '1d' })] })
 */
export function tier(backend: Backend, options: TierOptions = {}): Tier {
  if (typeof backend?.get !== 'function' || typeof backend.kind !== 'string')
    throw invalidOption('tier', backend, 'a backend: an object with kind, get, getMany, set …')
  checkOptionNames(backend.kind, options, tierOptionNames)
  const { isRemote, isShared, kind, leases } = backend
  return backendTier(
    { kind, isRemote, isShared, canLease: leases !== undefined },
    options,
    () => backend,
  )
}

/** A tier over the backend that `open` makes when the cache is made. The names of `options` were checked. */
export function backendTier(
  about: BackendKind,
  options: TierOptions,
  open: (context: TierContext) => Backend,
): Tier {
  const { canLease, isRemote, isShared, kind } = about
  const name = checkName(options.name, kind)
  const given = resolveTier(name, about, options)
  return Object.freeze({
    ...{ name, share: undefined, isShared, isRemote, canLease },
    open(context: TierContext) {
      const { clock, random } = context
      const guard = new Guard({
        ...{ name, clock, random },
        options: given.guard,
        onBreaker: (change) => context.onBreaker(name, change),
      })
      const format = new ValueFormat({
        codec: given.codec ?? context.codec,
        compression: given.hasCompression ? given.compression : context.compression,
        encryption: given.encryption ?? context.encryption,
        maxValueBytes: Number.POSITIVE_INFINITY,
        maxStoredBytes: Number.POSITIVE_INFINITY,
      })
      const { queueSize, ttl } = given
      return new ByteTier({ name, backend: open(context), guard, format, ttl, queueSize, context })
    },
  })
}

interface ResolvedTier {
  readonly guard: ResolvedGuardOptions
  readonly codec: Codec | undefined
  readonly hasCompression: boolean
  readonly compression: ResolvedCompression | undefined
  readonly encryption: Encryption | undefined
  readonly ttl: number
  readonly queueSize: number
}

function resolveTier(name: string, { isRemote }: BackendKind, options: TierOptions): ResolvedTier {
  const {
    bulkhead,
    breaker,
    codec,
    compress,
    encrypt,
    queueSize = 10_000,
    retry,
    timeout,
  } = options
  if (encrypt !== undefined && !isEncryption(encrypt))
    throw new HoldfastError('ERR_INVALID_OPTION', 'encrypt: use what encryption({ keys }) returns.')
  if (!Number.isSafeInteger(queueSize) || queueSize < 0)
    throw invalidOption('queueSize', queueSize, 'a whole number from 0 up')
  const guard = { bulkhead, breaker, retry, timeout }
  return {
    guard: resolveGuardOptions(name, guard, isRemote ? networkGuard : localGuard),
    codec: checkCodec(codec),
    hasCompression: compress !== undefined,
    compression: resolveCompression(compress),
    encryption: encrypt,
    ttl: options.ttl === undefined ? Number.POSITIVE_INFINITY : parseDuration('ttl', options.ttl),
    queueSize,
  }
}

function checkName(name: unknown, fallback: string): string {
  if (name === undefined) return fallback
  if (typeof name === 'string' && /^[A-Za-z0-9_.-]{1,100}$/.test(name)) return name
  throw invalidOption('name', name, '1 to 100 of A-Z a-z 0-9 _ . -')
}
