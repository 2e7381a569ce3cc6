import type { ByteSize } from '../util/byte-size.ts'
import type { Duration } from '../util/duration.ts'
import type { Key } from './key.ts'

/** A plain record of facts about an entry, kept and returned with it. */
export type Meta = { readonly [name: string]: unknown }

/** How long an entry lives and what is known about it. */
export interface SetOptions {
  /** Life time from now. `0` stores nothing and removes what was there. @default the store's `ttl` */
  readonly ttl?: Duration | undefined
  /** End of life as a date or milliseconds since the epoch; instead of `ttl`. A past one stores nothing and removes what was there. */
  readonly expiresAt?: number | Date | undefined
  /** One tag; joined with `tags`. */
  readonly tag?: string | undefined
  /** Tags for `evictTag` and `list`. */
  readonly tags?: readonly string[] | undefined
  /** A sentence for people who list the store. */
  readonly description?: string | undefined
  /** Facts about the entry. */
  readonly meta?: Meta | undefined
}

/** An entry as `getEntry` returns it. Times are milliseconds since the epoch. */
export interface Entry<V = unknown> {
  readonly key: Key
  readonly value: V
  readonly createdAt: number
  readonly accessedAt: number
  /** `Infinity` when it never expires. */
  readonly expiresAt: number
  /** Stored bytes of the value: its share of `bytes()`. */
  readonly size: number
  readonly tags: readonly string[]
  readonly description?: string
  readonly meta?: Meta
}

/** An entry as `list` returns it: everything but the value. */
export interface EntryInfo {
  /** `keyId(key)`; pass the last one seen as `after` for the next page. */
  readonly id: string
  readonly key: Key
  readonly size: number
  readonly createdAt: number
  readonly accessedAt: number
  readonly expiresAt: number
  readonly tags: readonly string[]
  /** Id of the codec that wrote the value. */
  readonly codec: string
  readonly description?: string
  readonly meta?: Meta
}

/** A view of a stored value's bytes; see `DiskCache.map`. */
export interface MappedValue extends Disposable {
  /**
   * The value's bytes without any header. Where they are mapped, their `buffer` is a SharedArrayBuffer, which costs the same at
   * any size; `new Uint8Array(bytes)` copies them into an ArrayBuffer.
   * @throws HoldfastError `ERR_CLOSED` after `close()`.
   */
  readonly bytes: Uint8Array
  /** Length of `bytes`. */
  readonly size: number
  /** Gives the view up; a `Uint8Array` taken before stays readable. */
  close(): void
}

export type { ByteSize, Duration }
