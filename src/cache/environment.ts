import { parseByteSize } from '../util/byte-size.ts'
import { invalidOption } from '../util/options.ts'

/*
 * What whoever runs a program may set without touching its code; see docs/environment.md. Read when a cache is made, never later.
 */

/** `HOLDFAST_CACHE=off`: every read misses and nothing is kept; loads still happen once for all who wait. */
export function isSwitchedOff(): boolean {
  const value = process.env['HOLDFAST_CACHE']
  if (value === undefined || value === '' || value === 'on') return false
  if (value === 'off') return true
  throw invalidOption('HOLDFAST_CACHE', value, "'on' or 'off'")
}

/** `HOLDFAST_MEMORY`: bytes of memory tiers that name none, such as `256MiB`. */
export function operatorMemory(): number | undefined {
  const value = process.env['HOLDFAST_MEMORY']
  return value === undefined || value === '' ? undefined : parseByteSize('HOLDFAST_MEMORY', value)
}

/** `HOLDFAST_KEYS`: keys for `presets.secure`, the current one first, as hex text separated by commas. */
export function operatorKeys(): readonly string[] | undefined {
  const value = process.env['HOLDFAST_KEYS']
  if (value === undefined || value.trim() === '') return undefined
  return value.split(',').map((key) => key.trim())
}
