/*
 * Values that can be given to many at once: what cannot be changed, and what can be frozen so that it cannot. Plain objects
 * and arrays of such values can; a Date, a Map or a typed array changes in places that no freezing reaches.
 */

/** Deeper values count as not plain: a walk must end. */
const maxDepth = 1_000

/** Whether nobody can change `value`. */
export function isImmutable(value: unknown): boolean {
  return (typeof value !== 'object' && typeof value !== 'function') || value === null
}

/** Whether `value` is made of plain objects, arrays and what cannot be changed, and of nothing else. */
export function isPlainValue(value: unknown): boolean {
  return walk(value, 0, new Set()) !== undefined
}

/**
 * Freezes a plain value with all that is in it. Others are left as they are.
 * @returns about how many bytes it takes, `undefined` if it is not plain.
 */
export function freezePlain(value: unknown): number | undefined {
  const found = new Set<object>()
  const bytes = walk(value, 0, found)
  if (bytes === undefined) return undefined
  for (const object of found) Object.freeze(object)
  return bytes
}

/** Bytes of an object or array without its members, in V8 on a 64-bit machine. */
export const objectBytes = 32
/** Bytes of a reference, in V8 on a 64-bit machine. */
export const referenceBytes = 8

/** About how many bytes an immutable value takes beside the reference to it. */
export function immutableBytes(value: unknown): number {
  if (typeof value === 'string') return 16 + textBytes(value)
  // V8 keeps small whole numbers in the reference.
  if (typeof value === 'number') return value === (value | 0) ? 0 : 16
  if (typeof value === 'bigint') return 16 + Math.ceil(value.toString(16).length / 2)
  return 0
}

/** V8 keeps a character in one byte where all of a text's fit, otherwise each in two. Of ASCII, the common case, its length in UTF-8 tells quickly. */
export function textBytes(text: string): number {
  const isOneByte = Buffer.byteLength(text) === text.length || !beyondLatin1.test(text)
  return isOneByte ? text.length : text.length * 2
}

const beyondLatin1 = /[\u0100-\uffff]/

/** @param found the objects in it, each once however often it is there. @returns about how many bytes `value` takes, `undefined` at what is not plain. */
function walk(value: unknown, depth: number, found: Set<object>): number | undefined {
  if (isImmutable(value)) return referenceBytes + immutableBytes(value)
  if (depth >= maxDepth || typeof value === 'function') return undefined
  const object = value as object
  if (found.has(object)) return referenceBytes
  const prototype: unknown = Object.getPrototypeOf(object)
  const isArray = prototype === Array.prototype
  if (!isArray && prototype !== Object.prototype && prototype !== null) return undefined
  found.add(object)
  let bytes = objectBytes
  // Holes take room too.
  if (isArray) bytes += (object as unknown[]).length * referenceBytes
  for (const name of Object.keys(object)) {
    const member = walk((object as Record<string, unknown>)[name], depth + 1, found)
    if (member === undefined) return undefined
    bytes += isArray ? member - referenceBytes : member + nameBytes(name)
  }
  return bytes
}

/** Objects with the same names share them; those with names of their own do not. Between the two. */
function nameBytes(name: string): number {
  return referenceBytes + name.length
}
