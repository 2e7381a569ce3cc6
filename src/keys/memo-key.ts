import { HoldfastError } from '../contracts/errors.ts'
import type { Key } from '../contracts/key.ts'
import { invalidOption } from '../util/options.ts'
import { encodeArguments } from './encode-arguments.ts'

// biome-ignore lint/suspicious/noExplicitAny: the widest function type there is; `unknown` would refuse every real one
export type AnyFunction = (...args: any[]) => unknown

/** What the key of a memoized result is made of. */
export interface MemoKeyOptions<F extends AnyFunction = AnyFunction> {
  /** Stands for the function in keys. @default its own name */
  readonly name?: string | undefined
  /** Change it when the function changes: results of other versions are not found. */
  readonly version?: string | number | undefined
  /** What the result depends on, instead of all arguments. */
  readonly key?: ((...args: Parameters<F>) => Key) | undefined
  /** Positions of arguments, or names in a first argument that is an object, which do not change the result. */
  readonly ignore?: readonly (number | string)[] | undefined
}

/**
 * How the arguments of a call become the key of its result.
 * @throws HoldfastError `ERR_ANONYMOUS_FUNCTION`, `ERR_INVALID_OPTION`.
 */
export function memoKey<F extends AnyFunction>(
  fn: F,
  options: MemoKeyOptions<F>,
): (...args: Parameters<F>) => Key {
  const name = options.name ?? fn.name
  if (typeof name !== 'string' || name === '') {
    throw new HoldfastError(
      'ERR_ANONYMOUS_FUNCTION',
      'memoize: this function has no name to store its results under. Pass { name }.',
    )
  }
  const { ignore = [], key, version } = options
  if (!Array.isArray(ignore))
    throw invalidOption('ignore', ignore, 'an array of positions and names')
  if (key !== undefined && typeof key !== 'function')
    throw invalidOption('key', key, 'a function of the arguments')
  if (version !== undefined && typeof version !== 'string' && typeof version !== 'number') {
    throw invalidOption('version', version, 'a string or a number')
  }
  return (...args) => {
    if (key !== undefined) return ['memoize', name, version ?? null, 'key', key(...args)]
    return ['memoize', name, version ?? null, encodeArguments(withoutIgnored(args, ignore))]
  }
}

function withoutIgnored(args: readonly unknown[], ignore: readonly (number | string)[]): unknown[] {
  const names = ignore.filter((one) => typeof one === 'string')
  const kept = args.map((arg, index) => (ignore.includes(index) ? undefined : arg))
  const first = kept[0]
  if (names.length > 0 && isPlainObject(first)) {
    kept[0] = Object.fromEntries(Object.entries(first).filter(([name]) => !names.includes(name)))
  }
  // f(a) and f(a, undefined) are the same call.
  while (kept.length > 0 && kept[kept.length - 1] === undefined) kept.pop()
  return kept
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
