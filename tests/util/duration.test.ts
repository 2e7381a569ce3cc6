import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../src/util/duration.ts'
import { errorOf } from '../support/code-of.ts'

describe('parseDuration', () => {
  it.each<[unknown, number]>([
    [0, 0],
    [1.5, 1.5],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ['0ms', 0],
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['6h', 21_600_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
  ])('%s is %d ms', (value, ms) => {
    expect(parseDuration('ttl', value)).toBe(ms)
  })

  const bad = [
    -1,
    Number.NaN,
    Number.NEGATIVE_INFINITY,
    '',
    '5',
    's',
    '5 s',
    '5S',
    '-5s',
    '5ss',
    '1e3s',
  ]
  it.each([...bad, null, undefined, true, {}, [], 5n, new Date()])('%s is refused', (value) => {
    const { code, message } = errorOf(() => parseDuration('ttl', value))
    expect(code).toBe('ERR_INVALID_OPTION')
    expect(message).toMatch(/^ttl: .*'30s'/)
  })
})
