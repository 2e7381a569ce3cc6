import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, it } from 'vitest'
import { HoldfastError } from '../../src/contracts/errors.ts'
import type { BreakerChange } from '../../src/reliability/breaker.ts'
import { networkGuard } from '../../src/reliability/guard-options.ts'
import { errorOf, rejectionOf } from '../support/code-of.ts'
import { controlled, guardOf, turn, watch } from './support.ts'

const down = () => Promise.reject(new Error('ECONNREFUSED'))

describe('timeout', () => {
  it('ends a call at the deadline and tells the work, which may not listen', async () => {
    const { guard, clock } = guardOf({ timeout: 100 })
    const { work, call } = controlled()
    const result = watch(guard.run('get', work))
    await clock.advance(99)
    expect([result.state, call(0).signal.aborted]).toEqual(['pending', false])
    await clock.advance(1)
    expect([result.state, result.code]).toEqual(['rejected', 'ERR_TIER_TIMEOUT'])
    expect(String(result.error)).toMatch(/Tier 'test': get got no answer within 100 ms\. .*timeout/)
    expect([call(0).signal.aborted, call(0).signal.reason]).toEqual([true, result.error])
    expect(guard.health()).toMatchObject({ inFlight: 1, abandoned: 1, timeouts: 1, deadline: 100 })
  })

  it.each(['result', 'failure'])('swallows a late %s', async (kind) => {
    const unhandled: unknown[] = []
    const note = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', note)
    const { guard, clock } = guardOf({ timeout: 100, breaker: {} })
    const { work, call } = controlled()
    const result = watch(guard.run('get', work))
    await clock.advance(100)
    if (kind === 'result') call(0).resolve('late')
    else call(0).reject(new Error('late'))
    await clock.advance(1_000)
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
    expect(result.code).toBe('ERR_TIER_TIMEOUT')
    expect(guard.breaker).toEqual({ state: 'closed', failures: 1 })
    expect(guard.health()).toMatchObject({ inFlight: 0, abandoned: 0 })
  })

  it('false lets a call take as long as it likes', async () => {
    const { guard, clock } = guardOf({ timeout: false, breaker: {} })
    const { work, call } = controlled()
    const result = watch(guard.run('get', work))
    await clock.advance(1e9)
    call(0).resolve('at last')
    await turn()
    expect(result).toMatchObject({ state: 'fulfilled', value: 'at last' })
    expect(guard.health().deadline).toBe(Number.POSITIVE_INFINITY)
  })

  it('is 500 ms for a tier on the network unless told otherwise', async () => {
    const { guard, clock } = guardOf({ retry: false }, {}, networkGuard)
    const result = watch(guard.run('get', controlled().work))
    await clock.advance(499)
    expect(result.state).toBe('pending')
    await clock.advance(1)
    expect(result.code).toBe('ERR_TIER_TIMEOUT')
  })

  it('bounds a call with its retries, and says what failed before', async () => {
    const retry = { attempts: 9, delay: 40, maxDelay: 40, jitter: 0 }
    const { guard, clock } = guardOf({ timeout: 100, retry })
    let calls = 0
    const work = () => {
      calls += 1
      return calls < 3 ? down() : new Promise<never>(() => {})
    }
    const result = watch(guard.run('get', work))
    await clock.advance(99)
    expect([calls, result.state]).toEqual([3, 'pending'])
    await clock.advance(1)
    expect(result.code).toBe('ERR_TIER_TIMEOUT')
    expect(String(result.error)).toContain('ECONNREFUSED')
    expect((result.error as Error).cause).toMatchObject({ message: 'ECONNREFUSED' })
  })
})

