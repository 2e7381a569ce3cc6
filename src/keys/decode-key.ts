import { HoldfastError } from '../contracts/errors.ts'
import type { Key } from '../contracts/key.ts'
import { ContentMarker } from './content-of.ts'

/**
 * The key whose canonical text is `text`: the inverse of `encodeKey`. Names of objects come in code point order, bytes as a
 * `Uint8Array`, a content key as a marker that knows its hash but no path.
 * @throws HoldfastError `ERR_CORRUPT` when `text` is not canonical.
 */
export function decodeKey(text: string): Key {
  const body = text.slice(1)
  switch (text[0]) {
    case 's':
      return body
    case 'n':
      return Number(body)
    case 'i':
      return BigInt(body)
    case 't':
      return true
    case 'f':
      return false
    case 'z':
      return null
    case 'd':
      return new Date(Number(body))
    case 'u':
      return new URL(body)
    case 'b':
      return new Uint8Array(Buffer.from(body, 'base64url'))
    case 'c':
      return ContentMarker.fromHash(body)
    case '[':
      return [...parts(body)].map(decodeKey)
    case '{':
      return decodeRecord(body)
    default:
      throw new HoldfastError(
        'ERR_CORRUPT',
        'A stored key has an unknown type. Run check({ fix: true }).',
      )
  }
}

function decodeRecord(body: string): Key {
  // Defined, not assigned, so that a name such as `__proto__` stays a name.
  const record: Record<string, Key> = {}
  const all = [...parts(body)]
  if (all.length % 2 === 1) throw damaged()
  for (let index = 0; index + 1 < all.length; index += 2) {
    Object.defineProperty(record, all[index] as string, {
      value: decodeKey(all[index + 1] as string),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return record
}

function* parts(body: string): Generator<string> {
  let position = 0
  while (position < body.length) {
    const colon = body.indexOf(':', position)
    const length = colon < 0 ? Number.NaN : Number(body.slice(position, colon))
    if (!Number.isSafeInteger(length) || colon + 1 + length > body.length) {
      throw damaged()
    }
    yield body.slice(colon + 1, colon + 1 + length)
    position = colon + 1 + length
  }
}

function damaged(): HoldfastError {
  return new HoldfastError('ERR_CORRUPT', 'A stored key is damaged. Run check({ fix: true }).')
}
