import { expect, it } from 'vitest'
import { createCache, MemoryStore, memory, memoryBackend, tier } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { TestBus } from './support/test-bus.ts'

it('more messages than a node keeps while the bus is away make everything older void, and none is lost', async () => {
  const clock = manualClock()
  const store = new MemoryStore({ clock })
  const bus = new TestBus()
  const open = () =>
    createCache({
      clock,
      bus,
      tiers: [memory(), tier(memoryBackend({ store }), { name: 'shared' })],
    })
  const [a, b] = [open(), open()]
  await a.set('first', 1)
  expect(await b.get('first')).toBe(1)
  bus.isConnected = false
  await clock.advance(10)
  await a.set('first', 2)
  for (let key = 0; key < 1_000; key += 1) await a.set(`other ${key}`, key)
  bus.isConnected = true
  await clock.advance(1_000)
  expect(bus.sent.filter((text) => text.includes('"clear:"'))).toHaveLength(1)
  expect(await b.get('first')).not.toBe(1)
  await Promise.all([a.close(), b.close()])
})
