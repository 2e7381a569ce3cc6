import { type ErrorCode, HoldfastError } from '../../../src/contracts/errors.ts'

/** The error with a code that `run` throws. Any other outcome fails the test. */
export function errorOf(run: () => unknown): HoldfastError {
  try {
    run()
  } catch (error) {
    if (error instanceof HoldfastError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** The code of the error that `run` throws; `undefined` when it throws none. Others are thrown on. */
export function codeOf(run: () => unknown): ErrorCode | undefined {
  try {
    run()
  } catch (error) {
    if (error instanceof HoldfastError) return error.code
    throw error
  }
  return undefined
}
