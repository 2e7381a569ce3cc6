/**
 * What an entry is stored under. Names of an object may come in any order; a name whose value is `undefined` counts as
 * absent; `1`, `'1'`, `1n` and `true` are four keys; `-0` is `0`; a `Buffer` equals the `Uint8Array` with the same bytes.
 */
export type Key =
  | string
  | number
  | bigint
  | boolean
  | null
  | Date
  | URL
  | Uint8Array
  | ContentOf
  | readonly Key[]
  | { readonly [name: string]: Key | undefined }

/** A key made from what a file or folder holds: see `contentOf`. */
export interface ContentOf {
  /** Absolute path of the file or folder. */
  readonly path: string
  /** Hash of what it holds now: looked up, or computed when that has changed. */
  readonly hash: string
}
