import type { Path } from './refusal.ts'
import { refused } from './refusal.ts'

/**
 * What a few bytes of V8's format can make much memory of: holes of arrays, and the room that a resizable buffer may grow
 * into. A value may have only so much of both, the same when it is written and when it is read.
 */
export class Expansion {
  #holes = 0
  #spare = 0

  /** @returns whether so many more holes are still allowed. */
  addHoles(count: number): boolean {
    this.#holes += count
    return this.#holes <= maxHoles
  }

  /** @returns whether so many more bytes to grow into are still allowed. */
  addSpare(bytes: number): boolean {
    this.#spare += bytes
    return this.#spare <= maxSpareBytes
  }
}

/** Holes that all arrays of a value may have. */
const maxHoles = 65_536

/** Bytes that all resizable buffers of a value may grow by. They are reserved, not used. */
const maxSpareBytes = 2 ** 26

/** Counts the holes of an array while it is written. @throws HoldfastError `ERR_UNSUPPORTED_VALUE`. */
export function assertHoles(expansion: Expansion, count: number, path: () => Path): void {
  if (!expansion.addHoles(count))
    throw refused(path(), `more than ${maxHoles} array holes. Store a Map of what is there.`)
}

/** Counts what a buffer may grow by while it is written. @throws HoldfastError `ERR_UNSUPPORTED_VALUE`. */
export function assertSpare(expansion: Expansion, value: object, path: () => Path): void {
  const { maxByteLength, byteLength } = value as { maxByteLength?: number; byteLength: number }
  if (!expansion.addSpare((maxByteLength ?? byteLength) - byteLength))
    throw refused(
      path(),
      `buffers that may grow by more than ${maxSpareBytes} bytes. Store a copy.`,
    )
}
