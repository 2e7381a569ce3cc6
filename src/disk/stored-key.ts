import { createHash } from 'node:crypto'
import { HoldfastError } from '../contracts/errors.ts'
import type { Key } from '../contracts/key.ts'
import { decodeKey } from '../keys/decode-key.ts'
import { encodeKey } from '../keys/encode-key.ts'

/** A key as the `key` column holds it, and as `long_key` does where that is needed. */
export interface StoredKey {
  readonly text: string
  readonly bytes: Uint8Array
  readonly long: Uint8Array | null
  /** The key itself where it is text or a number and was given, not read: hot entries are found by it. */
  readonly plain: string | number | undefined
}

/** Longer texts are looked up by their hash: an index of long keys would be mostly keys. */
const longestInline = 255

/** `#` begins no canonical text, so a hash never meets a key. */
const hashMark = Buffer.from('#')

const longestKey = 2 ** 20

/**
 * `key` as rows hold it.
 * @throws HoldfastError `ERR_INVALID_KEY` or `ERR_UNSUPPORTED_KEY`.
 */
export function toStoredKey(key: Key): StoredKey {
  const isPlain = typeof key === 'string' || typeof key === 'number'
  return stored(encodeKey(key), isPlain ? key : undefined)
}

/** The key with that canonical text. @throws HoldfastError `ERR_INVALID_KEY` for one that is too long. */
export function storedKeyOfText(text: string): StoredKey {
  return stored(text, undefined)
}

function stored(text: string, plain: string | number | undefined): StoredKey {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= longestInline) return { text, bytes, long: null, plain }
  if (bytes.length > longestKey) {
    throw new HoldfastError(
      'ERR_INVALID_KEY',
      'Key: longer than 1 MiB. Use a hash of it, or contentOf(path).',
    )
  }
  return { text, bytes: hashedKey(bytes), long: bytes, plain }
}

/** What stands in the `key` column for a long key. */
function hashedKey(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([hashMark, createHash('sha256').update(bytes).digest()])
}

/** The canonical text of `key` as bytes, however long it is. */
export function wholeKey(key: StoredKey): Uint8Array {
  return key.long ?? key.bytes
}

/** The canonical text in a row. */
export function textOfRow(bytes: unknown, long: unknown): string {
  const whole = (long ?? bytes) as Uint8Array
  return Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString('utf8')
}

/** The key in a row, for looking it up again. */
export function storedKeyOf(bytes: unknown, long: unknown): StoredKey {
  const text = textOfRow(bytes, long)
  return {
    text,
    bytes: bytes as Uint8Array,
    long: long as Uint8Array | null,
    plain: undefined,
  }
}

/** As {@link keyOfRow}; `undefined` for a row that somebody changed so that it has none. */
export function readableKey(bytes: unknown, long: unknown): Key | undefined {
  try {
    return keyOfRow(bytes, long)
  } catch {
    return undefined
  }
}

/** The key in a row, for events and reports, which are told also of a row that has none. */
export function keyed(bytes: unknown, long: unknown): { key?: Key } {
  const key = readableKey(bytes, long)
  return key === undefined ? {} : { key }
}

/** The key in a row. */
export function keyOfRow(bytes: unknown, long: unknown): Key {
  return decodeKey(textOfRow(bytes, long))
}
