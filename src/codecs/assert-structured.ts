import { formOf, forms } from './walk.ts'

/**
 * Checks that structured clone keeps everything in `value`. V8 would silently turn a class instance into a plain object, and
 * drop symbol names and what was added to an error; a cache that gives back something else than it was given is worse than
 * one that refuses. An accessor counts as the value that it has now.
 * @throws HoldfastError `ERR_UNSUPPORTED_VALUE` with the path to what cannot be kept.
 */
export function assertStructured(value: unknown): void {
  formOf(value, { most: forms.structured })
}
