import { HoldfastError } from '../contracts/errors.ts'

/** The error of an asynchronous verb inside `transact`. */
export function asyncError(what: string): HoldfastError {
  return new HoldfastError(
    'ERR_ASYNC_TRANSACTION',
    `${what}: not inside transact, whose work is synchronous. Call it before or after; nothing was changed.`,
  )
}
