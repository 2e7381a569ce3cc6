import { HoldfastError } from '../contracts/errors.ts'
import { describe } from '../util/describe.ts'

/** Where in a value something is. */
export type Path = readonly (string | number)[]

/** For what no codec keeps. */
export function unsupported(value: unknown, path: Path): HoldfastError {
  return refused(
    path,
    `${describe(value)} cannot be stored without losing what it is. Store its data (plain objects, arrays, Map, Set, dates, bytes, numbers, strings) and rebuild it when reading, or register its class with classCodec.`,
  )
}

/** For what this codec does not keep. @param codec what the user calls it, such as `json()`. */
export function notKept(what: string, path: Path, codec: string): HoldfastError {
  return refused(path, `${codec} would lose ${what}. Use auto(), which keeps it.`)
}

/** For anything else that is wrong with the part at `path`. */
export function refused(path: Path, what: string): HoldfastError {
  const at =
    path.length === 0 ? '' : ` at ${path.map((part) => `[${JSON.stringify(part)}]`).join('')}`
  return new HoldfastError('ERR_UNSUPPORTED_VALUE', `Value${at}: ${what}`)
}

/** Beyond this the encoders, and whoever walks the value later, would run out of stack. */
export const maxDepth = 1_000

export function tooDeep(): HoldfastError {
  return new HoldfastError(
    'ERR_UNSUPPORTED_VALUE',
    `Value: nested more than ${maxDepth} levels deep, or within itself where its codec cannot keep that.`,
  )
}
