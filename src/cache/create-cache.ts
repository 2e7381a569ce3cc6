import type { CacheEvents } from '../contracts/cache-events.ts'
import { ValueFormat } from '../frame/value-format.ts'
import { keyId } from '../keys/key-id.ts'
import { cacheEmitter } from '../observe/channels.ts'
import { Cache } from './cache.ts'
import { CacheCore } from './cache-core.ts'
import { ValueHolder } from './held-value.ts'
import { KeySpace } from './key-ref.ts'
import { Loads } from './loads.ts'
import { type CacheEvent, type CacheOptions, resolveCacheOptions } from './options.ts'
import { RefBudget } from './ref-budget.ts'

/**
 * Makes a cache over one or more tiers, fastest first.
 * @throws HoldfastError `ERR_INVALID_OPTION`; what the tiers throw when they are opened.
 * @example
 * const cache = createCache({ tiers: [memory(), disk({ directory: 'cache' })], ttl: '10m', grace: '1d' })
 * const user = await cache.getOrSet(['user', id], () => db.user(id))
 */
export function createCache<V = unknown>(options: CacheOptions): Cache<V> {
  const resolved = resolveCacheOptions(options)
  const { codec, name, onEvent, tiers } = resolved
  const format = new ValueFormat({
    codec,
    compression: undefined,
    encryption: undefined,
    maxValueBytes: Number.POSITIVE_INFINITY,
    maxStoredBytes: Number.POSITIVE_INFINITY,
  })
  const share = tiers.find((tier) => tier.share !== undefined)?.share ?? 'copy'
  const events = cacheEmitter(name, keyId)
  if (onEvent !== undefined)
    events.onAny((type: keyof CacheEvents, payload: object) =>
      onEvent({ type, ...payload } as CacheEvent),
    )
  const core = new CacheCore(resolved, new ValueHolder(format, share), events)
  return new Cache<V>(core, new Loads(core), new KeySpace('', new RefBudget()))
}
