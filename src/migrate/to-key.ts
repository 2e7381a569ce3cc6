import type { Key } from '../contracts/key.ts'
import { NotConvertible } from './not-convertible.ts'
import {
  PythonDatetime,
  PythonDict,
  PythonFloat,
  PythonList,
  PythonSet,
  PythonText,
  PythonTuple,
  type PythonValue,
} from './python-value.ts'

/** Members of a key in all. Few bytes of pickle can name one tuple often enough to fill any memory with the key's text. */
const maxMembers = 10_000
const maxLevels = 64

/** A key here, made from one of Python. */
export interface ConvertedKey {
  readonly value: Key
  /** Whether a float such as 1.0 is (in) it, which is a number like the int 1 here. */
  readonly hasWholeFloat: boolean
}

/**
 * A key of Python as a key here.
 * @throws NotConvertible for what a key cannot hold exactly.
 */
export function toKey(key: PythonValue): ConvertedKey {
  const walk = { left: maxMembers, hasWholeFloat: false }
  const value = convert(key, 0, walk)
  return { value, hasWholeFloat: walk.hasWholeFloat }
}

interface Walk {
  left: number
  hasWholeFloat: boolean
}

function convert(value: PythonValue, depth: number, walk: Walk): Key {
  walk.left -= 1
  if (walk.left < 0 || depth > maxLevels) {
    throw new NotConvertible('the key is too deeply nested or too large')
  }
  if (value instanceof PythonFloat) {
    walk.hasWholeFloat ||= Number.isInteger(value.value)
    return finite(value.value)
  }
  if (value instanceof PythonText) return value.text
  if (value instanceof PythonDatetime) {
    if (value.microseconds === 0) return value.date
    throw new NotConvertible('the key holds a datetime with microseconds, which a Date cannot hold')
  }
  if (value instanceof PythonSet) throw new NotConvertible('the key holds a set')
  if (value instanceof PythonDict) return record(value, depth, walk)
  if (value instanceof PythonList || value instanceof PythonTuple) {
    return value.items.map((item) => convert(item, depth + 1, walk))
  }
  return typeof value === 'number' ? finite(value) : value
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value
  throw new NotConvertible('the key holds infinity or NaN')
}

function record(dict: PythonDict, depth: number, walk: Walk): Key {
  const entries = dict.names.map((name, index): [string, Key] => {
    if (typeof name !== 'string')
      throw new NotConvertible('the key holds a dict whose names are not all text')
    return [name, convert(dict.members[index] ?? null, depth + 1, walk)]
  })
  return Object.fromEntries(entries)
}
