import type { GuardHealth } from '../reliability/guard.ts'
import type { CacheCore } from './cache-core.ts'

/** How one tier does. */
export interface TierHealth {
  readonly name: string
  /** Whether it answers: asked now, where it is not memory. */
  readonly isUp: boolean
  /** Milliseconds that the answer took. */
  readonly latency: number
  /** Why it does not answer. */
  readonly error?: string
  /** Writes that wait until it is back. */
  readonly queued: number
  /** How its guard sees it; `undefined` for memory. */
  readonly guard: GuardHealth | undefined
}

/** How a cache does. */
export interface HealthReport {
  /** `ok`: everything answers; `degraded`: the cache works without something; `down`: no tier answers. */
  readonly state: 'ok' | 'degraded' | 'down'
  readonly tiers: readonly TierHealth[]
  /** `undefined` without a bus. */
  readonly bus: { readonly isConnected: boolean; readonly queued: number } | undefined
  /** Background work that is under way. */
  readonly background: number
  /** Loads that are under way. */
  readonly loading: number
}

/** Asks every tier. */
export async function healthOf(core: CacheCore): Promise<HealthReport> {
  const { announcer, background, clock, counters, stack } = core
  const tiers = await Promise.all(
    stack.tiers.map(async (tier): Promise<TierHealth> => {
      const bytes = stack.bytes.find((one) => one === tier)
      const began = clock.now()
      let error: string | undefined
      try {
        await bytes?.signed()
      } catch (cause) {
        error = cause instanceof Error ? cause.message : String(cause)
      }
      return {
        name: tier.name,
        isUp: error === undefined,
        latency: clock.now() - began,
        ...(error === undefined ? {} : { error }),
        queued: bytes?.queued ?? 0,
        guard: bytes?.guard.health(),
      }
    }),
  )
  const bus =
    announcer === undefined
      ? undefined
      : { isConnected: announcer.isConnected, queued: announcer.queued }
  const isWell = tiers.every(({ isUp, queued }) => isUp && queued === 0)
  const isUp = tiers.some((tier) => tier.isUp)
  return {
    state: isWell && bus?.isConnected !== false ? 'ok' : isUp ? 'degraded' : 'down',
    tiers,
    bus,
    background: background.size,
    loading: counters.inFlight,
  }
}
