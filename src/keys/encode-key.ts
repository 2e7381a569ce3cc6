import { HoldfastError } from '../contracts/errors.ts'
import type { Key } from '../contracts/key.ts'
import { describe } from '../util/describe.ts'
import { ContentMarker } from './content-of.ts'

/**
 * The canonical text of a key. One character says the type, the rest the value; the members of arrays and objects are
 * length-prefixed, so that no two keys share a text:
 *
 * | type | text | example |
 * |---|---|---|
 * | string | `s` + the string | `suser:1` |
 * | number | `n` + shortest decimal form, `-0` as `0` | `n1.5` |
 * | bigint | `i` + decimal digits | `i1` |
 * | boolean | `t` or `f` | `t` |
 * | null | `z` | `z` |
 * | Date | `d` + milliseconds since the epoch | `d0` |
 * | URL | `u` + href | `uhttps://example.org/` |
 * | bytes | `b` + base64url | `bAQI` |
 * | content | `c` + hash | |
 * | array | `[` + each member as length, `:`, text | `[2:n15:sblue` |
 * | object | `{` + each name and member so, names sorted by code point | `{1:a2:n1` |
 *
 * Lengths count UTF-16 code units.
 *
 * @throws HoldfastError `ERR_INVALID_KEY` for what has no canonical form (NaN, Infinity, invalid dates, array holes, lone
 * surrogates, Map, Set, more than 64 levels), `ERR_UNSUPPORTED_KEY` for functions, symbols and class instances.
 */
export function encodeKey(key: Key): string {
  if (typeof key === 'string') {
    if (!key.isWellFormed()) throw invalid(key, [], 'a string with a lone surrogate')
    return `s${key}`
  }
  return encodeAny(key, [])
}

/** Deeper keys are refused; a circular one is found by this too. */
const maxDepth = 64

type Path = readonly (string | number)[]

function encodeAny(key: unknown, path: Path): string {
  switch (typeof key) {
    case 'string':
      if (!key.isWellFormed()) throw invalid(key, path, 'a string with a lone surrogate')
      return `s${key}`
    case 'number':
      if (!Number.isFinite(key)) throw invalid(key, path, 'not a finite number')
      return `n${key === 0 ? 0 : key}`
    case 'bigint':
      return `i${key}`
    case 'boolean':
      return key ? 't' : 'f'
    case 'object':
      return key === null ? 'z' : encodeObject(key, path)
    case 'undefined':
      throw invalid(key, path, 'undefined')
    default:
      throw unsupported(key, path)
  }
}

function encodeObject(key: object, path: Path): string {
  if (path.length >= maxDepth)
    throw invalid(key, path.slice(0, 4), `nested more than ${maxDepth} levels deep`)
  const prototype: unknown = Object.getPrototypeOf(key)
  // Only the classes themselves: what a subclass means by itself is not known here.
  if (prototype === Array.prototype) return encodeArray(key as readonly unknown[], path)
  if (key instanceof Date && prototype === Date.prototype) {
    const time = key.getTime()
    if (Number.isNaN(time)) throw invalid(key, path, 'an invalid date')
    return `d${time}`
  }
  if (key instanceof URL && prototype === URL.prototype) return `u${key.href}`
  if (key instanceof ContentMarker) return `c${key.hash}`
  if (key instanceof Uint8Array) {
    if (key.constructor !== Uint8Array && !Buffer.isBuffer(key)) throw unsupported(key, path)
    return `b${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('base64url')}`
  }
  if (prototype === Map.prototype || prototype === Set.prototype) {
    throw invalid(key, path, describe(key))
  }
  if (prototype !== Object.prototype && prototype !== null) throw unsupported(key, path)
  return encodeRecord(key as Readonly<Record<string, unknown>>, path)
}

function encodeArray(key: readonly unknown[], path: Path): string {
  let text = '['
  for (let index = 0; index < key.length; index += 1) {
    if (!(index in key)) throw invalid(key, [...path, index], 'an array hole')
    const member = encodeAny(key[index], [...path, index])
    text += `${member.length}:${member}`
  }
  return text
}

function encodeRecord(key: Readonly<Record<string, unknown>>, path: Path): string {
  if (Object.getOwnPropertySymbols(key).length > 0)
    throw unsupported(Object.getOwnPropertySymbols(key)[0], path)
  let text = '{'
  for (const name of Object.keys(key).sort(byCodePoint)) {
    if (key[name] === undefined) continue
    if (!name.isWellFormed()) throw invalid(name, [...path, name], 'a name with a lone surrogate')
    const member = encodeAny(key[name], [...path, name])
    text += `${name.length}:${name}${member.length}:${member}`
  }
  return text
}

/** Array.prototype.sort orders by UTF-16 code unit, which puts U+1F600 before U+FFFD; code points do not. */
function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index += 1) {
    if (a.charCodeAt(index) === b.charCodeAt(index)) continue
    return fixUp(a.charCodeAt(index)) - fixUp(b.charCodeAt(index))
  }
  return a.length - b.length
}

/** Moves surrogates above the rest of the basic plane, so that comparing units compares code points. */
function fixUp(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

function at(path: Path): string {
  return path.length === 0 ? '' : ` at ${path.map((part) => `[${JSON.stringify(part)}]`).join('')}`
}

function invalid(value: unknown, path: Path, what: string): HoldfastError {
  return new HoldfastError(
    'ERR_INVALID_KEY',
    `Key${at(path)}: ${what} (${describe(value)}) has no canonical form. Use strings, finite numbers, bigints, booleans, null, dates, URLs, bytes, arrays and plain objects of these.`,
  )
}

function unsupported(value: unknown, path: Path): HoldfastError {
  return new HoldfastError(
    'ERR_UNSUPPORTED_KEY',
    `Key${at(path)}: ${describe(value)} cannot be part of a key. Pass the facts that identify it instead (an id, a name, its fields).`,
  )
}
