import { describe, expect, it } from 'vitest'
import { formatBytes, parseByteSize } from '../../src/util/byte-size.ts'
import { errorOf } from '../support/code-of.ts'

describe('parseByteSize', () => {
  it.each<[unknown, number]>([
    [0, 0],
    [1.9, 1],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ['5B', 5],
    ['64KiB', 65_536],
    ['1.5KiB', 1_536],
    ['10MB', 10_000_000],
    ['10 MB', 10_000_000],
    ['1GiB', 2 ** 30],
    ['2TB', 2e12],
    ['0.5 KiB', 512],
  ])('%s is %d bytes', (value, bytes) => {
    expect(parseByteSize('maxBytes', value)).toBe(bytes)
  })

  const bad = [-1, Number.NaN, '', '5', 'KiB', '5kb', '5K', '-5KB', '5  KB', '1e3B']
  it.each([...bad, null, undefined, true, {}, [], 5n])('%s is refused', (value) => {
    const { code, message } = errorOf(() => parseByteSize('maxBytes', value))
    expect(code).toBe('ERR_INVALID_OPTION')
    expect(message).toMatch(/^maxBytes: .*'64KiB'/)
  })
})

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1_023, '1023 B'],
    [1_536, '1.50 KiB'],
    [20_480, '20.0 KiB'],
    [2 ** 30, '1.00 GiB'],
    [2 ** 50, '1024.0 TiB'],
  ])('%d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })
})
