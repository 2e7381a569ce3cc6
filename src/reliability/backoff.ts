/** How often a call is tried and how long it waits in between. Durations are milliseconds. */
export interface RetrySettings {
  readonly attempts: number
  readonly delay: number
  readonly maxDelay: number
  readonly jitter: number
}

/**
 * Milliseconds to wait after `failed` attempts: `delay`, doubled with each, up to `maxDelay`, of which `jitter` is the share
 * that chance decides. With a share of 1, "full jitter", callers that failed together spread best (Brooker,
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export function backoff(settings: RetrySettings, failed: number, random: () => number): number {
  const most = Math.min(settings.maxDelay, settings.delay * 2 ** (failed - 1))
  return most * (1 - settings.jitter * random())
}
