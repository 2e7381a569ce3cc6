import { HoldfastError } from '../contracts/errors.ts'
import { type Encryption, encryption } from '../frame/encryption.ts'
import { defined } from '../util/defined.ts'
import { operatorKeys } from './environment.ts'
import type { CacheOptions } from './options.ts'
import { memory } from './tiers.ts'

/** What every preset takes: any option of `createCache`, which wins over the preset's. */
export type PresetOptions = Partial<CacheOptions>

/** What `presets.secure` takes: keys in one of these forms, or an `encryption`. */
export interface SecureOptions extends PresetOptions {
  /** The current key, then previous ones; each 32 or more random bytes, or the same as hex text. */
  readonly keys?: readonly (Uint8Array | string)[] | undefined
  readonly key?: Uint8Array | string | undefined
  readonly masterKey?: Uint8Array | string | undefined
}

const usual = () => [memory()]

/** Serves stale values while the source is away, and keeps callers from waiting for it. */
const resilient = {
  ttl: '10m',
  grace: '1d',
  staleBackoff: '10s',
  jitter: 0.1,
  softTimeout: '500ms',
  hardTimeout: '30s',
  eager: 0.9,
} as const

/**
 * Options of `createCache` for common wishes, as plain objects: look at them, change them, spread them. What is given wins.
 * @example
 * const cache = createCache(presets.production({ tiers: [memory(), disk({ directory: 'cache' })] }))
 */
export const presets = {
  /** In memory, for ten minutes, and nothing else. */
  minimal: (options: PresetOptions = {}): CacheOptions => ({
    tiers: usual(),
    ttl: '10m',
    ...defined(options),
  }),
  /** Survives a slow or absent source: a day of grace, soft and hard timeouts, spread expiry, early refresh. */
  production: (options: PresetOptions = {}): CacheOptions => ({
    tiers: usual(),
    ...resilient,
    ...defined(options),
  }),
  /**
   * As production, with values encrypted wherever they leave this process's memory. The key comes from the options or from
   * `HOLDFAST_KEYS`.
   * @throws HoldfastError `ERR_INVALID_OPTION` without a key.
   */
  secure: (options: SecureOptions = {}): CacheOptions => {
    const { encrypt, key, keys, masterKey, ...others } = options
    return {
      tiers: usual(),
      ...resilient,
      ...defined(others),
      encrypt: encrypt ?? encryptionOf(keys ?? oneKey(key ?? masterKey) ?? operatorKeys()),
    }
  },
  /** Short lives, so that changes show soon; errors of loaders are not covered up. */
  dev: (options: PresetOptions = {}): CacheOptions => ({
    tiers: usual(),
    ttl: '30s',
    ...defined(options),
  }),
  /** Nothing that depends on chance or on time: no jitter, no end of life. */
  test: (options: PresetOptions = {}): CacheOptions => ({
    tiers: usual(),
    jitter: 0,
    random: () => 0.5,
    ...defined(options),
  }),
  /** Answers of an API: a minute, refreshed behind the callers' backs for an hour, absence remembered for ten seconds. */
  api: (options: PresetOptions = {}): CacheOptions => ({
    tiers: usual(),
    ttl: '1m',
    grace: '1h',
    swr: true,
    jitter: 0.1,
    negativeTtl: '10s',
    hardTimeout: '10s',
    ...defined(options),
  }),
} as const

function oneKey(
  key: Uint8Array | string | undefined,
): readonly (Uint8Array | string)[] | undefined {
  return key === undefined ? undefined : [key]
}

function encryptionOf(keys: readonly (Uint8Array | string)[] | undefined): Encryption {
  if (keys !== undefined) return encryption({ keys })
  throw new HoldfastError(
    'ERR_INVALID_OPTION',
    'presets.secure: give a key, as keys: [key], or set HOLDFAST_KEYS. Make one with: openssl rand -hex 32.',
  )
}
