import { isAnyArrayBuffer, isDate, isMap, isNativeError, isRegExp, isSet } from 'node:util/types'
import { immutableBytes, isImmutable, objectBytes, referenceBytes } from '../util/plain-value.ts'

/*
 * What V8 of Node 20 to 24 takes on a 64-bit machine, measured by `tests/memory/value-size.test.ts`.
 */

/** The elements of an array without any. */
const elementsBytes = 16
/** Objects with more names than this are taken for dictionaries, where each name has an entry and a text of its own. */
const mostSharedNames = 24
const dictionaryEntryBytes = 96
const dateBytes = 76
const regExpBytes = 160
/** An error without its message, but with what its stack is made of. */
const errorBytes = 240
/** The object over an array buffer, and the two that hold its memory. */
const viewBytes = 112
const bufferBytes = 160
/** An index of a Map or Set without entries, and what it takes for each entry that it has room for. */
const indexBytes = 48
const mapSlotBytes = 28
const setSlotBytes = 20
/** What shows nothing of itself: functions, promises, handles, private fields. */
const opaqueBytes = 64

/**
 * About how many bytes of memory `value` keeps alive: what is reachable from it through properties, elements, entries and buffers, each
 * object and each buffer once, however often it is there. For values of ordinary shape it is within a quarter of
 * what `process.memoryUsage()` shows (a test says which); for objects of very irregular shape within a factor of two.
 *
 * Not seen are private fields, closures and what proxies hide. Texts count wherever they are, though V8 may keep
 * equal ones once. A text cut out of a larger one counts for itself, though V8 may keep all of the larger one. A small Buffer counts for its
 * part of the pool that it was cut from. Nothing is changed, and no error is thrown: of an object with a getter that throws, what was seen before counts.
 */
export function sizeOfValue(value: unknown): number {
  if (isImmutable(value)) return primitiveBytes(value)
  const walk = new Walk()
  walk.meet(value)
  return walk.finish()
}

/** Of a primitive, beside the reference to it. */
function primitiveBytes(value: unknown): number {
  if (typeof value === 'symbol') return elementsBytes
  return rounded(immutableBytes(value))
}

/** V8 gives out memory in words. */
function rounded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8
}

/** Goes through all that is reachable, with a stack of its own: values may be nested deeper than calls can be. */
class Walk {
  readonly #seen = new Set<object>()
  readonly #open: object[] = []
  #bytes = 0

  /** Counts `value`; what is in it is counted later. */
  meet(value: unknown): void {
    if (isImmutable(value)) this.#bytes += primitiveBytes(value)
    else if (!this.#seen.has(value as object)) {
      this.#seen.add(value as object)
      this.#open.push(value as object)
    }
  }

  finish(): number {
    for (let object = this.#open.pop(); object !== undefined; object = this.#open.pop()) {
      try {
        this.#count(object)
      } catch {
        // A getter or a proxy threw: what was seen of the object until then counts.
        this.#bytes += opaqueBytes
      }
    }
    return this.#bytes
  }

  #count(object: object): void {
    if (Array.isArray(object)) this.#countArray(object)
    else if (ArrayBuffer.isView(object)) this.#countView(object)
    else if (isMap(object)) this.#countMap(object)
    else if (isSet(object)) this.#countSet(object)
    else if (isAnyArrayBuffer(object)) this.#bytes += bufferBytes + object.byteLength
    else {
      this.#bytes += ownBytes(object)
      if (isNativeError(object)) this.#countError(object)
      this.#countProperties(object)
    }
  }

  #countArray(array: readonly unknown[]): void {
    // Holes take room too.
    this.#bytes += objectBytes + elementsBytes + array.length * referenceBytes
    // Where all elements are numbers, V8 keeps them in the place of the references.
    if (array.every((element) => typeof element === 'number')) return
    for (const element of array) this.meet(element)
  }

  #countMap(map: ReadonlyMap<unknown, unknown>): void {
    this.#bytes += objectBytes + indexBytes + roomFor(map.size) * mapSlotBytes
    for (const [key, value] of map) {
      this.meet(key)
      this.meet(value)
    }
    this.#countProperties(map)
  }

  #countSet(set: ReadonlySet<unknown>): void {
    this.#bytes += objectBytes + indexBytes + roomFor(set.size) * setSlotBytes
    for (const value of set) this.meet(value)
    this.#countProperties(set)
  }

  #countView(view: ArrayBufferView): void {
    this.#bytes += viewBytes
    const { buffer } = view
    // All that is cut from one pool together takes what its parts count for.
    if (Buffer.isBuffer(view) && buffer.byteLength === Buffer.poolSize)
      this.#bytes += rounded(view.byteLength)
    else this.meet(buffer)
  }

  #countError(error: Error): void {
    this.meet(error.message)
    this.meet(error.cause)
    if (error instanceof AggregateError) this.meet(error.errors)
  }

  #countProperties(object: object): void {
    const names = Object.keys(object)
    // An object that shows nothing has something to hide, but for `{}`, where V8 leaves room for names to come.
    if (names.length === 0) this.#bytes += opaqueBytes - objectBytes
    const isDictionary = names.length > mostSharedNames
    for (const name of names) {
      this.#bytes += referenceBytes
      if (isDictionary) this.#bytes += dictionaryEntryBytes + primitiveBytes(name)
      this.meet((object as Record<string, unknown>)[name])
    }
  }
}

/** Of what is no array, view, Map or Set, without its properties. */
function ownBytes(object: object): number {
  if (isDate(object)) return dateBytes
  if (isRegExp(object)) return regExpBytes + primitiveBytes(object.source)
  if (isNativeError(object)) return errorBytes
  return typeof object === 'function' ? opaqueBytes : objectBytes
}

/** The entries that the index of a Map or Set with so many has room for: it doubles. */
function roomFor(entries: number): number {
  return entries <= 4 ? 4 : 2 ** Math.ceil(Math.log2(entries))
}
