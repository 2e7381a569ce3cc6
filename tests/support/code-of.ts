import { type ErrorCode, errorCodes, type HoldfastError } from '../../src/contracts/errors.ts'

/** The error with a code that `run` throws. Any other outcome fails the test. */
export function errorOf(run: () => unknown): HoldfastError {
  return thrown(caught(run))
}

/** The code of the error that `run` throws; `undefined` when it throws none. An error without a code is thrown on. */
export function codeOf(run: () => unknown): ErrorCode | undefined {
  return caught(run)?.code
}

/** As {@link errorOf} for what throws or rejects. */
export async function rejectionOf(run: () => unknown): Promise<HoldfastError> {
  return thrown(await caughtLater(run))
}

/** As {@link codeOf} for what throws or rejects. */
export async function rejectionCode(run: () => unknown): Promise<ErrorCode | undefined> {
  return (await caughtLater(run))?.code
}

function caught(run: () => unknown): HoldfastError | undefined {
  try {
    run()
  } catch (error) {
    if (isCoded(error)) return error
    throw error
  }
  return undefined
}

async function caughtLater(run: () => unknown): Promise<HoldfastError | undefined> {
  try {
    await run()
  } catch (error) {
    if (isCoded(error)) return error
    throw error
  }
  return undefined
}

function thrown(error: HoldfastError | undefined): HoldfastError {
  if (error === undefined) throw new Error('nothing was thrown')
  return error
}

/** By name and code: some tests have the class from `src`, others that of the built package. */
function isCoded(error: unknown): error is HoldfastError {
  return (
    error instanceof Error &&
    error.name === 'HoldfastError' &&
    errorCodes.includes((error as HoldfastError).code)
  )
}
