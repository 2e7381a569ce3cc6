import { Budget, maxDepth } from './limits.ts'
import { NotConvertible } from './not-convertible.ts'
import {
  PythonDatetime,
  PythonDict,
  PythonFloat,
  type PythonList,
  PythonSet,
  PythonText,
  type PythonTuple,
  type PythonValue,
} from './python-value.ts'

/** A value as holdfast keeps it. */
export interface PlainValue {
  readonly value: unknown
  /** What is not quite as it was, in words; `undefined` if nothing. */
  readonly change: string | undefined
}

/**
 * Python's data as JavaScript's: lists and tuples as arrays, dicts with text names as objects and others as Maps, sets as
 * Sets. What is shared stays shared, what holds itself still does.
 * @param bytes length of the stored value, by which the effort is limited.
 * @throws NotConvertible
 */
export function toPlain(value: PythonValue, bytes: number): PlainValue {
  const converter = new Converter(new Budget(bytes))
  return { value: converter.convert(value, 0), change: converter.change }
}

type Container = PythonList | PythonTuple | PythonDict | PythonSet

class Converter {
  change: string | undefined
  readonly #budget: Budget
  readonly #made = new Map<object, unknown>()

  constructor(budget: Budget) {
    this.#budget = budget
  }

  convert(value: PythonValue, depth: number): unknown {
    this.#budget.item()
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
    if (value instanceof PythonFloat) return value.value
    if (value instanceof PythonText) return value.text
    if (value instanceof PythonDatetime) return this.#date(value)
    const known = this.#made.get(value)
    if (known !== undefined) return known
    this.#budget.container()
    if (depth >= maxDepth) throw new NotConvertible(`nested more than ${maxDepth} levels deep`)
    return this.#container(value, depth + 1)
  }

  #container(value: Container, depth: number): unknown {
    if (value instanceof PythonSet) return this.#set(value, depth)
    if (value instanceof PythonDict)
      return value.names.every(isText) ? this.#record(value, depth) : this.#map(value, depth)
    const array: unknown[] = []
    this.#made.set(value, array)
    for (const item of value.items) array.push(this.convert(item, depth))
    return array
  }

  #record(dict: PythonDict, depth: number): object {
    const record = {}
    this.#made.set(dict, record)
    for (const [index, name] of dict.names.entries()) {
      // Defined, not assigned, so that a name such as `__proto__` stays a name.
      Object.defineProperty(record, name as string, {
        value: this.convert(dict.members[index] ?? null, depth),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
    return record
  }

  #map(dict: PythonDict, depth: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>()
    this.#made.set(dict, map)
    for (const [index, name] of dict.names.entries()) {
      map.set(this.convert(name, depth), this.convert(dict.members[index] ?? null, depth))
    }
    // Equal here and not in Python: a Decimal and a text, say.
    if (map.size !== dict.names.length)
      throw new NotConvertible('holds a dict of which two names would become one')
    return map
  }

  #set(source: PythonSet, depth: number): Set<unknown> {
    const set = new Set<unknown>()
    this.#made.set(source, set)
    for (const item of source.items) set.add(this.convert(item, depth))
    if (set.size !== source.items.length)
      throw new NotConvertible('holds a set of which two members would become one')
    return set
  }

  #date(value: PythonDatetime): Date {
    if (value.microseconds > 0) this.change = 'the microseconds of a datetime were cut off'
    return new Date(value.date)
  }
}

function isText(value: PythonValue): boolean {
  return typeof value === 'string'
}
