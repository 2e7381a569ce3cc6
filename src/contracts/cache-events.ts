import type { Key } from './key.ts'

/** Events of a tiered cache and what they tell. Times are milliseconds. Values are never among it. */
export interface CacheEvents {
  hit: { readonly key: Key; readonly tier: string; readonly state: 'fresh' | 'stale' }
  miss: { readonly key: Key; readonly reason: MissReason }
  /** A loader brought a value. */
  load: { readonly key: Key; readonly duration: number; readonly isBackground: boolean }
  loadError: { readonly key: Key; readonly error: unknown; readonly isBackground: boolean }
  set: { readonly key: Key; readonly result: WriteResult }
  delete: { readonly key: Key; readonly result: WriteResult }
  /** An entry left a memory tier for want of room. */
  evict: { readonly id: string; readonly tier: string }
  /** An entry left a memory tier at its end. */
  expire: { readonly id: string; readonly tier: string }
  tagInvalidate: {
    readonly tags: readonly string[]
    readonly hard: boolean
    readonly isRemote: boolean
  }
  busMessage: { readonly action: string; readonly isValid: boolean }
  breakerChange: { readonly tier: string; readonly from: string; readonly to: string }
  /** A tier failed, and the cache went on without it. */
  degrade: { readonly tier: string; readonly call: string; readonly error: unknown }
  /** Writes that a tier had missed were made good. */
  recover: { readonly tier: string; readonly replayed: number }
  /** Something could not be kept, and the call did not fail for it. */
  drop: {
    readonly key?: Key
    readonly tier?: string
    readonly reason: string
    readonly error?: unknown
  }
  /** What a tier had stored could not be read. */
  corrupt: { readonly key: Key; readonly tier: string; readonly error: unknown }
  /** What a tier had stored was not written by who holds the key. */
  tamper: { readonly key: Key; readonly tier: string; readonly error: unknown }
}

export type CacheEventName = keyof CacheEvents

/** Whether every tier took a write, or the recovery queue keeps it for one that is down. */
export type WriteResult = 'stored' | 'queued'

/** Why a read found nothing. */
export type MissReason =
  | 'never-stored'
  | 'expired'
  | 'deleted'
  | 'tag'
  | 'cleared'
  | 'evicted'
  | 'corrupt'
  | 'schema'
  | 'tier-down'
