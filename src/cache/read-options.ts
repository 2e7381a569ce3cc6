import type { ReadOptions } from '../contracts/cache-entry.ts'
import { checkOptionNames, invalidOption } from '../util/options.ts'

/** Names of {@link ReadOptions}. */
export const readNames = ['stale', 'signal'] as const

/** @throws HoldfastError `ERR_INVALID_OPTION`; the reason of a signal that is aborted. */
export function checkReadOptions(what: string, options: ReadOptions | undefined): void {
  if (options === undefined) return
  checkOptionNames(what, options, readNames)
  const { signal, stale } = options
  checkFlag('stale', stale)
  checkSignal(signal)
  signal?.throwIfAborted()
}

/** @throws HoldfastError `ERR_INVALID_OPTION` unless it is one of two, or left out. */
export function checkFlag(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean')
    throw invalidOption(option, value, 'true or false')
}

/** @throws HoldfastError `ERR_INVALID_OPTION` unless it is a signal, or left out. */
export function checkSignal(value: unknown): void {
  if (value === undefined) return
  if (typeof (value as AbortSignal | null)?.throwIfAborted === 'function') return
  throw invalidOption('signal', value, 'an AbortSignal')
}
