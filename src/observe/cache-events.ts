import type { Key } from '../contracts/key.ts'

/**
 * What a tiered cache tells its listeners, by event. Keys are the caller's own; they belong in logs at most, never in the labels
 * of metrics. Times are milliseconds since the epoch, durations milliseconds, sizes bytes.
 */
export interface CacheEvents {
  /** A read found an entry. */
  readonly hit: { readonly key: Key; readonly tier: string; readonly stale: boolean }
  /** A read found none in any tier. */
  readonly miss: { readonly key: Key; readonly reason?: string }
  /** A loader has answered. `background`: nobody waited for it, a stale or soon stale entry was refreshed. */
  readonly load: { readonly key: Key; readonly duration: number; readonly background: boolean }
  readonly loadError: {
    readonly key: Key
    readonly duration: number
    readonly background: boolean
    readonly error: unknown
  }
  /** An entry was stored. `queued`: some tier was down and gets it later. */
  readonly set: { readonly key: Key; readonly result: 'stored' | 'queued'; readonly size?: number }
  readonly delete: { readonly key: Key; readonly result: 'deleted' | 'absent' | 'queued' }
  /** A tier removed an entry to stay within a limit. */
  readonly evict: { readonly key: Key; readonly tier: string; readonly reason: string }
  /** An entry reached its end, or was made stale by `expire`. */
  readonly expire: { readonly key: Key; readonly tier?: string }
  readonly tagInvalidate: { readonly tags: readonly string[]; readonly hard: boolean }
  /** A message of the bus was sent or came in. It never has a value in it. */
  readonly busMessage: {
    readonly direction: 'in' | 'out'
    readonly action: string
    readonly result: 'applied' | 'ignored' | 'malformed' | 'sent' | 'queued'
  }
  readonly breakerChange: {
    readonly tier: string
    readonly from: 'closed' | 'open' | 'half-open'
    readonly to: 'closed' | 'open' | 'half-open'
    readonly cause?: unknown
  }
  /** A tier did not answer and the cache went on without it. */
  readonly degrade: { readonly tier: string; readonly what: string; readonly error: unknown }
  /** A tier is back; so many queued writes were replayed, so many dropped because they had ended. */
  readonly recover: { readonly tier: string; readonly replayed: number; readonly dropped: number }
  /** A value was served or loaded and not kept. */
  readonly drop: { readonly key: Key; readonly reason: string; readonly tier?: string }
  /** A stored entry could not be read: a miss. */
  readonly corrupt: { readonly key?: Key; readonly tier: string; readonly reason: string }
  /** A signature or an authentication tag did not fit: a miss. */
  readonly tamper: { readonly key?: Key; readonly tier: string; readonly reason: string }
}

/** Name of an event of a tiered cache. */
export type CacheEventName = keyof CacheEvents

const names: Readonly<Record<CacheEventName, true>> = {
  hit: true,
  miss: true,
  load: true,
  loadError: true,
  set: true,
  delete: true,
  evict: true,
  expire: true,
  tagInvalidate: true,
  busMessage: true,
  breakerChange: true,
  degrade: true,
  recover: true,
  drop: true,
  corrupt: true,
  tamper: true,
}

/** Every {@link CacheEventName}. */
export const cacheEventNames: readonly CacheEventName[] = Object.freeze(
  Object.keys(names) as CacheEventName[],
)