describe('the adaptive timeout', () => {
  async function callsOf(
    setup: ReturnType<typeof guardOf>,
    count: number,
    ms: number,
  ): Promise<void> {
    for (let call = 0; call < count; call += 1) {
      const { work, call: running } = controlled()
      watch(setup.guard.run('get', work))
      await setup.clock.advance(ms)
      running(0).resolve('v')
      await turn()
    }
  }

  it('is max until 20 calls are known, then p99 times what they took', async () => {
    const setup = guardOf({ timeout: { p99: 4, min: 1, max: 1_000 } })
    await callsOf(setup, 19, 10)
    expect(setup.guard.health().deadline).toBe(1_000)
    await callsOf(setup, 1, 10)
    expect(setup.guard.health()).toMatchObject({ p50: 10, p99: 10, deadline: 40 })
  })

  it('stays within min and max', async () => {
    const fast = guardOf({ timeout: { min: 30, max: 1_000 } })
    await callsOf(fast, 20, 1)
    expect(fast.guard.health().deadline).toBe(30)
    const slow = guardOf({ timeout: { max: 50 } })
    await callsOf(slow, 20, 40)
    expect(slow.guard.health().deadline).toBe(50)
  })

  it('grows when a tier becomes slower than it', async () => {
    const setup = guardOf({ timeout: { p99: 2, min: 1, max: 1_000 } })
    await callsOf(setup, 20, 10)
    expect(setup.guard.health().deadline).toBe(20)
    await callsOf(setup, 70, 100)
    expect(setup.guard.health().deadline).toBeGreaterThan(100)
    const { work, call } = controlled()
    const result = watch(setup.guard.run('get', work))
    await setup.clock.advance(100)
    call(0).resolve('slow')
    await turn()
    expect(result.state).toBe('fulfilled')
  })

  it('forgets what was before the window', async () => {
    const setup = guardOf({ timeout: { min: 1, max: 1_000, window: '10s' } })
    await callsOf(setup, 20, 10)
    expect(setup.guard.health().deadline).toBe(30)
    await setup.clock.advance(10_000)
    expect(setup.guard.health().deadline).toBe(1_000)
  })
})

describe('breaker', () => {
  it('refuses calls without trying them, names the cause, and lets a probe through', async () => {
    const changes: BreakerChange[] = []
    const onBreaker = (change: BreakerChange) => changes.push(change)
    const { guard, clock } = guardOf({ breaker: { failures: 2, openFor: '3s' } }, { onBreaker })
    for (let count = 0; count < 2; count += 1) await guard.run('get', down).catch(() => {})
    expect(guard.breaker).toMatchObject({ state: 'open', until: clock.now() + 3_000 })
    expect([guard.isDown, guardOf().guard.isDown]).toEqual([true, false])
    let isTried = false
    const tried = () => {
      isTried = true
      return 'v'
    }
    const error = await rejectionOf(() => guard.run('get', tried))
    expect([error.code, isTried]).toEqual(['ERR_TIER_DOWN', false])
    expect(error.message).toMatch(/Tier 'test': get was not tried.*ECONNREFUSED.* in 3 s/)
    expect(error.cause).toMatchObject({ message: 'ECONNREFUSED' })
    await clock.advance(3_000)
    expect(guard.isDown).toBe(false)
    const { work, call } = controlled()
    const probe = watch(guard.run('get', work))
    expect(await rejectionOf(() => guard.run('get', tried))).toMatchObject({
      code: 'ERR_TIER_DOWN',
    })
    call(0).resolve('back')
    await turn()
    expect(probe.value).toBe('back')
    expect(changes.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'closed open',
      'open half-open',
      'half-open closed',
    ])
    expect(guard.health()).toMatchObject({ calls: 5, failures: 2, rejections: 2 })
  })

  it('refuses without a stack trace, which takes long, and leaves those of others alone', async () => {
    const { guard } = guardOf({ breaker: { failures: 1 } })
    await guard.run('get', down).catch(() => {})
    const limit = Error.stackTraceLimit
    const error = await rejectionOf(() => guard.run('get', down))
    expect(error.stack).not.toMatch(/^ +at /m)
    expect(Error.stackTraceLimit).toBe(limit)
    expect(limit).toBeGreaterThan(0)
  })

  it('counts timeouts', async () => {
    const { guard, clock } = guardOf({ timeout: 10, breaker: {} })
    for (let count = 0; count < 5; count += 1) watch(guard.run('get', controlled().work))
    await clock.advance(10)
    expect(guard.breaker).toMatchObject({ state: 'open', cause: { code: 'ERR_TIER_TIMEOUT' } })
  })

  it('does not count a call that was wrong, nor one that its caller gave up, nor tries them again', async () => {
    const { guard } = guardOf({ breaker: { failures: 1 }, retry: 3 })
    const wrong = [
      new HoldfastError('ERR_UNSUPPORTED_VALUE', 'no'),
      new HoldfastError('ERR_INVALID_KEY', 'no'),
      new HoldfastError('ERR_VALUE_TOO_LARGE', 'no'),
      Object.assign(new Error('no'), { permanent: true }),
    ]
    let calls = 0
    for (const error of wrong) {
      const work = () => {
        calls += 1
        return Promise.reject(error)
      }
      await expect(guard.run('set', work)).rejects.toBe(error)
    }
    const caller = new AbortController()
    const given = watch(guard.run('get', controlled().work, { signal: caller.signal }))
    caller.abort(new Error('left'))
    await turn()
    expect(given.error).toMatchObject({ message: 'left' })
    expect([calls, guard.breaker]).toEqual([4, { state: 'closed', failures: 0 }])
  })

  it('tries another probe at once when one told nothing', async () => {
    const { guard, clock } = guardOf({ breaker: { failures: 1 } })
    await guard.run('get', down).catch(() => {})
    await clock.advance(5_000)
    const wrong = () => Promise.reject(new HoldfastError('ERR_INVALID_KEY', 'no'))
    await guard.run('get', wrong).catch(() => {})
    expect(await guard.run('get', () => 'v')).toBe('v')
    expect(guard.breaker.state).toBe('closed')
  })

  it('goes on when its listener throws', async () => {
    const warnings: Error[] = []
    const note = (warning: Error) => warnings.push(warning)
    process.on('warning', note)
    const onBreaker = () => {
      throw new Error('mine')
    }
    const { guard, clock } = guardOf({ breaker: { failures: 1 } }, { onBreaker })
    await expect(guard.run('get', down)).rejects.toThrow('ECONNREFUSED')
    await clock.advance(5_000)
    expect(await guard.run('get', () => 'v')).toBe('v')
    await turn()
    process.off('warning', note)
    expect(guard.breaker.state).toBe('closed')
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/the breaker of tier 'test' failed: mine/),
    ])
  })
})

