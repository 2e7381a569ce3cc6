import { describe, expect, it } from 'vitest'
import { entryBytes, MemoryStore } from '../../src/memory/memory-store.ts'
import type { RemovalReason } from '../../src/memory/notices.ts'
import { codeOf } from '../support/code-of.ts'
import { costOf, keysOf, never, openStore, policies } from './support/open-store.ts'

describe.each(policies)('a store with %s', (policy) => {
  it('gives back the very item that was stored', () => {
    const { store } = openStore({ policy })
    const item = { a: 1 }
    expect(store.set('k', item, 10, never)).toBe(true)
    expect(store.get('k')).toBe(item)
    expect(store.look('k')).toBe(item)
    expect([store.get('none'), store.look('none')]).toEqual([undefined, undefined])
    store.set('', 'the empty key', 1, never)
    expect(store.get('')).toBe('the empty key')
    store.set('k', 2, 10, never)
    expect([store.get('k'), store.size]).toEqual([2, 2])
  })

  it('counts the item, the key and the entry', () => {
    const { store } = openStore({ policy })
    expect(store.bytes).toBe(0)
    store.set('ab', 1, 100, never)
    expect(store.bytes).toBe(100 + 16 + 2 + entryBytes[policy])
    store.set('é€', 1, 0, never)
    expect(store.bytes).toBe(costOf(policy, 'ab', 100) + 16 + 4 + entryBytes[policy])
    store.resize('ab', 7.2)
    store.delete('é€')
    expect(store.bytes).toBe(costOf(policy, 'ab', 8))
    store.resize('none', 50)
    store.set('ab', 1, 1, never)
    expect(store.bytes).toBe(costOf(policy, 'ab', 1))
    store.delete('ab')
    expect([store.bytes, store.size]).toEqual([0, 0])
  })

  it('holds its budgets whatever the sizes', () => {
    const maxBytes = 40_000
    for (const limits of [{ maxBytes }, { maxEntries: 7 }, { maxBytes, maxEntries: 30 }]) {
      const { store } = openStore({ policy, ...limits })
      for (let i = 0; i < 2_000; i += 1) {
        store.set(`k${(i * 7) % 311}`, i, (i * 37) % 3_000, never)
        store.get(`k${i % 50}`)
        expect(store.bytes).toBeLessThanOrEqual(limits.maxBytes ?? never)
        expect(store.size).toBeLessThanOrEqual(limits.maxEntries ?? never)
      }
      expect(store.size).toBeGreaterThan(5)
    }
  })

  it('keeps no entry that is larger than its share, and nothing in its place', () => {
    const maxBytes = 80_000
    const { store } = openStore({ policy, maxBytes, maxEntryShare: 1 / 8 })
    const room = maxBytes / 8 - costOf(policy, 'k', 0)
    expect(store.set('k', 1, room, never)).toBe(true)
    expect(store.set('k', 2, room + 1, never)).toBe(false)
    expect([store.get('k'), store.size, store.bytes]).toEqual([undefined, 0, 0])
    const half = openStore({ policy, maxBytes, maxEntryShare: 1 / 2 }).store
    expect(half.set('k', 2, room + 1, never)).toBe(true)
  })

  it.each([
    ['maxBytes: 0', { maxBytes: 0 }],
    ['maxEntries: 0', { maxEntries: 0 }],
    ['maxEntryShare: 0', { maxBytes: 1_000, maxEntryShare: 0 }],
    ['maxEntryShare: 0 of no limit', { maxEntryShare: 0 }],
  ])('keeps nothing with %s', (_, options) => {
    const { store } = openStore({ policy, ...options })
    expect(store.set('k', 1, 0, never)).toBe(false)
    expect([store.size, store.bytes]).toEqual([0, 0])
  })

  it('keeps one entry where there is room for one', () => {
    const { store } = openStore({ policy, maxEntries: 1 })
    for (const key of ['a', 'b', 'c']) store.set(key, key, 1, never)
    expect(store.size).toBe(1)
  })

  it('tells of what is evicted, and not of what its owner removes', () => {
    const told: [string, unknown, RemovalReason][] = []
    const onRemove = (...notice: [string, unknown, RemovalReason]) => told.push(notice)
    const { store } = openStore({ policy, maxEntries: 3, onRemove })
    for (const key of ['a', 'b', 'c']) store.set(key, key.toUpperCase(), 1, never)
    store.set('a', 'again', 1, never)
    store.delete('a')
    store.set('d', 'D', 1, never)
    expect(told).toEqual([])
    store.set('e', 'E', 1, never)
    expect(told).toHaveLength(1)
    const [key, item, reason] = told[0] ?? []
    expect([item, reason]).toEqual([key?.toUpperCase(), 'evict'])
    expect(store.get(key ?? '')).toBeUndefined()
    store.clear()
    expect(told).toHaveLength(1)
  })

  it('evicts what outgrows its share', () => {
    const told: unknown[] = []
    const onRemove = (...notice: unknown[]) => told.push(notice)
    const { store } = openStore({ policy, maxBytes: 10_000, maxEntryShare: 0.1, onRemove })
    store.set('k', 1, 10, never)
    store.resize('k', 990)
    expect([told, store.bytes]).toEqual([[['k', 1, 'evict']], 0])
  })

  it('removes others where one outgrows the budget', () => {
    const { store } = openStore({ policy, maxBytes: 10_000 })
    for (let i = 0; i < 20; i += 1) store.set(`k${i}`, i, 100, never)
    store.resize('k19', 8_000)
    expect(store.bytes).toBeLessThanOrEqual(10_000)
  })

  it('outlives what its listener throws and does', () => {
    const { store } = openStore({
      policy,
      maxEntries: 3,
      onRemove: (key) => {
        expect(store.look(key)).toBeUndefined()
        if (key === 'boom') throw new Error('a listener fails')
        if (key.startsWith('k')) store.set(`x${key}`, 1, 1, never)
        if (key === 'xk5') store.clear()
        store.get('k1')
        store.delete('k2')
        store.resize('k3', 50)
      },
    })
    for (let i = 0; i < 50; i += 1) {
      store.set(i % 9 === 0 ? 'boom' : `k${i}`, i, 1, never)
      expect(store.size).toBeLessThanOrEqual(3)
    }
    const bytes = keysOf(store).reduce(
      (sum, key) => sum + (store.look(key) === undefined ? 0 : 1),
      0,
    )
    expect(bytes).toBe(store.size)
    store.clear()
    expect([store.size, store.bytes]).toEqual([0, 0])
  })

  it('tells of what a listener caused after it has returned, in the order of the removals', () => {
    let depth = 0
    const told: string[] = []
    const { store } = openStore<number>({
      policy: 'lru',
      maxEntries: 2,
      onRemove: (key) => {
        depth += 1
        expect(depth).toBe(1)
        told.push(key)
        if (key === 'a') for (const more of ['x', 'y']) store.set(more, 1, 1, never)
        depth -= 1
      },
    })
    for (const key of ['a', 'b', 'c']) store.set(key, 1, 1, never)
    expect(told).toEqual(['a', 'b', 'c'])
    expect(keysOf(store)).toEqual(['x', 'y'])
  })

  it('goes on after clear, and sees nothing of before', () => {
    const { store } = openStore({ policy, maxEntries: 10 })
    for (let i = 0; i < 100; i += 1) store.set(`k${i}`, i, 1, never)
    store.clear()
    expect([keysOf(store), store.size, store.bytes, store.get('k99')]).toEqual([
      [],
      0,
      0,
      undefined,
    ])
    for (let i = 0; i < 100; i += 1) store.set(`k${i}`, i, 1, never)
    expect(store.size).toBe(10)
  })

  it('can be gone through while it changes', () => {
    const { store } = openStore<number>({ policy })
    for (let i = 0; i < 10; i += 1) store.set(`k${i}`, i, 1, never)
    const seen: string[] = []
    for (const [key, item] of store.entries()) {
      seen.push(key)
      store.delete(`k${item + 1}`)
    }
    expect(seen).toEqual(['k0', 'k2', 'k4', 'k6', 'k8'])
  })
})

