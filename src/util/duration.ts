import { HoldfastError } from '../contracts/errors.ts'
import { describe } from './describe.ts'

/** Milliseconds as a number, or text such as `'250ms' '30s' '5m' '6h' '7d' '2w'`; `Infinity` = never. */
export type Duration = number | string

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const pattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/

/**
 * `value` in milliseconds.
 * @throws HoldfastError `ERR_INVALID_OPTION` naming `option`.
 */
export function parseDuration(option: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0) return value
  if (typeof value === 'string') {
    const match = pattern.exec(value)
    if (match) return Number(match[1]) * (units[match[2] as string] as number)
  }
  throw new HoldfastError(
    'ERR_INVALID_OPTION',
    `${option}: ${describe(value)} is not a duration. Use milliseconds (a number >= 0, Infinity for never) or text such as '250ms', '30s', '5m', '6h', '7d', '2w'.`,
  )
}