describe('retry', () => {
  function failing(times: number) {
    const at: number[] = []
    const { clock, guard } = guardOf(
      { timeout: 1_000, retry: { attempts: 4, delay: 100, maxDelay: 250 }, breaker: {} },
      { random: () => 0.25 },
    )
    const work = () => {
      at.push(clock.now())
      return at.length <= times ? down() : Promise.resolve('v')
    }
    return { guard, clock, work, waits: () => at.slice(1).map((time, i) => time - (at[i] ?? 0)) }
  }

  it('waits twice as long each time, up to maxDelay, with jitter', async () => {
    const { guard, clock, work, waits } = failing(3)
    const result = watch(guard.run('get', work))
    await clock.advance(500)
    expect(result.value).toBe('v')
    expect(waits()).toEqual([75, 150, 187.5])
    expect(guard.health()).toMatchObject({ retries: 3, failures: 0, calls: 1 })
    expect(guard.breaker).toEqual({ state: 'closed', failures: 0 })
  })

  it('gives the last error after so many attempts, which is one failure', async () => {
    const { guard, clock, work, waits } = failing(9)
    const result = watch(guard.run('get', work))
    await clock.advance(900)
    expect(result.error).toMatchObject({ message: 'ECONNREFUSED' })
    expect(waits().length).toBe(3)
    expect(guard.breaker).toEqual({ state: 'closed', failures: 1 })
  })

  it('does not wait for what would come after the deadline', async () => {
    const retry = { attempts: 5, delay: 60, jitter: 0 }
    const { guard, clock } = guardOf({ timeout: 100, retry })
    const result = watch(guard.run('get', down))
    await clock.advance(60)
    expect(result.error).toMatchObject({ message: 'ECONNREFUSED' })
  })

  it('is not done for a call that says so, and not at all with false', async () => {
    const { guard, clock, work, waits } = failing(9)
    await expect(guard.run('incr', work, { retry: false })).rejects.toThrow('ECONNREFUSED')
    const off = guardOf({ retry: false, breaker: {} })
    await expect(off.guard.run('get', down)).rejects.toThrow('ECONNREFUSED')
    await clock.advance(1_000)
    expect(waits()).toEqual([])
  })

  it('as a number is the attempts', async () => {
    const { guard, clock } = guardOf({ retry: 2 })
    let calls = 0
    const result = watch(
      guard.run('get', () => {
        calls += 1
        return down()
      }),
    )
    await clock.advance(1_000)
    expect([calls, result.state]).toEqual([2, 'rejected'])
  })

  it('stops when other calls have opened the breaker, and a probe is tried once', async () => {
    const { guard, clock } = guardOf({
      retry: { attempts: 9, jitter: 0 },
      breaker: { failures: 1 },
    })
    let calls = 0
    const work = () => {
      calls += 1
      return down()
    }
    const result = watch(guard.run('get', work))
    await clock.advance(1)
    await guard.run('get', down, { retry: false }).catch(() => {})
    await clock.advance(1_000)
    expect([calls, result.state]).toEqual([1, 'rejected'])
    await clock.advance(5_000)
    const probe = watch(guard.run('get', work))
    await turn()
    expect([calls, probe.state, guard.breaker.state]).toEqual([2, 'rejected', 'open'])
  })

  it('ends with its caller', async () => {
    const { guard, clock, work, waits } = failing(9)
    const caller = new AbortController()
    const result = watch(guard.run('get', work, { signal: caller.signal }))
    await clock.advance(10)
    caller.abort('left')
    await clock.advance(1_000)
    expect([result.error, waits(), guard.health().inFlight]).toEqual(['left', [], 0])
  })
})

