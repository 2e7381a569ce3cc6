import type { ErrorClassName } from './built-in-types.ts'

/** Kinds of extras in a {@link GraphMessage}. */
export const extra = { error: 0, plain: 1, bytes: 2 } as const

/** An error: its class, and its own properties as name, value, whether enumerable, and so on. */
export type ErrorExtra = readonly [
  kind: typeof extra.error,
  type: ErrorClassName,
  properties: readonly unknown[],
]

/** What a codec made a value of others of: the id and version of the codec, and that value. */
export type PlainExtra = readonly [
  kind: typeof extra.plain,
  id: string,
  version: number,
  plain: unknown,
]

/** What a codec made bytes of. */
export type BytesExtra = readonly [
  kind: typeof extra.bytes,
  id: string,
  version: number,
  meta: Uint8Array | undefined,
  bytes: Uint8Array,
]

export type Extra = ErrorExtra | PlainExtra | BytesExtra

/** What a graph's bytes hold. */
export type GraphMessage = readonly [
  root: unknown,
  extras: readonly Extra[],
  /** The objects that have no prototype. */
  bare: readonly object[],
  /** The RegExps that have a lastIndex, each before it. */
  patterns: readonly (RegExp | number)[],
]
