import { describe, expect, it } from 'vitest'
import { Emitter } from '../../src/observe/emitter.ts'

interface Events {
  readonly hit: { readonly n: number }
  readonly miss: string
}

/** What node warns of while `run` runs. */
async function warningsOf(run: () => unknown): Promise<(Error & { code?: string })[]> {
  const warnings: Error[] = []
  const note = (warning: Error) => warnings.push(warning)
  process.on('warning', note)
  await run()
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', note)
  return warnings
}

describe('Emitter', () => {
  it('tells the listeners of an event in the order in which they came, and those of all after them', () => {
    const events = new Emitter<Events>()
    const told: unknown[] = []
    events.onAny((event, payload) => told.push([event, payload]))
    events.on('hit', ({ n }) => told.push(n))
    events.on('hit', ({ n }) => told.push(-n))
    events.on('miss', (key) => told.push(key))
    events.emit('hit', { n: 5 })
    events.emit('miss', 'k')
    expect(told).toEqual([5, -5, ['hit', { n: 5 }], 'k', ['miss', 'k']])
  })

  it('has() says whether a payload would be seen by anybody', () => {
    const events = new Emitter<Events>()
    const has = () => [events.has('hit'), events.has('miss')]
    expect(has()).toEqual([false, false])
    const off = events.on('hit', () => {})
    expect(has()).toEqual([true, false])
    const offAny = events.onAny(() => {})
    expect(has()).toEqual([true, true])
    off()
    offAny()
    expect(has()).toEqual([false, false])
    events.emit('hit', { n: 1 })
  })

  it('has a port for each event, which stays the same and knows all listeners', () => {
    const events = new Emitter<Events>()
    const port = events.port('hit')
    expect([port.isHeard, events.port('hit') === port]).toEqual([false, true])
    const told: unknown[] = []
    const off = events.on('hit', ({ n }) => told.push(n))
    expect(port.isHeard).toBe(true)
    off()
    expect(port.isHeard).toBe(false)
    events.onAny((event, payload) => told.push([event, payload]))
    expect(port.isHeard).toBe(true)
    port.emit({ n: 3 })
    expect(told).toEqual([['hit', { n: 3 }]])
  })

  it('calls a function that was added twice twice, and each end ends one, however often', () => {
    const events = new Emitter<Events>()
    let calls = 0
    const listener = () => {
      calls += 1
    }
    const [off] = [events.on('hit', listener), events.on('hit', listener)]
    events.emit('hit', { n: 1 })
    off()
    off()
    events.emit('hit', { n: 1 })
    expect(calls).toBe(3)
  })

  it('does not tell who was added meanwhile, nor who was removed', () => {
    const events = new Emitter<Events>()
    const told: string[] = []
    let isFirst = true
    events.on('hit', () => {
      told.push('first')
      if (!isFirst) return
      isFirst = false
      offSecond()
      offAny()
      events.on('hit', () => told.push('added'))
      events.onAny(() => told.push('added to all'))
    })
    const offSecond = events.on('hit', () => told.push('second'))
    const offAny = events.onAny(() => told.push('any'))
    events.emit('hit', { n: 1 })
    expect(told).toEqual(['first'])
    events.emit('hit', { n: 1 })
    expect(told).toEqual(['first', 'first', 'added', 'added to all'])
  })

  it('tells an event that a listener causes in between', () => {
    const events = new Emitter<Events>()
    const told: unknown[] = []
    events.on('hit', ({ n }) => {
      if (n > 0) events.emit('hit', { n: n - 1 })
      told.push(n)
    })
    events.emit('hit', { n: 2 })
    expect(told).toEqual([0, 1, 2])
  })

  it('keeps what listeners throw and reject with from the caller, and warns once of each', async () => {
    const events = new Emitter<Events>()
    const told: string[] = []
    events.on('hit', () => {
      throw new Error('mine')
    })
    events.on('hit', async () => Promise.reject(new Error('later')))
    events.onAny(() => {
      throw Object.create(null)
    })
    events.on('hit', () => told.push('last'))
    const warnings = await warningsOf(() => {
      for (let count = 0; count < 3; count += 1) events.emit('hit', { n: 1 })
    })
    expect(told).toEqual(['last', 'last', 'last'])
    expect(warnings.map(({ message, code, name }) => [name, code, message])).toEqual([
      ['HoldfastWarning', 'HOLDFAST_LISTENER', expect.stringMatching(/'hit' failed: mine\. The/)],
      [
        'HoldfastWarning',
        'HOLDFAST_LISTENER',
        expect.stringMatching(/every event failed: something that cannot be told/),
      ],
      ['HoldfastWarning', 'HOLDFAST_LISTENER', expect.stringMatching(/'hit' failed: later/)],
    ])
  })

  it('asks for the message of an outlet only while that has subscribers', () => {
    const published: unknown[] = []
    const outlet = { hasSubscribers: false, publish: (message: unknown) => published.push(message) }
    let asked = 0
    const events = new Emitter<Events>({
      outlet: () => outlet,
      message: (event, payload) => {
        asked += 1
        return [event, payload]
      },
    })
    events.emit('miss', 'k')
    expect([events.has('miss'), asked]).toEqual([false, 0])
    outlet.hasSubscribers = true
    expect(events.has('miss')).toBe(true)
    events.emit('miss', 'k')
    expect(published).toEqual([['miss', 'k']])
  })
})
