import type { CacheEvents } from '../contracts/cache-events.ts'
import { decryptReason } from '../frame/encryption-error.ts'
import type { CacheCore } from './cache-core.ts'
import { keyOfId } from './key-ref.ts'
import type { TierContext } from './tier.ts'

/** What the tiers of `core` are told of it, and what becomes of what they tell. */
export function tierContext(core: CacheCore): TierContext {
  const { codec, compression, encryption, name, node } = core.options
  const tell = <E extends keyof CacheEvents>(event: E, make: () => CacheEvents[E]): void => {
    if (core.events.has(event)) core.events.emit(event, make())
  }
  return {
    ...{ cache: name, node, clock: core.clock, random: core.random, holder: core.holder },
    ...{ codec, compression, encryption },
    skew: core.options.skew,
    stamp: () => core.stamps.next(),
    isLive: (item) => item.held !== undefined && core.isFreshAlone(item),
    onRemove: (id, tier, reason, hasEnded) => {
      if (reason === 'clear') {
        core.misses.gone(id, 'cleared', tier)
        return
      }
      if (reason === 'evict') core.counters.tier(tier).evictions.add('size')
      if (core.stack.tiers.length === 1 || hasEnded)
        core.misses.gone(id, reason === 'evict' ? 'evicted' : 'expired', tier)
      // Few listen, and many entries go: their keys are decoded for those who do.
      if (reason === 'evict') tell('evict', () => ({ key: keyOfId(id), tier, reason: 'size' }))
      else tell('expire', () => ({ key: keyOfId(id), tier }))
    },
    onDrop: (id, tier, reason, error) => {
      core.counters.drops += 1
      tell('drop', () => ({
        key: keyOfId(id),
        tier,
        reason,
        ...(error === undefined ? {} : { error }),
      }))
    },
    onDegrade: (tier, what, error) => {
      core.counters.tier(tier).errors += 1
      tell('degrade', () => ({ tier, what, error }))
    },
    onUnreadable: (id, tier, error) => {
      core.misses.gone(id, 'corrupt', tier)
      const event = isTampered(error) ? 'tamper' : 'corrupt'
      core.counters.tier(tier)[event === 'tamper' ? 'decryptFailures' : 'corrupt'] += 1
      tell(event, () => ({ key: keyOfId(id), tier, error }))
    },
    onRecover: (tier, replayed, dropped) => tell('recover', () => ({ tier, replayed, dropped })),
    onReplay: (id, at) => core.background.track(core.announceKeys([id], at)),
    onBreaker: (tier, change) => tell('breakerChange', () => ({ tier, ...change })),
    onLost: (tier) => {
      tell('drop', () => ({
        tier,
        reason: 'more writes were missed than are kept: all its entries are void',
      }))
      core.background.track(core.invalidate('', ['clear:'], true))
    },
  }
}

/** Counts a message of the bus, and tells of it. */
export function countMessage(
  core: CacheCore,
  { direction, action, result }: CacheEvents['busMessage'],
): void {
  if (result === 'sent') core.counters.busSent += 1
  else if (result === 'malformed') core.counters.busMalformed += 1
  else if (direction === 'in') core.counters.busReceived += 1
  if (core.events.has('busMessage')) core.events.emit('busMessage', { direction, action, result })
}

function isTampered(error: unknown): boolean {
  const reason = decryptReason(error)
  return reason === 'tamper' || reason === 'downgrade'
}
