import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Histogram, histogramError } from '../../src/util/histogram.ts'
import { RollingHistogram } from '../../src/util/rolling-histogram.ts'
import { errorOf } from '../support/code-of.ts'

const inRange = fc.oneof(
  fc.double({ min: 2 ** -10, max: 2 ** 40, noNaN: true }),
  fc.integer({ min: 1, max: 5_000 }),
)

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

describe('Histogram', () => {
  it('gives percentiles that are never too low, and at most 1/32 too high', () => {
    fc.assert(
      fc.property(
        fc.array(inRange, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, share) => {
          const sorted = values.toSorted((a, b) => a - b)
          const exact = sorted[Math.max(1, Math.ceil(share * values.length)) - 1] as number
          const found = histogramOf(values).percentile(share)
          expect(found).toBeGreaterThanOrEqual(exact)
          expect(found).toBeLessThanOrEqual(exact * (1 + histogramError))
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('merged is as if one had recorded everything', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1e9)), fc.array(fc.nat(1e9)), (some, others) => {
        const merged = histogramOf(some)
        merged.merge(histogramOf(others))
        expect(merged.snapshot()).toEqual(histogramOf([...some, ...others]).snapshot())
      }),
    )
  })

  it('counts, sums, and tells exporters where the values are', () => {
    const histogram = histogramOf([1, 1, 3, 1_000])
    const { buckets, ...facts } = histogram.snapshot()
    expect(facts).toEqual({ count: 4, sum: 1_005, min: 1, max: 1_000 })
    expect([histogram.count, histogram.sum]).toEqual([4, 1_005])
    expect(buckets).toEqual([
      [1 + 1 / 32, 2],
      [3 + 1 / 16, 1],
      [1_008, 1],
    ])
    histogram.reset()
    expect(histogram.snapshot()).toEqual({ count: 0, sum: 0, min: 0, max: 0, buckets: [] })
    expect(histogram.percentile(0.5)).toBe(0)
  })

  it('keeps to its memory: what lies outside of its range is told apart no more', () => {
    const histogram = new Histogram({ lowest: 1, highest: 1_000 })
    for (const value of [0, 0.1, 5e3, 1e12]) histogram.record(value)
    const { buckets, max, min } = histogram.snapshot()
    expect([min, max]).toEqual([0, 1e12])
    expect(buckets).toEqual([
      [1 + 1 / 32, 2],
      [Number.POSITIVE_INFINITY, 2],
    ])
    expect(histogram.percentile(1)).toBe(1e12)
  })

  it('takes what a clock that was set back gives as 0', () => {
    const values = [-5, Number.NaN, Number.POSITIVE_INFINITY, -0]
    expect(histogramOf(values).snapshot()).toMatchObject({ count: 4, sum: 0, max: 0 })
  })

  it.each([
    [0, 5],
    [5, 5],
    [1, Number.POSITIVE_INFINITY],
    [Number.NaN, 5],
  ])('refuses a range of %s to %s', (lowest, highest) => {
    expect(errorOf(() => new Histogram({ lowest, highest }))?.code).toBe('ERR_INVALID_OPTION')
  })

  it('refuses to merge another range', () => {
    const other = new Histogram({ lowest: 1, highest: 8 })
    expect(errorOf(() => new Histogram().merge(other))?.code).toBe('ERR_INVALID_OPTION')
  })
})

describe('RollingHistogram', () => {
  function rolling() {
    const time = { now: 0 }
    return { time, recent: new RollingHistogram({ window: 1_000, now: () => time.now }) }
  }

  it('forgets after three quarters of the window at the earliest, after all of it at the latest', () => {
    const { time, recent } = rolling()
    recent.record(5)
    time.now = 999
    expect([recent.count, recent.percentile(0.5)]).toEqual([1, 5])
    recent.record(7)
    time.now = 1_000
    expect([recent.count, recent.percentile(0.5)]).toEqual([1, 7])
    time.now = 1_999
    expect(recent.count).toBe(0)
    expect(recent.percentile(0.5)).toBe(0)
  })

  it('knows every value of three quarters of the window, and none of before the window', () => {
    const waits = fc.array(fc.record({ wait: fc.nat(700), value: fc.integer({ min: 1, max: 9 }) }))
    fc.assert(
      fc.property(waits, (steps) => {
        const { time, recent } = rolling()
        const all: number[] = []
        for (const { wait, value } of steps) {
          time.now += wait
          recent.record(value)
          all.push(time.now)
          const sure = all.filter((at) => time.now - at < 750).length
          const perhaps = all.filter((at) => time.now - at < 1_000).length
          expect(recent.count).toBeGreaterThanOrEqual(sure)
          expect(recent.count).toBeLessThanOrEqual(perhaps)
        }
      }),
    )
  })

  it('begins anew where the clock was set back', () => {
    const { time, recent } = rolling()
    time.now = 1e6
    recent.record(5)
    time.now = 0
    expect(recent.count).toBe(0)
    recent.record(6)
    expect(recent.percentile(1)).toBe(6)
  })
})
