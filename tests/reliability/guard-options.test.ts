import { describe, expect, it } from 'vitest'
import {
  type GuardOptions,
  localGuard,
  networkGuard,
  resolveGuardOptions,
} from '../../src/reliability/guard-options.ts'
import { errorOf } from '../support/code-of.ts'

const resolve = (options: unknown) => resolveGuardOptions('redis', options as GuardOptions)

describe('resolveGuardOptions', () => {
  it('gives the defaults for what is left out', () => {
    expect(resolveGuardOptions('redis', undefined, networkGuard)).toEqual(networkGuard)
    expect(resolveGuardOptions('memory', { timeout: undefined })).toEqual(localGuard)
    expect(resolve({ timeout: {}, breaker: {}, retry: {}, bulkhead: {} })).toEqual({
      timeout: { p99: 3, min: 50, max: 2_000, window: 60_000 },
      breaker: networkGuard.breaker,
      retry: networkGuard.retry,
      bulkhead: { concurrent: 64, queue: 256 },
    })
    expect(networkGuard).toEqual({
      timeout: { ms: 500 },
      breaker: { failures: 5, window: 10_000, openFor: 5_000, maxOpenFor: 60_000, probes: 1 },
      retry: { attempts: 3, delay: 20, maxDelay: 200, jitter: 1 },
      bulkhead: false,
    })
  })

  it('turns durations into milliseconds and numbers into options, and freezes', () => {
    const resolved = resolve({
      timeout: '2s',
      breaker: { window: '1m', openFor: '2m', probes: undefined },
      retry: 5,
      bulkhead: 8,
    })
    expect(resolved).toEqual({
      timeout: { ms: 2_000 },
      breaker: { failures: 5, window: 60_000, openFor: 120_000, maxOpenFor: 120_000, probes: 1 },
      retry: { attempts: 5, delay: 20, maxDelay: 200, jitter: 1 },
      bulkhead: { concurrent: 8, queue: 256 },
    })
    expect(Object.values(resolved).every(Object.isFrozen) && Object.isFrozen(resolved)).toBe(true)
    expect(resolve({ timeout: Number.POSITIVE_INFINITY }).timeout).toBe(false)
    expect(resolve({ retry: { delay: '1s' } }).retry).toMatchObject({ delay: 1e3, maxDelay: 1e3 })
  })

  it('lets every part be off', () => {
    const off = { timeout: false, breaker: false, retry: false, bulkhead: false } as const
    expect(resolveGuardOptions('redis', off, networkGuard)).toEqual(localGuard)
  })

  it.each<[unknown, RegExp]>([
    [{ timeOut: 5 }, /redis: unknown option 'timeOut'. Known options: timeout, breaker, retry/],
    [{ timeout: 0 }, /redis: timeout: 0 is not accepted/],
    [{ timeout: '25d' }, /redis: timeout.*24 days/],
    [{ timeout: true }, /redis: timeout: true is not a duration/],
    [{ timeout: { p99: 0.5 } }, /redis: timeout\.p99: 0\.5/],
    [{ timeout: { p95: 2 } }, /redis: timeout: unknown option 'p95'/],
    [{ timeout: { min: '3s' } }, /redis: timeout\.min: '3s'.*no more than max/],
    [{ timeout: { window: 0 } }, /redis: timeout\.window: 0/],
    [{ timeout: null }, /redis: timeout/],
    [{ breaker: { failures: 0 } }, /redis: breaker\.failures: 0.*from 1 to 10000/],
    [{ breaker: { failures: 2.5 } }, /redis: breaker\.failures/],
    [{ breaker: { window: 'x' } }, /redis: breaker\.window: 'x' is not a duration/],
    [{ breaker: { openFor: 0 } }, /redis: breaker\.openFor/],
    [{ breaker: { maxOpenFor: '1s' } }, /redis: breaker\.maxOpenFor: '1s'.*no less than openFor/],
    [{ breaker: { probes: -1 } }, /redis: breaker\.probes/],
    [{ breaker: { threshold: 5 } }, /redis: breaker: unknown option 'threshold'/],
    [{ breaker: true }, /redis: breaker: options must be an object, not true/],
    [{ retry: 0 }, /redis: retry: 0.*from 1 to 100/],
    [{ retry: { attempts: 101 } }, /redis: retry\.attempts/],
    [{ retry: { delay: Number.POSITIVE_INFINITY } }, /redis: retry\.delay/],
    [{ retry: { maxDelay: -1 } }, /redis: retry\.maxDelay/],
    [{ retry: { jitter: 2 } }, /redis: retry\.jitter: 2.*from 0 to 1/],
    [{ retry: { times: 1 } }, /redis: retry: unknown option 'times'/],
    [{ bulkhead: 0 }, /redis: bulkhead\.concurrent: 0/],
    [{ bulkhead: { queue: -1 } }, /redis: bulkhead\.queue/],
    [{ bulkhead: { size: 1 } }, /redis: bulkhead: unknown option 'size'/],
    ['fast', /redis: options must be an object/],
  ])('refuses %j', (options, message) => {
    const error = errorOf(() => resolve(options))
    expect(error.code).toBe('ERR_INVALID_OPTION')
    expect(error.message).toMatch(message)
  })
})
