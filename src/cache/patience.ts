import type { Clock } from '../contracts/clock.ts'

/** How a wait ended. */
export type Ended<T> =
  | { readonly how: 'value'; readonly value: T }
  | { readonly how: 'error'; readonly error: unknown }
  | { readonly how: 'soft' }
  | { readonly how: 'hard' }
  | { readonly how: 'aborted'; readonly reason: unknown }

/** How long one caller waits; milliseconds, `Infinity` = for ever. */
export interface Patience {
  readonly soft: number
  readonly hard: number
  readonly signal: AbortSignal | undefined
}

/** Waits for `result` as long as a caller has patience. Leaves neither timer nor listener behind. */
export function waitWith<T>(
  result: Promise<T>,
  { hard, signal, soft }: Patience,
  clock: Clock,
): Promise<Ended<T>> {
  return new Promise((resolve) => {
    const timers = [
      Number.isFinite(soft) ? clock.setTimeout(() => end({ how: 'soft' }), soft) : undefined,
      Number.isFinite(hard) ? clock.setTimeout(() => end({ how: 'hard' }), hard) : undefined,
    ]
    const abort = (): void => end({ how: 'aborted', reason: signal?.reason })
    function end(ended: Ended<T>): void {
      for (const timer of timers) timer?.clear()
      signal?.removeEventListener('abort', abort)
      resolve(ended)
    }
    signal?.addEventListener('abort', abort, { once: true })
    result.then(
      (value) => end({ how: 'value', value }),
      (error: unknown) => end({ how: 'error', error }),
    )
    if (signal?.aborted === true) abort()
  })
}
