import { createRequire } from 'node:module'
import { HoldfastError } from '../contracts/errors.ts'

const require = createRequire(import.meta.url)

/**
 * The package `name`, if it is installed. Packages that not everybody needs are optional peers: they are loaded when first
 * needed, and synchronously, because the verbs that need them are.
 */
export function findOptional<T>(name: string): T | undefined {
  try {
    return require(name) as T
  } catch (error) {
    // A package that is there but broken must say so itself.
    if (isMissing(error, name)) return undefined
    throw error
  }
}

/**
 * The package `name`.
 * @param neededFor what cannot be done without it, such as `compress: 'lz4'`.
 * @param otherwise what to do instead of installing it.
 * @throws HoldfastError `ERR_DEPENDENCY_MISSING` naming both remedies.
 */
export function requireOptional<T>(name: string, neededFor: string, otherwise: string): T {
  let cause: unknown
  try {
    const found = findOptional<T>(name)
    if (found !== undefined) return found
  } catch (error) {
    cause = error
  }
  throw new HoldfastError(
    'ERR_DEPENDENCY_MISSING',
    `${neededFor} needs the package '${name}'${cause === undefined ? '' : ', which cannot be loaded here'}. Install it (npm install ${name}), or ${otherwise}.`,
    { cause },
  )
}

function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  const isNotFound = code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND'
  return isNotFound && error.message.includes(`'${name}'`)
}
