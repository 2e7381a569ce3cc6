import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  Breaker,
  type BreakerChange,
  type BreakerSettings,
  type Pass,
} from '../../src/reliability/breaker.ts'

const usual: BreakerSettings = {
  failures: 5,
  window: 10_000,
  openFor: 5_000,
  maxOpenFor: 60_000,
  probes: 1,
}

function setup(settings: Partial<BreakerSettings> = {}) {
  const time = { now: 1_000_000 }
  const changes: BreakerChange[] = []
  const breaker = new Breaker(
    { ...usual, ...settings },
    () => time.now,
    (change) => changes.push(change),
  )
  const fail = (times = 1) => {
    for (let count = 0; count < times; count += 1) breaker.fail(breaker.tryPass() as Pass, 'why')
  }
  return { time, changes, breaker, fail }
}

describe('opens', () => {
  it('at the fifth failure, and says why and until when', () => {
    const { breaker, fail, time, changes } = setup()
    fail(4)
    expect(breaker.state).toEqual({ state: 'closed', failures: 4 })
    fail()
    const until = time.now + 5_000
    expect(breaker.state).toEqual({ state: 'open', until, openedAt: time.now, cause: 'why' })
    expect(changes).toEqual([{ from: 'closed', to: 'open', cause: 'why' }])
    expect([breaker.tryPass(), breaker.refuses, breaker.retryIn]).toEqual([undefined, true, 5_000])
  })

  it('not for failures that are older than the window', () => {
    const { breaker, fail, time } = setup()
    fail(4)
    time.now += 10_000
    fail()
    expect(breaker.state).toEqual({ state: 'closed', failures: 1 })
    time.now += 9_999
    fail(3)
    expect(breaker.state).toEqual({ state: 'closed', failures: 4 })
    fail()
    expect(breaker.state.state).toBe('open')
  })

  it('also where calls succeed in between', () => {
    const { breaker, fail } = setup()
    for (let count = 0; count < 5; count += 1) {
      breaker.succeed(breaker.tryPass() as Pass)
      fail()
    }
    expect(breaker.state.state).toBe('open')
  })

  it('at once with failures: 1', () => {
    const { breaker, fail } = setup({ failures: 1 })
    fail()
    expect(breaker.state.state).toBe('open')
  })
})

describe('half-open', () => {
  it('lets one probe through, closes when it succeeds, and forgets the failures', () => {
    const { breaker, fail, time, changes } = setup()
    fail(5)
    time.now += 4_999
    expect(breaker.tryPass()).toBeUndefined()
    time.now += 1
    const probe = breaker.tryPass() as Pass
    expect(breaker.state).toEqual({ state: 'half-open', probes: 1 })
    expect([breaker.tryPass(), breaker.refuses]).toEqual([undefined, true])
    breaker.succeed(probe)
    expect(breaker.state).toEqual({ state: 'closed', failures: 0 })
    expect(breaker.cause).toBeUndefined()
    expect(changes.map(({ to }) => to)).toEqual(['open', 'half-open', 'closed'])
  })

  it('wants as many successes as there are probes', () => {
    const { breaker, fail, time } = setup({ probes: 2 })
    fail(5)
    time.now += 5_000
    const [first, second] = [breaker.tryPass() as Pass, breaker.tryPass() as Pass]
    expect(breaker.tryPass()).toBeUndefined()
    breaker.succeed(first)
    expect(breaker.state).toEqual({ state: 'half-open', probes: 1 })
    breaker.succeed(second)
    expect(breaker.state.state).toBe('closed')
  })

  it('opens for twice as long each time that a probe fails, up to the bound, and anew after a success', () => {
    const { breaker, fail, time } = setup()
    fail(5)
    const waits: number[] = []
    for (let round = 0; round < 6; round += 1) {
      waits.push(breaker.retryIn)
      time.now += breaker.retryIn
      fail()
    }
    expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
    time.now += breaker.retryIn
    breaker.succeed(breaker.tryPass() as Pass)
    fail(5)
    expect(breaker.retryIn).toBe(5_000)
  })

  it('tries another probe for one that told nothing, and for one that never comes back', () => {
    const { breaker, fail, time } = setup()
    fail(5)
    time.now += 5_000
    breaker.giveBack(breaker.tryPass() as Pass)
    const lost = breaker.tryPass() as Pass
    time.now += 4_999
    expect(breaker.tryPass()).toBeUndefined()
    time.now += 1
    const other = breaker.tryPass() as Pass
    breaker.fail(lost, 'late')
    expect(breaker.state.state).toBe('half-open')
    breaker.succeed(other)
    expect(breaker.state.state).toBe('closed')
  })

  it('does not listen to calls of before', () => {
    const { breaker, fail, time } = setup()
    const old = breaker.tryPass() as Pass
    fail(5)
    breaker.fail(old, 'late')
    expect(breaker.retryIn).toBe(5_000)
    time.now += 5_000
    const probe = breaker.tryPass() as Pass
    breaker.succeed(old)
    breaker.fail(old, 'late')
    breaker.giveBack(old)
    expect(breaker.state).toEqual({ state: 'half-open', probes: 1 })
    breaker.succeed(probe)
    breaker.fail(old, 'late')
    expect(breaker.state).toEqual({ state: 'closed', failures: 0 })
  })

  it('gives no second probe to a listener that calls at once', () => {
    const time = { now: 0 }
    const passes: (Pass | undefined)[] = []
    const breaker: Breaker = new Breaker(
      { ...usual, failures: 1 },
      () => time.now,
      ({ to }) => {
        if (to === 'half-open') passes.push(breaker.tryPass())
      },
    )
    breaker.fail(breaker.tryPass() as Pass, 'why')
    time.now += 5_000
    expect(breaker.tryPass()).toBeDefined()
    expect(passes).toEqual([undefined])
  })
})