describe('what counts as a use', () => {
  it('is get and set, not look, entries and resize', () => {
    const evicted = (touch: (store: MemoryStore<number>) => void) => {
      const gone: string[] = []
      const onRemove = (key: string) => gone.push(key)
      const { store } = openStore<number>({ policy: 'lru', maxEntries: 2, onRemove })
      store.set('a', 1, 1, never)
      store.set('b', 2, 1, never)
      touch(store)
      store.set('c', 3, 1, never)
      return gone
    }
    expect(evicted((store) => store.get('a'))).toEqual(['b'])
    expect(evicted((store) => store.set('a', 9, 1, never))).toEqual(['b'])
    expect(evicted((store) => store.look('a'))).toEqual(['a'])
    expect(evicted((store) => [...store.entries()])).toEqual(['a'])
    expect(evicted((store) => store.resize('a', 2))).toEqual(['a'])
  })
})

describe('what is refused', () => {
  it.each([
    ['maxBytes', -1],
    ['maxBytes', Number.NaN],
    ['maxBytes', undefined],
    ['maxEntries', -1],
    ['maxEntries', Number.NaN],
    ['maxEntries', '5'],
    ['maxEntryShare', 1.1],
    ['maxEntryShare', -0.1],
    ['maxEntryShare', Number.NaN],
    ['policy', 'random'],
  ])('%s: %s', (name, value) => {
    const { clock } = openStore()
    const good = { maxBytes: 1, maxEntries: 1, maxEntryShare: 1, policy: 'lru', clock }
    expect(codeOf(() => new MemoryStore({ ...good, [name]: value } as never))).toBe(
      'ERR_INVALID_OPTION',
    )
    expect(codeOf(() => new MemoryStore(undefined as never))).toBe('ERR_INVALID_OPTION')
  })

  it.each([-1, Number.NaN, never, '1'])('%s bytes, and nothing changes', (bytes) => {
    const { store } = openStore()
    store.set('k', 1, 1, never)
    const before = store.bytes
    expect(codeOf(() => store.set('k', 2, bytes as number, never))).toBe('ERR_INVALID_OPTION')
    expect(codeOf(() => store.resize('k', bytes as number))).toBe('ERR_INVALID_OPTION')
    expect(codeOf(() => store.set('k', 2, 1, Number.NaN))).toBe('ERR_INVALID_OPTION')
    expect([store.get('k'), store.bytes]).toEqual([1, before])
  })
})
