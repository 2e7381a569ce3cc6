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
  return walk(value, 0, () => {}) !== undefined
}

/**
 * Freezes a plain value with all that is in it. Others are left as they are.
 * @returns about how many bytes it takes, `undefined` if it is not plain.
 */
export function freezePlain(value: unknown): number | undefined {
  const found: object[] = []
  const bytes = walk(value, 0, (object) => found.push(object))
  if (bytes === undefined) return undefined
  for (const object of found) Object.freeze(object)
  return bytes
}

/** Bytes of an object or array without its members, and of a reference, in V8 on a 64-bit machine. */
const objectBytes = 32
const referenceBytes = 8

/** About how many bytes an immutable value takes beside the reference to it. */
export function immutableBytes(value: unknown): number {
  if (typeof value === 'string') return 16 + textBytes(value)
  if (typeof value === 'number') return 16
  if (typeof value === 'bigint') return 16 + Math.ceil(value.toString(16).length / 2)
  return 0
}

/** V8 keeps a character in one byte where all of a text's fit; ASCII tells so quickly, and Latin-1 counts for double. */
export function textBytes(text: string): number {
  return Buffer.byteLength(text) === text.length ? text.length : text.length * 2
}

/** @returns about how many bytes `value` takes, `undefined` at what is not plain. A member that is there twice counts twice. */
function walk(value: unknown, depth: number, visit: (object: object) => void): number | undefined {
  if (isImmutable(value))
    return typeof value === 'function' ? undefined : referenceBytes + immutableBytes(value)
  if (depth >= maxDepth) return undefined
  const object = value as object
  const prototype: unknown = Object.getPrototypeOf(object)
  const isArray = prototype === Array.prototype
  if (!isArray && prototype !== Object.prototype && prototype !== null) return undefined
  let bytes = objectBytes
  for (const name of Object.keys(object)) {
    const member = walk((object as Record<string, unknown>)[name], depth + 1, visit)
    if (member === undefined) return undefined
    bytes += isArray ? member : member + referenceBytes
  }
  visit(object)
  return bytes
}
