import { HoldfastError } from '../contracts/errors.ts'
import type { Key } from '../contracts/key.ts'
import { byCodePoint } from './by-code-point.ts'
import { isContentHash } from './content-hash.ts'
import { ContentMarker } from './content-marker.ts'
import { maxDepth } from './encode-key.ts'

/**
 * The key whose canonical text is `text`: the inverse of `encodeKey`. Names of objects come in code point order, bytes as a
 * `Uint8Array`, a content key as a marker that knows its hash but no path.
 * @throws HoldfastError `ERR_CORRUPT` when `text` is not what `encodeKey` makes.
 */
export function decodeKey(text: string): Key {
  return decodeAny(text, 0)
}

/** `depth` bounds what a damaged or forged text can cost: each level goes through it once. */
function decodeAny(text: string, depth: number): Key {
  const body = text.slice(1)
  switch (text[0]) {
    case 's':
      return body
    case 'n':
      return exactly(Number(body), body, Number.isFinite)
    case 'i':
      // BigInt throws for other texts, and takes hexadecimal ones.
      return /^-?\d+$/.test(body) ? exactly(BigInt(body), body) : fail()
    case 't':
      return body === '' || fail()
    case 'f':
      return body === '' ? false : fail()
    case 'z':
      return body === '' ? null : fail()
    case 'd': {
      const time = exactly(Number(body), body)
      const date = new Date(time)
      return date.getTime() === time ? date : fail()
    }
    case 'u':
      return URL.canParse(body) ? new URL(body) : fail()
    case 'b': {
      const bytes = Buffer.from(body, 'base64url')
      return bytes.toString('base64url') === body ? new Uint8Array(bytes) : fail()
    }
    case 'c':
      return isContentHash(body) ? ContentMarker.fromHash(body) : fail()
    case '[':
      if (depth >= maxDepth) return fail()
      return parts(body).map((part) => decodeAny(part, depth + 1))
    case '{':
      return depth < maxDepth ? decodeRecord(body, depth + 1) : fail()
    default:
      throw damaged('has an unknown type')
  }
}

function decodeRecord(body: string, depth: number): Key {
  // Defined, not assigned, so that a name such as `__proto__` stays a name.
  const record: Record<string, Key> = {}
  const all = parts(body)
  let last: string | undefined
  for (let index = 0; index < all.length; index += 2) {
    const [name, member] = all.slice(index, index + 2)
    if (name === undefined || member === undefined) return fail()
    if (last !== undefined && byCodePoint(last, name) >= 0) return fail()
    last = name
    Object.defineProperty(record, name, {
      value: decodeAny(member, depth),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return record
}

function parts(body: string): string[] {
  const found: string[] = []
  let position = 0
  while (position < body.length) {
    const colon = body.indexOf(':', position)
    const digits = colon < 0 ? '' : body.slice(position, colon)
    const end = colon + 1 + Number(digits)
    if (!/^(?:0|[1-9]\d{0,9})$/.test(digits) || end > body.length) return fail()
    found.push(body.slice(colon + 1, end))
    position = end
  }
  return found
}

/** `value`, if `body` is the text that stands for it and no other that reads the same. */
function exactly<T extends number | bigint>(
  value: T,
  body: string,
  holds: (value: T) => boolean = () => true,
): T {
  return String(value) === body && holds(value) ? value : fail()
}

function fail(): never {
  throw damaged('is damaged')
}

function damaged(what: string): HoldfastError {
  return new HoldfastError('ERR_CORRUPT', `A stored key ${what}. Run check({ fix: true }).`)
}
