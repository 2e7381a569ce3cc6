import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import type { Clock } from '../../src/contracts/clock.ts'
import { Guard } from '../../src/reliability/guard.ts'
import { resolveGuardOptions } from '../../src/reliability/guard-options.ts'

const options = resolveGuardOptions('test', {
  timeout: 1_000,
  breaker: { failures: 10_000, window: 1 },
  retry: { attempts: 2, delay: 0 },
  bulkhead: { concurrent: 50, queue: 1_000 },
})

/** Runs what is due at once if it was set for no time at all, and counts what is neither run nor cleared. */
function countingClock() {
  const pending = new Set<object>()
  let made = 0
  const clock: Clock = {
    now: () => Date.now(),
    setTimeout(run, ms) {
      const timer = {}
      pending.add(timer)
      made += 1
      if (ms === 0) setImmediate(() => pending.delete(timer) && run())
      return { clear: () => pending.delete(timer) }
    },
  }
  return { clock, pending: () => pending.size, made: () => made }
}

it('leaves no timer and no listener behind, whatever comes of 100,000 calls', async () => {
  const { clock, pending, made } = countingClock()
  const guard = new Guard({ name: 'test', options, clock })
  const caller = new AbortController()
  const fails = async () => Promise.reject(new Error('no'))
  const works: ((signal: AbortSignal) => unknown)[] = [
    () => 'at once',
    async () => 'v',
    async (signal) => signal.aborted,
    fails,
    () => new Promise((resolve) => setImmediate(resolve)),
    () => {
      throw new Error('at once')
    },
  ]
  const signal = caller.signal
  const outcomes = { fulfilled: 0, rejected: 0 }
  for (let batch = 0; batch < 100; batch += 1) {
    const calls = Array.from({ length: 1_000 }, (_, index) =>
      guard.run('get', works[index % works.length] ?? fails, index % 2 === 0 ? { signal } : {}),
    )
    for (const { status } of await Promise.allSettled(calls)) outcomes[status] += 1
  }
  expect(outcomes).toEqual({ fulfilled: 66_700, rejected: 33_300 })
  expect(made()).toBeGreaterThan(50_000)
  expect(pending()).toBe(0)
  expect(getEventListeners(signal, 'abort')).toEqual([])
  expect(guard.health()).toMatchObject({ inFlight: 0, queued: 0, abandoned: 0, calls: 100_000 })
})

it('keeps nothing of calls whose work never ends but their places', async () => {
  const { clock, pending } = countingClock()
  const guard = new Guard({ name: 'test', options, clock })
  const caller = new AbortController()
  const calls = Array.from({ length: 100 }, () =>
    guard.run('get', () => new Promise(() => {}), { signal: caller.signal }),
  )
  expect(pending()).toBe(100)
  caller.abort('left')
  await Promise.allSettled(calls)
  expect([pending(), getEventListeners(caller.signal, 'abort')]).toEqual([0, []])
  expect(guard.health()).toMatchObject({ inFlight: 50, abandoned: 50, queued: 0 })
})
