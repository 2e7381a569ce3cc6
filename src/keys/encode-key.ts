import { HoldfastError } from '../contracts/errors.ts'
import type { Key } from '../contracts/key.ts'
import { describe } from '../util/describe.ts'
import { byCodePoint } from './by-code-point.ts'
import { ContentMarker } from './content-marker.ts'

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
 * | content | `c` + its hash | |
 * | array | `[` + each member as length, `:`, text | `[2:n15:sblue` |
 * | object | `{` + each name and member so, names sorted by code point | `{1:a2:n1` |
 *
 * Lengths count UTF-16 code units. Of an object its own enumerable properties count; one that is `undefined` is absent.
 *
 * @throws HoldfastError `ERR_INVALID_KEY` for what has no canonical form (NaN, Infinity, invalid dates, array holes, lone
 * surrogates, detached buffers, Map, Set, more than 64 levels), `ERR_UNSUPPORTED_KEY` for functions, symbols, promises,
 * class instances (subclasses of what is supported too) and arrays that have named properties.
 */
export function encodeKey(key: Key): string {
  return encodeAny(key, [])
}

/** Deeper keys are refused; a circular one is found by this too. */
export const maxDepth = 64

/** Where in the key the encoder is: pushed and popped, since a new list for each member takes longer than the member. */
type Path = (string | number)[]

function encodeAny(key: unknown, path: Path): string {
  switch (typeof key) {
    case 'string':
      if (!key.isWellFormed()) throw invalid(path, 'a string with a lone surrogate')
      return `s${key}`
    case 'number':
      if (!Number.isFinite(key)) throw invalid(path, String(key))
      return `n${key === 0 ? 0 : key}`
    case 'bigint':
      return `i${key}`
    case 'boolean':
      return key ? 't' : 'f'
    case 'object':
      return key === null ? 'z' : encodeObject(key, path)
    case 'undefined':
      throw invalid(path, 'undefined')
    default:
      throw unsupported(key, path)
  }
}

function encodeObject(key: object, path: Path): string {
  if (path.length >= maxDepth)
    throw invalid(path.slice(0, 4), `an object nested more than ${maxDepth} levels deep`)
  const prototype: unknown = Object.getPrototypeOf(key)
  // Only the classes themselves: what a subclass means by itself is not known here.
  if (prototype === Array.prototype) return encodeArray(key as readonly unknown[], path)
  if (prototype === Object.prototype || prototype === null)
    return encodeRecord(key as Readonly<Record<string, unknown>>, path)
  if (key instanceof ContentMarker) return `c${key.hash}`
  if (key instanceof Date && prototype === Date.prototype) {
    const time = key.getTime()
    if (Number.isNaN(time)) throw invalid(path, 'an invalid date')
    return `d${time}`
  }
  if (key instanceof URL && prototype === URL.prototype) return `u${key.href}`
  if (key instanceof Uint8Array) {
    if (prototype !== Uint8Array.prototype && prototype !== Buffer.prototype)
      throw unsupported(key, path)
    return `b${encodeBytes(key, path)}`
  }
  if (prototype === Map.prototype || prototype === Set.prototype) throw invalid(path, describe(key))
  throw unsupported(key, path)
}

function encodeBytes(key: Uint8Array, path: Path): string {
  const bytes = bytesOf(key)
  if (bytes === undefined) throw invalid(path, 'bytes whose buffer was transferred elsewhere')
  return bytes.toString('base64url')
}

/** A view of no bytes is either that, or one whose bytes are gone: only making another of its buffer tells. */
function bytesOf(key: Uint8Array): Buffer | undefined {
  try {
    return Buffer.from(key.buffer, key.byteOffset, key.byteLength)
  } catch {
    return undefined
  }
}

function encodeArray(key: readonly unknown[], path: Path): string {
  let text = '['
  for (let index = 0; index < key.length; index += 1) {
    const value = key[index]
    path.push(index)
    if (value === undefined && !(index in key)) throw invalid(path, 'an array hole')
    const member = encodeAny(value, path)
    path.pop()
    text += `${member.length}:${member}`
  }
  const names = Object.keys(key).length
  // Only where Array.prototype was given indices do holes have values.
  if (names < key.length) throw invalid(path, 'an array with holes')
  // Such as what a regular expression matched: two of them may have the same members and not mean the same.
  if (names > key.length) throw unsupported(key, path, 'with named properties')
  return text
}

function encodeRecord(key: Readonly<Record<string, unknown>>, path: Path): string {
  const [symbol] = Object.getOwnPropertySymbols(key)
  if (symbol !== undefined) throw unsupported(symbol, path)
  let text = '{'
  for (const name of Object.keys(key).sort(byCodePoint)) {
    const value = key[name]
    if (value === undefined) continue
    path.push(name)
    if (!name.isWellFormed()) throw invalid(path, 'a name with a lone surrogate')
    const member = encodeAny(value, path)
    path.pop()
    text += `${name.length}:${name}${member.length}:${member}`
  }
  return text
}

function at(path: Path): string {
  return path.length === 0 ? '' : ` at ${path.map((part) => `[${JSON.stringify(part)}]`).join('')}`
}

function invalid(path: Path, what: string): HoldfastError {
  return new HoldfastError(
    'ERR_INVALID_KEY',
    `Key${at(path)}: ${what} has no canonical form. Use strings, finite numbers, bigints, booleans, null, dates, URLs, bytes, arrays and plain objects of these.`,
  )
}

function unsupported(value: unknown, path: Path, how = ''): HoldfastError {
  return new HoldfastError(
    'ERR_UNSUPPORTED_KEY',
    `Key${at(path)}: ${describe(value)}${how && ` ${how}`} cannot be part of a key. Pass the facts that identify it instead (an id, a name, its fields).`,
  )
}
