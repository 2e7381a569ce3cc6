import { HoldfastError } from '../contracts/errors.ts'
import type { Key } from '../contracts/key.ts'

/**
 * The arguments of a call as a key: everything that a key may be, and besides Map, Set, every typed array, `undefined`,
 * NaN and infinities, each written as an object that says what it is.
 * @throws HoldfastError `ERR_UNSUPPORTED_KEY` for functions, symbols, promises, weak collections and class instances.
 */
export function encodeArguments(args: readonly unknown[]): Key {
  return args.map((arg) => toKey(arg, new Set()))
}

function toKey(value: unknown, above: Set<object>): Key {
  if (value === undefined) return special('undefined')
  if (typeof value === 'number' && !Number.isFinite(value)) return special(String(value))
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array)
    return value as Key
  if (above.has(value))
    throw new HoldfastError(
      'ERR_UNSUPPORTED_KEY',
      'Arguments: a circular object cannot be part of a key.',
    )
  above.add(value)
  const key = toCompoundKey(value, above)
  above.delete(value)
  return key
}

function toCompoundKey(value: object, above: Set<object>): Key {
  const prototype: unknown = Object.getPrototypeOf(value)
  // Only the classes themselves; the rest is refused as a key.
  if (prototype === Array.prototype) {
    // Named properties come last. An array that has some is refused as a key.
    if (/\D/.test(Object.keys(value).at(-1) ?? '')) return value as Key
    return Array.from(value as readonly unknown[], (member) => toKey(member, above))
  }
  if (value instanceof Map && prototype === Map.prototype) {
    return special(
      'Map',
      [...value].map(([name, member]) => [toKey(name, above), toKey(member, above)]),
    )
  }
  if (value instanceof Set && prototype === Set.prototype)
    return special(
      'Set',
      [...value].map((member) => toKey(member, above)),
    )
  if (ArrayBuffer.isView(value)) {
    return special(
      value.constructor.name,
      new Uint8Array(value.buffer, value.byteOffset, value.byteLength),
    )
  }
  if (value instanceof ArrayBuffer) return special('ArrayBuffer', new Uint8Array(value))
  if (prototype !== Object.prototype && prototype !== null) return value as Key
  if (Object.getOwnPropertySymbols(value).length > 0) return value as Key
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [
        name.startsWith(marker) ? `${marker}${name}` : name,
        toKey(member, above),
      ]),
  )
}

/** A name that says what an object stands for; a user's own name that begins so gets one more. */
const marker = '\u0001'

function special(type: string, content: Key = null): Key {
  return { [marker]: type, content }
}
