import type { CacheCore } from './cache-core.ts'

/** Something risky in how a cache was set up. */
export interface SetupWarning {
  /** A short name that stays the same. */
  readonly code: string
  /** What may go wrong, and what to do. */
  readonly message: string
}

/** Checks of {@link checkSetup}: each gives a message if it has something to say. */
const checks: readonly (readonly [string, (core: CacheCore) => string | undefined])[] = [
  [
    'memory-without-bus',
    ({ options, stack }) =>
      stack.memory !== undefined &&
      options.bus === undefined &&
      stack.bytes.some(({ backend }) => backend.isShared)
        ? 'Other processes that write to the shared tier do not tell this one: its memory tier serves an older value until that ends. Give a bus, or bound it with memory({ ttl }).'
        : undefined,
  ],
  [
    'no-grace',
    ({ options }) =>
      Number.isFinite(options.rules.ttl) && options.rules.grace === 0
        ? 'Without grace every failure of a loader reaches its callers once an entry has expired. Give grace, such as one day.'
        : undefined,
  ],
  [
    'no-ttl',
    ({ options }) =>
      Number.isFinite(options.rules.ttl)
        ? undefined
        : 'Entries without a ttl of their own never expire: they leave only when they are invalidated or evicted. Give ttl.',
  ],
  [
    'no-memory',
    ({ stack }) =>
      stack.memory === undefined
        ? 'Without a memory tier in front every read asks a backend, and peek finds nothing. Put memory() first.'
        : undefined,
  ],
  [
    'timeout-without-grace',
    ({ options: { rules } }) =>
      Number.isFinite(rules.softTimeout) && rules.grace === 0 && rules.swr === 0
        ? 'softTimeout serves stale values, and without grace there are none. Give grace.'
        : undefined,
  ],
  [
    'unencrypted-network',
    ({ options, stack }) =>
      options.encryption === undefined && stack.bytes.some(({ backend }) => backend.isRemote)
        ? 'Values leave this machine unencrypted. If they are personal or secret, give encrypt.'
        : undefined,
  ],
]

const switchedOff: SetupWarning = {
  code: 'switched-off',
  message: 'HOLDFAST_CACHE is off: nothing is kept, and every read misses.',
}

/** What is risky in the set-up of a cache. */
export function checkSetup(core: CacheCore): readonly SetupWarning[] {
  if (core.stack.tiers.length === 0) return [switchedOff]
  return checks.flatMap(([code, check]) => {
    const message = check(core)
    return message === undefined ? [] : [{ code, message }]
  })
}
