import { HoldfastError } from '../contracts/errors.ts'
import { describe } from './describe.ts'

/**
 * Checks that `options` is a plain record (or absent) that has no names but `known`.
 * @throws HoldfastError `ERR_INVALID_OPTION` naming the unknown option and the nearest known ones.
 */
export function checkOptionNames(what: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return
  for (const name in checkObject(what, options)) {
    if (known.includes(name)) continue
    throw new HoldfastError(
      'ERR_INVALID_OPTION',
      `${what}: unknown option '${name}'. Known options: ${known.join(', ')}.`,
    )
  }
}

/**
 * `options`, if they are an object.
 * @throws HoldfastError `ERR_INVALID_OPTION`.
 */
export function checkObject<T>(what: string, options: T): T & object {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return options
  throw new HoldfastError(
    'ERR_INVALID_OPTION',
    `${what}: options must be an object, not ${describe(options)}.`,
  )
}

/**
 * `items`, if they can be gone through one by one. A text can, character by character, which nobody means.
 * @throws HoldfastError `ERR_INVALID_OPTION`.
 */
export function checkIterable<T>(what: string, items: Iterable<T>): Iterable<T> {
  const given: unknown = items
  if (typeof given === 'object' && given !== null && Symbol.iterator in given) return items
  throw invalidOption(what, given, 'an array or another iterable')
}

/**
 * `value` if it is one of `allowed`, `fallback` if it is `undefined`.
 * @throws HoldfastError `ERR_INVALID_OPTION`.
 */
export function oneOf<T extends string>(
  option: string,
  value: unknown,
  allowed: readonly T[],
  fallback: T,
): T {
  if (value === undefined) return fallback
  const found = allowed.find((candidate) => candidate === value)
  if (found !== undefined) return found
  throw invalidOption(option, value, `one of ${allowed.map((name) => `'${name}'`).join(', ')}`)
}

/** The error for an option whose value is not `accepted`. */
export function invalidOption(option: string, value: unknown, accepted: string): HoldfastError {
  return new HoldfastError(
    'ERR_INVALID_OPTION',
    `${option}: ${describe(value)} is not accepted; use ${accepted}.`,
  )
}