describe('bulkhead', () => {
  it('bounds what is under way and what waits, in the order of arrival', async () => {
    const { guard } = guardOf({ bulkhead: { concurrent: 2, queue: 1 } })
    const { work, calls, call } = controlled()
    const results = [1, 2, 3].map(() => watch(guard.run('get', work)))
    expect(calls.length).toBe(2)
    expect(guard.health()).toMatchObject({ inFlight: 2, queued: 1 })
    const error = await rejectionOf(() => guard.run('get', work))
    expect(error.code).toBe('ERR_TIER_BUSY')
    expect(error.message).toMatch(/2 calls are under way and 1 wait.*bulkhead\.concurrent/)
    call(0).resolve('first')
    await turn()
    expect([calls.length, results[0]?.value]).toEqual([3, 'first'])
    call(2).resolve('third')
    call(1).resolve('second')
    await turn()
    expect(results.map(({ value }) => value)).toEqual(['first', 'second', 'third'])
    expect(guard.health()).toMatchObject({ inFlight: 0, queued: 0, rejections: 1 })
  })

  it('keeps the place of work that does not end, whatever its caller was told', async () => {
    const { guard, clock } = guardOf({ timeout: 10, bulkhead: { concurrent: 1, queue: 5 } })
    const { work, calls, call } = controlled()
    const [hung, waiting] = [watch(guard.run('get', work)), watch(guard.run('get', work))]
    await clock.advance(10)
    expect([hung.code, waiting.code]).toEqual(['ERR_TIER_TIMEOUT', 'ERR_TIER_BUSY'])
    expect(String(waiting.error)).toContain('waited 10 ms for its turn')
    const next = watch(guard.run('get', work))
    expect([calls.length, guard.health().queued]).toEqual([1, 1])
    call(0).reject(new Error('late'))
    await turn()
    expect(calls.length).toBe(2)
    call(1).resolve('v')
    await turn()
    expect(next.value).toBe('v')
  })

  it('as a number is what may be under way; others wait', () => {
    const { guard } = guardOf({ bulkhead: 1 })
    const { work, calls } = controlled()
    for (let count = 0; count < 3; count += 1) watch(guard.run('get', work))
    expect([calls.length, guard.health().queued]).toEqual([1, 2])
  })

  it('is left by a caller who gives up while he waits', async () => {
    const { guard } = guardOf({ bulkhead: 1, breaker: { failures: 1 } })
    const { work, calls, call } = controlled()
    watch(guard.run('get', work))
    const caller = new AbortController()
    const waiting = watch(guard.run('get', work, { signal: caller.signal }))
    caller.abort('left')
    await turn()
    expect([waiting.error, guard.health().queued]).toEqual(['left', 0])
    call(0).resolve('v')
    await turn()
    expect(calls.length).toBe(1)
  })

  it('sends those who wait away when the tier is found down', async () => {
    const { guard } = guardOf({ bulkhead: 1, breaker: { failures: 1 } })
    const { work, calls, call } = controlled()
    const results = [1, 2, 3].map(() => watch(guard.run('get', work)))
    call(0).reject(new Error('down'))
    await turn()
    expect(calls.length).toBe(1)
    expect(results.slice(1).map(({ code }) => code)).toEqual(['ERR_TIER_DOWN', 'ERR_TIER_DOWN'])
    expect(guard.health()).toMatchObject({ inFlight: 0, queued: 0 })
  })

  it('runs each call in the context of its caller, also after a wait', async () => {
    const { guard } = guardOf({ bulkhead: 1 })
    const caller = new AsyncLocalStorage<number>()
    const seen: (number | undefined)[] = []
    const work = async () => {
      seen.push(caller.getStore())
      await turn()
    }
    await Promise.all([1, 2, 3].map((n) => caller.run(n, () => guard.run('get', work))))
    expect(seen).toEqual([1, 2, 3])
  })

  it('serves a long queue of work that answers at once without a deep stack', async () => {
    const { guard } = guardOf({ bulkhead: { concurrent: 1, queue: 100_000 } })
    const { work, call } = controlled()
    watch(guard.run('get', work))
    const all = Promise.all(Array.from({ length: 50_000 }, () => guard.run('get', () => 1)))
    call(0).resolve('v')
    expect((await all).length).toBe(50_000)
  })
})

