import type { Key } from './key.ts'

/** Something a store did or met that the caller of the moment was not told by a return value. */
export interface StoreEvent {
  /**
   * - `corrupt`: an entry or the database was found damaged.
   * - `tamper`: a signature or an authentication tag did not fit.
   * - `evict`: an entry was removed to stay within a limit.
   * - `expire`: an expired entry was removed.
   * - `repair`: damage was put right.
   * - `quarantine`: a damaged database was set aside and a new one begun.
   * - `fallback`: a slower way was taken because a faster one is not available.
   * - `drop`: a value could not be stored and the call does not throw for it.
   */
  readonly type:
    | 'corrupt'
    | 'tamper'
    | 'evict'
    | 'expire'
    | 'repair'
    | 'quarantine'
    | 'fallback'
    | 'drop'
  readonly key?: Key
  /** Why, in a few words. */
  readonly reason: string
  readonly detail?: unknown
}
