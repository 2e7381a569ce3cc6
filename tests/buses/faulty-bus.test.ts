import { describe, expect, it } from 'vitest'
import { memoryBus } from '../../src/buses/memory-bus.ts'
import type { Bus, BusReceiver } from '../../src/contracts/bus.ts'
import { type BusFaultPlan, busSuite, faultyBus, manualClock } from '../../src/testing/index.ts'
import { rejectionOf } from '../support/code-of.ts'
import { seededRandom } from '../support/seeded-random.mjs'

/** Two nodes on one bus; the second one's connection is faulty. */
async function pair(plan: BusFaultPlan = {}) {
  const clock = manualClock()
  const shared = memoryBus()
  const bus = faultyBus(shared, { random: seededRandom(1), ...plan, clock })
  const [texts, seen]: [string[], string[]] = [[], []]
  await bus.subscribe('a', {
    message: (text) => texts.push(text),
    gap: () => texts.push('gap'),
  })
  await shared.subscribe('a', { message: (text) => seen.push(text), gap() {} })
  const send = async (...messages: string[]) => {
    for (const text of messages) await shared.publish('a', text)
    await clock.advance(0)
  }
  return { clock, shared, bus, texts, seen, send }
}

describe('a faulty bus without faults', () => {
  let shared = memoryBus()
  const open = async () => {
    if (!shared.isConnected) shared = memoryBus()
    return { bus: faultyBus(shared), close: async () => {} }
  }
  const reconnect = async (bus: Bus) => {
    const faulty = bus as ReturnType<typeof faultyBus>
    faulty.disconnect()
    faulty.reconnect()
  }
  for (const { name, run } of busSuite({ open, reconnect })) it(name, run)
})

describe('a planned fault of a bus', () => {
  it.each([
    ['drop', ['1', '3']],
    ['duplicate', ['1', '2', '2', '3']],
    ['hold', ['1', '3', '2']],
  ] as const)('%s', async (kind, expected) => {
    const { texts, seen, send } = await pair({ faults: [{ nth: 2, fault: { kind } }] })
    await send('1', '2', '3')
    expect(texts).toEqual(expected)
    expect(seen).toEqual(['1', '2', '3'])
  })

  it('delay', async () => {
    const { clock, texts, send } = await pair({
      faults: [{ nth: 1, fault: { kind: 'delay', ms: 10 } }],
    })
    await send('1', '2')
    await clock.advance(9)
    expect(texts).toEqual(['2'])
    await clock.advance(1)
    expect(texts).toEqual(['2', '1'])
  })

  it('fail and lose: of what the node sends', async () => {
    const error = new Error('given')
    const { bus, clock, seen } = await pair({
      faults: [
        { nth: 1, fault: { kind: 'fail' } },
        { nth: 2, fault: { kind: 'lose', error } },
      ],
    })
    expect((await rejectionOf(() => bus.publish('a', '1'))).code).toBe('ERR_IO')
    await expect(bus.publish('a', '2')).rejects.toBe(error)
    await bus.publish('a', '3')
    await clock.advance(0)
    expect(seen).toEqual(['2', '3'])
    expect(bus.published).toEqual(['1', '2', '3'])
  })

  it('by chance, the same again with the same numbers', async () => {
    const runWith = async (seed: number) => {
      const kinds = ['drop', 'duplicate', 'hold'] as const
      const faults = kinds.map((kind) => ({ chance: 0.2, fault: { kind } }))
      const { bus, texts, send } = await pair({ faults, random: seededRandom(seed) })
      await send(...Array.from({ length: 200 }, (_, index) => String(index)))
      expect(bus.counts.received).toBe(200)
      expect(bus.counts.delivered).toBe(texts.length)
      return texts
    }
    const first = await runWith(1)
    expect(await runWith(1)).toEqual(first)
    expect(await runWith(2)).not.toEqual(first)
    expect(new Set(first).size).toBeLessThan(190)
    expect(first.length).toBeGreaterThan(new Set(first).size)
  })

  it('that is planned later counts what arrived before', async () => {
    const { bus, texts, send } = await pair()
    await send('1')
    bus.plan({ nth: 2, fault: { kind: 'drop' } })
    await send('2', '3')
    expect(texts).toEqual(['1', '3'])
  })
})

describe('a disconnected bus', () => {
  it('loses messages, refuses to send, and tells the gap afterwards', async () => {
    const { bus, clock, texts, send, seen } = await pair({
      faults: [
        { nth: 2, fault: { kind: 'hold' } },
        { nth: 3, fault: { kind: 'delay', ms: 10 } },
      ],
    })
    await send('1', '2')
    bus.disconnect()
    expect(bus.isConnected).toBe(false)
    await send('lost')
    expect((await rejectionOf(() => bus.publish('a', 'refused'))).code).toBe('ERR_IO')
    const receiver: BusReceiver = { message() {}, gap() {} }
    expect((await rejectionOf(() => bus.subscribe('a', receiver))).code).toBe('ERR_IO')
    bus.reconnect()
    bus.reconnect()
    await send('late')
    bus.disconnect()
    await clock.advance(10)
    bus.reconnect()
    await send('4')
    expect(bus.isConnected).toBe(true)
    expect(texts).toEqual(['1', 'gap', 'gap', '4'])
    expect(seen).toEqual(['1', '2', 'lost', 'late', '4'])
  })
})
