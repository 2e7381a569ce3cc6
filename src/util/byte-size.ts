import { HoldfastError } from '../contracts/errors.ts'
import { describe } from './describe.ts'

/** Bytes as a number, or text such as `'64KiB' '10MB' '1GiB'`; `Infinity` = no limit. */
export type ByteSize = number | string

const units: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}
const pattern = /^(\d+(?:\.\d+)?) ?(B|[KMGT]i?B)$/

/**
 * `value` in whole bytes.
 * @throws HoldfastError `ERR_INVALID_OPTION` naming `option`.
 */
export function parseByteSize(option: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0) return Math.floor(value)
  if (typeof value === 'string') {
    const match = pattern.exec(value)
    if (match) return Math.floor(Number(match[1]) * (units[match[2] as string] as number))
  }
  throw new HoldfastError(
    'ERR_INVALID_OPTION',
    `${option}: ${describe(value)} is not a size. Use bytes (a number >= 0, Infinity for no limit) or text such as '64KiB', '10MB', '1GiB'.`,
  )
}

/** `bytes` for people: `1536` is `'1.5 KiB'`. */
export function formatBytes(bytes: number): string {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let index = 0
  let value = bytes
  while (value >= 1024 && index < names.length - 1) {
    value /= 1024
    index += 1
  }
  return `${index === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${names[index]}`
}
