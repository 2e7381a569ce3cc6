import { expect, it } from 'vitest'
import { neverSignal } from '../../src/reliability/never-signal.ts'
import { controlled, guardOf, turn, watch } from './support.ts'

it('a thousand calls that share a signal end with it, and nobody is warned of a leak', async () => {
  const warnings: Error[] = []
  const note = (warning: Error) => warnings.push(warning)
  process.on('warning', note)
  const { guard } = guardOf({ timeout: 100 })
  const caller = new AbortController()
  const { work, calls } = controlled()
  const options = { signal: caller.signal }
  const results = Array.from({ length: 1_000 }, () => watch(guard.run('get', work, options)))
  caller.abort('left')
  await turn()
  process.off('warning', note)
  expect(results.every(({ error }) => error === 'left')).toBe(true)
  expect(calls.every(({ signal }) => signal.aborted && signal.reason === 'left')).toBe(true)
  expect(warnings).toEqual([])
})

it('a signal that is aborted by the work of one call ends the others, and counts for none', async () => {
  const { guard } = guardOf({ timeout: 100, breaker: { failures: 1 }, bulkhead: 2 })
  const caller = new AbortController()
  const options = { signal: caller.signal }
  const first = watch(guard.run('get', controlled().work, options))
  const second = watch(
    guard.run(
      'get',
      () => {
        caller.abort('left')
        return 'too late'
      },
      options,
    ),
  )
  await turn()
  expect([first.error, second.error, guard.breaker.state]).toEqual(['left', 'left', 'closed'])
  expect(guard.health()).toMatchObject({ inFlight: 1, abandoned: 1 })
})

it('work without a parameter gets no signal of its own; others get one that ends with the call', async () => {
  const { guard, clock } = guardOf({ timeout: 100 })
  const seen: AbortSignal[] = []
  const never = new Promise<never>(() => {})
  const calls = [
    guard.run('get', (...given) => {
      seen.push(...given)
      return never
    }),
    guard.run('get', (signal) => {
      seen.push(signal)
      return never
    }),
  ].map(watch)
  await clock.advance(100)
  expect(calls.map(({ code }) => code)).toEqual(['ERR_TIER_TIMEOUT', 'ERR_TIER_TIMEOUT'])
  expect(seen.map(({ aborted }) => aborted)).toEqual([false, true])
})

it('the signal that nobody aborts is another after some time', () => {
  const first = neverSignal()
  const signals = new Set(Array.from({ length: 3_000 }, neverSignal))
  signals.add(first)
  expect(signals.size).toBeGreaterThan(2)
  expect(signals.size).toBeLessThan(6)
})
