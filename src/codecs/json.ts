import type { Codec } from '../contracts/codec.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { describe } from '../util/describe.ts'
import { asBuffer } from './bytes.ts'
import { maxDepth, notKept, tooDeep } from './refusal.ts'

const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** JSON in UTF-8 (RFC 8259). */
export const jsonCodec: Codec = {
  id: 'json',
  encode(value) {
    check(value, [])
    return Buffer.from(JSON.stringify(value), 'utf8')
  },
  decode(bytes) {
    assertShallow(bytes)
    // Not Buffer.toString, which would make something of bytes that are no text.
    const text = textDecoder.decode(asBuffer(bytes))
    return JSON.parse(text) as unknown
  },
}

/**
 * JSON, which everything reads: null, booleans, finite numbers, strings, plain objects and arrays. What it would lose is refused
 * with `ERR_UNSUPPORTED_VALUE` and the path: `undefined`, NaN, Infinity, `-0`, bigint, Date, Map, Set, bytes, class instances,
 * cycles. A part that is shared is written, and comes back, once for each place.
 */
export function json(): Codec {
  return jsonCodec
}

function check(value: unknown, path: (string | number)[]): void {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || Object.is(value, -0))
      throw notKept(Object.is(value, -0) ? 'the sign of -0' : String(value), path, 'json()')
    return
  }
  if (typeof value !== 'object') throw lost(value, path)
  if (path.length > maxDepth) throw tooDeep()
  const prototype: unknown = Object.getPrototypeOf(value)
  const isList = Array.isArray(value) && prototype === Array.prototype
  if (!isList && prototype !== Object.prototype) throw lost(value, path)
  const names = Object.keys(value)
  // Of an array the holes, the names and the elements must come to its length alone.
  if (
    isList &&
    (names.length !== value.length ||
      (names.at(-1) ?? '0') !== String(Math.max(0, value.length - 1)))
  )
    throw notKept('holes and named properties of an array', path, 'json()')
  const symbol = Object.getOwnPropertySymbols(value)[0]
  if (symbol !== undefined) throw lost(symbol, path)
  for (const name of names) {
    path.push(isList ? Number(name) : name)
    check((value as Readonly<Record<string, unknown>>)[name], path)
    path.pop()
  }
}

function lost(value: unknown, path: readonly (string | number)[]): HoldfastError {
  return notKept(describe(value), path, 'json()')
}

const quote = 0x22
const backslash = 0x5c

/** Refuses what nests too deeply for those who walk the value later, which JSON.parse itself would not mind. */
function assertShallow(bytes: Uint8Array): void {
  if (bytes.length <= maxDepth) return
  let depth = 0
  let isText = false
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number
    if (isText) {
      if (byte === backslash) at += 1
      else if (byte === quote) isText = false
    } else if (byte === quote) isText = true
    // [ and {, ] and } differ in one bit.
    else if ((byte | 0x20) === 0x7b) depth += 1
    else if ((byte | 0x20) === 0x7d) depth -= 1
    if (depth > maxDepth + 1)
      throw new HoldfastError('ERR_CORRUPT', 'The value is no JSON of ours: nested too deeply.')
  }
}
