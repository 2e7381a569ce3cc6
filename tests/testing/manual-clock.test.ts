import { describe, expect, it } from 'vitest'
import { DiskCache } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

describe('manualClock', () => {
  it('stands still until it is told to go on', async () => {
    const clock = manualClock(1_000)
    expect(clock.now()).toBe(1_000)
    await clock.advance(5)
    expect(clock.now()).toBe(1_005)
    expect(manualClock().now()).toBe(Date.UTC(2026, 0, 1))
  })

  it('runs what falls due in order, each at its time', async () => {
    const clock = manualClock(0)
    const calls: [string, number][] = []
    const note = (name: string) => () => calls.push([name, clock.now()])
    clock.setTimeout(note('c'), 30)
    clock.setTimeout(note('a'), 10)
    clock.setTimeout(note('b'), 10)
    clock.setTimeout(note('late'), 31)
    await clock.advance(30)
    expect(calls).toEqual([
      ['a', 10],
      ['b', 10],
      ['c', 30],
    ])
    await clock.advance(1)
    expect(calls.at(-1)).toEqual(['late', 31])
  })

  it('runs what that causes on the way, also after a promise', async () => {
    const clock = manualClock(0)
    const times: number[] = []
    const again = async () => {
      await Promise.resolve()
      times.push(clock.now())
      clock.setTimeout(() => void again(), 10)
    }
    clock.setTimeout(() => void again(), 10)
    await clock.advance(35)
    expect(times).toEqual([10, 20, 30])
    expect(clock.now()).toBe(35)
  })

  it('does not run what was cleared, nor anything twice', async () => {
    const clock = manualClock(0)
    let calls = 0
    const timer = clock.setTimeout(() => {
      calls += 1
    }, 10)
    const cleared = clock.setTimeout(() => {
      calls += 100
    }, 10)
    cleared.clear()
    await clock.advance(100)
    timer.clear()
    await clock.advance(100)
    expect(calls).toBe(1)
  })

  it('does what its example says', async () => {
    const clock = manualClock()
    using cache = new DiskCache(temporaryDirectory(), { clock, ttl: '1s' })
    cache.set('a', 1)
    expect(cache.has('a')).toBe(true)
    await clock.advance(1_000)
    expect(cache.has('a')).toBe(false)
    expect(cache.check().problems).toEqual([])
  })
})
