import { describe, expect, it } from 'vitest'
import { memoryBackend } from '../../src/backends/memory.ts'
import { MemoryStore } from '../../src/backends/memory-store.ts'
import { backendSuite, manualClock } from '../../src/testing/index.ts'
import { errorOf } from '../support/code-of.ts'

const call = { signal: new AbortController().signal }
const record = (text: string, expiresAt = Number.POSITIVE_INFINITY) => ({
  bytes: Buffer.from(text),
  expiresAt,
})

describe('a memory backend of one store', () => {
  const clock = manualClock()
  const store = new MemoryStore({ clock })
  const open = async () => {
    const backend = memoryBackend({ store })
    return { backend, close: () => backend.close() }
  }
  for (const { name, run } of backendSuite({ open, clock })) it(name, run)
})

describe('a memory backend of its own', () => {
  const clock = manualClock()
  const open = async () => {
    const backend = memoryBackend({ clock })
    return { backend, close: () => backend.close() }
  }
  for (const { name, run } of backendSuite({ open, clock, lacks: ['sharing'] })) it(name, run)
})

describe('a memory backend by the machine’s clock', () => {
  const open = async () => {
    const backend = memoryBackend()
    return { backend, close: () => backend.close() }
  }
  for (const { name, run } of backendSuite({ open, lacks: ['sharing'] })) it.concurrent(name, run)
})

describe('the options of a memory backend', () => {
  it('say whether it counts as remote, and a store makes it shared', () => {
    expect(memoryBackend()).toMatchObject({ kind: 'memory', isRemote: false, isShared: false })
    expect(memoryBackend({ isRemote: true }).isRemote).toBe(true)
    expect(memoryBackend({ store: new MemoryStore() }).isShared).toBe(true)
  })

  it('are checked', () => {
    const store = new MemoryStore()
    const wrong = [{ store, clock: manualClock() }, { store: {} }, { tore: store }]
    for (const options of wrong)
      expect(errorOf(() => memoryBackend(options as never)).code).toBe('ERR_INVALID_OPTION')
  })
})

describe('a memory store', () => {
  it('loses what has ended, whether anybody asks for it or not', async () => {
    const clock = manualClock()
    const store = new MemoryStore({ clock })
    const backend = memoryBackend({ store })
    for (let index = 0; index < 5_000; index += 1) {
      await backend.set(`key ${index}`, record('a', clock.now() + 10), call)
      if (index % 10 === 0) await clock.advance(1)
    }
    expect(store.size).toBeLessThan(2_100)
  })
})
