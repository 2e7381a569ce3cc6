import { type ErrorCode, HoldfastError } from 'holdfast'

/** The code of the error that `run` throws; `undefined` when it throws none. An error without a code is thrown on. */
export function codeOf(run: () => unknown): ErrorCode | undefined {
  try {
    run()
  } catch (error) {
    if (error instanceof HoldfastError) return error.code
    throw error
  }
  return undefined
}