it('does not stay open for hours because the clock of the machine was set back', () => {
  const { breaker, fail, time } = setup()
  fail(5)
  time.now -= 3_600_000
  expect(breaker.tryPass()).toBeDefined()
})

/** What the breaker is to do, told in another way: with all that ever happened, and no shortcuts. */
class Model {
  readonly settings: BreakerSettings
  state: 'closed' | 'open' | 'half-open' = 'closed'
  era = 0
  failedAt: number[] = []
  openedAt = 0
  opened = 0
  probes: { at: number; state: 'out' | 'passed' | 'back' }[] = []

  constructor(settings: BreakerSettings) {
    this.settings = settings
  }

  get openFor(): number {
    return Math.min(this.settings.maxOpenFor, this.settings.openFor * 2 ** (this.opened - 1))
  }

  allows(now: number): boolean {
    if (this.state === 'closed') return true
    if (this.state === 'open') {
      if (now < this.openedAt + this.openFor) return false
      this.to('half-open')
    }
    const counting = this.probes.filter(({ state }) => state !== 'back')
    if (counting.length >= this.settings.probes) {
      const last = Math.max(...this.probes.map(({ at }) => at))
      if (now < last + this.openFor) return false
      this.to('half-open')
    }
    this.probes.push({ at: now, state: 'out' })
    return true
  }

  to(state: Model['state']): void {
    this.state = state
    this.era += 1
    this.probes = []
    this.failedAt = []
  }

  end(call: { era: number; probe: number }, outcome: 'ok' | 'bad' | 'none', now: number): void {
    if (call.era !== this.era) return
    const probe = this.probes[call.probe]
    if (this.state === 'closed' && outcome === 'bad') {
      this.failedAt.push(now)
      const recent = this.failedAt.filter((at) => now - at < this.settings.window)
      if (recent.length < this.settings.failures) return
      this.opened = 1
      this.openedAt = now
      this.to('open')
    } else if (this.state === 'half-open' && probe !== undefined) {
      if (outcome === 'bad') {
        this.opened += 1
        this.openedAt = now
        this.to('open')
        return
      }
      probe.state = outcome === 'ok' ? 'passed' : 'back'
      const passed = this.probes.filter(({ state }) => state === 'passed').length
      if (passed >= this.settings.probes) this.to('closed')
    }
  }
}

it('is the machine of the model, whatever comes in whatever order', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('call' as const) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('end' as const),
        which: fc.nat(20),
        outcome: fc.constantFrom('ok' as const, 'bad' as const, 'bad' as const, 'none' as const),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(60) }) },
  )
  const settings = fc.record({
    failures: fc.integer({ min: 1, max: 4 }),
    window: fc.integer({ min: 1, max: 80 }),
    openFor: fc.integer({ min: 1, max: 30 }),
    maxOpenFor: fc.integer({ min: 30, max: 100 }),
    probes: fc.integer({ min: 1, max: 3 }),
  })
  fc.assert(
    fc.property(settings, fc.array(step, { maxLength: 120 }), (chosen, steps) => {
      const time = { now: 0 }
      const breaker = new Breaker(chosen, () => time.now)
      const model = new Model(chosen)
      const open: { pass: Pass; era: number; probe: number }[] = []
      for (const action of steps) {
        if (action.do === 'wait') time.now += action.ms
        else if (action.do === 'call') {
          const refuses = breaker.refuses
          const pass = breaker.tryPass()
          expect(pass !== undefined).toBe(model.allows(time.now))
          expect(pass === undefined).toBe(refuses)
          if (pass !== undefined)
            open.push({ pass, era: model.era, probe: model.probes.length - 1 })
        } else {
          const [call] = open.splice(action.which % Math.max(1, open.length), 1)
          if (call === undefined) continue
          if (action.outcome === 'ok') breaker.succeed(call.pass)
          else if (action.outcome === 'bad') breaker.fail(call.pass, 'why')
          else breaker.giveBack(call.pass)
          model.end(call, action.outcome, time.now)
        }
        const { state } = breaker
        expect(state.state).toBe(model.state)
        if (state.state === 'open') expect(state.until).toBe(model.openedAt + model.openFor)
        if (state.state === 'half-open')
          expect(state.probes).toBe(model.probes.filter((probe) => probe.state === 'out').length)
      }
    }),
    { numRuns: 2_000 },
  )
})
