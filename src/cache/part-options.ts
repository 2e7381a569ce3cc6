import type { Clock } from '../contracts/clock.ts'
import type { Codec } from '../contracts/codec.ts'
import { invalidOption } from '../util/options.ts'

/** @throws HoldfastError `ERR_INVALID_OPTION` unless it is a codec, or left out. */
export function checkCodec(value: unknown): Codec | undefined {
  if (value === undefined) return undefined
  const { id, encode, decode } = (value ?? {}) as Partial<Codec>
  const isComplete = typeof encode === 'function' && typeof decode === 'function'
  if (isComplete && typeof id === 'string') return value as Codec
  throw invalidOption('codec', value, 'a codec, such as auto() or json()')
}

/** @throws HoldfastError `ERR_INVALID_OPTION` unless it is a clock, or left out. */
export function checkClock(value: unknown): Clock | undefined {
  if (value === undefined) return undefined
  const { now, setTimeout } = (value ?? {}) as Partial<Clock>
  if (typeof now === 'function' && typeof setTimeout === 'function') return value as Clock
  throw invalidOption('clock', value, 'an object with now() and setTimeout(run, ms)')
}