describe('with everything off', () => {
  it('gives the promise of the work itself, and counts nothing', async () => {
    const { guard } = guardOf()
    const promise = Promise.resolve('v')
    expect(guard.run('get', () => promise)).toBe(promise)
    expect(await guard.run('get', () => 'at once')).toBe('at once')
    expect(await guard.run('get', (signal) => signal.aborted)).toBe(false)
    const thrown = guard.run('get', () => {
      throw new Error('at once')
    })
    await expect(thrown).rejects.toThrow('at once')
    expect(guard.health()).toMatchObject({ calls: 0, breaker: { state: 'closed', failures: 0 } })
  })

  it('still lets a caller go', async () => {
    const { guard } = guardOf()
    const caller = new AbortController()
    const { work, call } = controlled()
    const result = watch(guard.run('get', work, { signal: caller.signal }))
    expect(call(0).signal).toBe(caller.signal)
    caller.abort('left')
    await turn()
    expect(result.error).toBe('left')
    let isTried = false
    const late = guard.run('get', () => (isTried = true), { signal: caller.signal })
    await expect(late).rejects.toBe('left')
    expect(isTried).toBe(false)
  })
})

describe('runSync', () => {
  it('is the work itself, but for the breaker', async () => {
    const { guard, clock } = guardOf({ breaker: { failures: 1 } })
    expect(guard.runSync('get', () => 'v')).toBe('v')
    const wrong = () => {
      throw new HoldfastError('ERR_INVALID_KEY', 'no')
    }
    expect(errorOf(() => guard.runSync('get', wrong)).code).toBe('ERR_INVALID_KEY')
    expect(guard.breaker.state).toBe('closed')
    const fails = () => {
      throw new HoldfastError('ERR_IO', 'no')
    }
    expect(errorOf(() => guard.runSync('get', fails)).code).toBe('ERR_IO')
    expect(errorOf(() => guard.runSync('get', () => 'v')).code).toBe('ERR_TIER_DOWN')
    await clock.advance(5_000)
    expect(guard.runSync('get', () => 'back')).toBe('back')
    expect(guard.breaker.state).toBe('closed')
    expect(guardOf().guard.runSync('get', () => 1)).toBe(1)
  })
})
