import { describe, expect, it } from 'vitest'
import { memoryBus } from '../../src/buses/memory-bus.ts'
import { busSuite } from '../../src/testing/index.ts'

describe('a memory bus', () => {
  let bus = memoryBus()
  const open = async () => {
    if (!bus.isConnected) bus = memoryBus()
    return { bus, close: async () => {} }
  }
  for (const { name, run } of busSuite({ open })) it(name, run)

  it('keeps the order in which messages were published', async () => {
    const bus = memoryBus()
    const [first, second]: [string[], string[]] = [[], []]
    for (const texts of [first, second])
      await bus.subscribe('a', { message: (text) => texts.push(text), gap() {} })
    const sent = Array.from({ length: 100 }, (_, index) => String(index))
    await Promise.all(sent.map((text) => bus.publish('a', text)))
    expect([first, second]).toEqual([sent, sent])
  })

  it('delivers nothing that waits to one who has ended meanwhile', async () => {
    const bus = memoryBus()
    const texts: string[] = []
    let end = async () => {}
    await bus.subscribe('a', { message: () => void end(), gap() {} })
    end = await bus.subscribe('a', { message: (text) => texts.push(text), gap() {} })
    await bus.publish('a', 'text')
    expect(texts).toEqual([])
  })
})
