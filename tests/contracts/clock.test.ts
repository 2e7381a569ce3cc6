import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/index.ts'

describe('systemClock', () => {
  it('tells the time of the machine', () => {
    const before = Date.now()
    expect(systemClock.now()).toBeGreaterThanOrEqual(before)
    expect(systemClock.now()).toBeLessThanOrEqual(Date.now())
  })

  it('calls once, and not at all when cleared', async () => {
    const calls: string[] = []
    const cleared = systemClock.setTimeout(() => calls.push('cleared'), 0)
    cleared.clear()
    cleared.clear()
    await new Promise<void>((resolve) => {
      systemClock.setTimeout(() => calls.push('ran'), 0)
      systemClock.setTimeout(resolve, 1)
    })
    expect(calls).toEqual(['ran'])
  })
})
