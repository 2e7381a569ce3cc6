import { describe, expect, it } from 'vitest'
import { memoryBus } from '../../src/buses/memory-bus.ts'
import type { Bus, BusReceiver } from '../../src/contracts/bus.ts'
import { busSuite, faultyBus } from '../../src/testing/index.ts'

/** Names of the cases that fail for a memory bus that `change` spoils. */
async function failures(change: (bus: Bus) => Partial<Bus>, withGap = false): Promise<string[]> {
  let shared = memoryBus()
  const open = async () => {
    if (!shared.isConnected) shared = memoryBus()
    const inner = shared
    const changes = change(inner)
    const bus: Bus = {
      kind: 'memory',
      get isConnected() {
        return changes.isConnected ?? inner.isConnected
      },
      subscribe: (channel, receiver) => inner.subscribe(channel, receiver),
      publish: (channel, text) => inner.publish(channel, text),
      close: () => inner.close(),
      ...('subscribe' in changes ? { subscribe: changes.subscribe } : {}),
      ...('publish' in changes ? { publish: changes.publish } : {}),
      ...('close' in changes ? { close: changes.close } : {}),
    } as Bus
    return { bus, close: async () => {} }
  }
  const failed: string[] = []
  const reconnect = withGap ? { reconnect: async () => {} } : {}
  for (const { name, run } of busSuite({ open, patience: 200, ...reconnect })) {
    try {
      await run()
    } catch {
      failed.push(name)
    }
  }
  return failed
}

const received = (receiver: BusReceiver, message: (text: string) => void): BusReceiver => ({
  message,
  gap: () => receiver.gap(),
})

const planted: Record<string, [(bus: Bus) => Partial<Bus>, RegExp]> = {
  'nothing arrives': [() => ({ publish: async () => {} }), /arrives at all/],
  'everything arrives twice': [
    (bus) => ({
      publish: async (channel, text) => {
        await bus.publish(channel, text)
        await bus.publish(channel, text)
      },
    }),
    /once each/,
  ],
  'one channel for all': [
    (bus) => ({
      subscribe: (_, receiver) => bus.subscribe('one', receiver),
      publish: (_, text) => bus.publish('one', text),
    }),
    /another channel/,
  ],
  'channels without regard to case': [
    (bus) => ({
      subscribe: (channel, receiver) => bus.subscribe(channel.toLowerCase(), receiver),
      publish: (channel, text) => bus.publish(channel.toLowerCase(), text),
    }),
    /another channel/,
  ],
  'long messages are cut': [
    (bus) => ({ publish: (channel, text) => bus.publish(channel, text.slice(0, 8_000)) }),
    /as they are/,
  ],
  'text in Latin-1': [
    (bus) => ({
      publish: (channel, text) =>
        bus.publish(channel, Buffer.from(text, 'latin1').toString('latin1')),
    }),
    /as they are/,
  ],
  'delivery within publish': [
    () => {
      const receivers = new Set<readonly [string, BusReceiver]>()
      return {
        subscribe: async (channel, receiver) => {
          const one = [channel, receiver] as const
          receivers.add(one)
          return async () => void receivers.delete(one)
        },
        publish: async (channel, text) => {
          for (const [to, receiver] of receivers) if (to === channel) receiver.message(text)
        },
      }
    },
    /after the call/,
  ],
  'a receiver that throws ends the delivery': [
    () => {
      const receivers = new Set<readonly [string, BusReceiver]>()
      return {
        subscribe: async (channel, receiver) => {
          const one = [channel, receiver] as const
          receivers.add(one)
          return async () => void receivers.delete(one)
        },
        publish: async (channel, text) => {
          await null
          try {
            for (const [to, receiver] of receivers) if (to === channel) receiver.message(text)
          } catch {
            // The others get nothing.
          }
        },
      }
    },
    /throws/,
  ],
  'no publishing while it delivers': [
    (bus) => {
      let isDelivering = false
      return {
        subscribe: (channel, receiver) =>
          bus.subscribe(
            channel,
            received(receiver, (text) => {
              isDelivering = true
              try {
                receiver.message(text)
              } finally {
                isDelivering = false
              }
            }),
          ),
        publish: async (channel, text) => {
          if (!isDelivering) await bus.publish(channel, text)
        },
      }
    },
    /while it is told/,
  ],
  'a subscription without an end': [
    (bus) => ({
      subscribe: async (channel, receiver) => {
        await bus.subscribe(channel, receiver)
        return async () => {}
      },
    }),
    /ended his subscription/,
  ],
  'an end that ends all of the channel': [
    (bus) => {
      const gone = new Set<string>()
      return {
        subscribe: async (channel, receiver) => {
          const end = await bus.subscribe(
            channel,
            received(receiver, (text) => {
              if (!gone.has(channel)) receiver.message(text)
            }),
          )
          return async () => {
            gone.add(channel)
            await end()
          }
        },
      }
    },
    /ended his subscription/,
  ],
  'always connected': [() => ({ isConnected: true }), /connected/],
  'publishing after close': [
    (bus) => ({ publish: (channel, text) => bus.publish(channel, text).catch(() => {}) }),
    /after close/,
  ],
}

describe('the suite for buses', () => {
  it('finds nothing wrong with one that is right', async () => {
    expect(await failures(() => ({}))).toEqual([])
  })

  it.each(Object.entries(planted))('finds the fault: %s', async (_, [change, expected]) => {
    const failed = await failures(change)
    expect(
      failed.some((name) => expected.test(name)),
      failed.join('\n'),
    ).toBe(true)
  })

  it('finds a gap that is not told', async () => {
    expect(await failures(() => ({}), true)).toEqual([
      'after a reconnection the gap is told, and messages arrive',
    ])
  })

  it('finds a message that is lost', async () => {
    const plan = { faults: [{ nth: 500, fault: { kind: 'drop' as const } }] }
    const open = async () => ({ bus: faultyBus(memoryBus(), plan), close: async () => {} })
    const once = busSuite({ open, patience: 200 }).find(({ name }) => /once each/.test(name))
    await expect(async () => await once?.run()).rejects.toThrow(/1,000 messages/)
  })
})
