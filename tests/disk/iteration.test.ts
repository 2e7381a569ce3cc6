import { describe, expect, it } from 'vitest'
import { allForms } from './support/forms.ts'

const numbers = Array.from({ length: 400 }, (_, index) => index)

describe.each(allForms)('$name: iteration', ({ open, sharded }) => {
  it('gives every entry once, over many pages', () => {
    const store = open()
    store.setMany(numbers.map((key) => [key, String(key)] as const))
    const sorted = (keys: Iterable<unknown>) => [...keys].map(Number).sort((a, b) => a - b)
    expect(sorted(store.keys())).toEqual(numbers)
    expect(sorted(store.values())).toEqual(numbers)
    for (const [key, value] of store) expect(value).toBe(String(key))
    expect(new Map(store.entries()).size).toBe(400)
    expect(store.check().problems).toEqual([])
  })

  // Shards are iterated one after the other, so there is no order over all of them.
  it('goes in the order of insertion, which an overwrite does not change', (context) => {
    if (sharded) context.skip('a sharded store has this order in each shard, not over all of them')
    const store = open({ inlineBytes: 100 })
    for (const key of ['c', 'a', 'b', 1, 'd']) store.set(key, 1)
    store.set('a', Buffer.alloc(500))
    store.update('c', () => 2)
    store.incr('b')
    expect([...store.keys()]).toEqual(['c', 'a', 'b', 1, 'd'])
    store.delete('a')
    store.set('a', 1)
    expect([...store.keys()]).toEqual(['c', 'b', 1, 'd', 'a'])
    expect(store.check().problems).toEqual([])
  })

  it('leaves out what is deleted before its turn', () => {
    const store = open()
    store.setMany(numbers.map((key) => [key, key] as const))
    const seen: number[] = []
    for (const key of store.keys()) {
      seen.push(Number(key))
      for (const other of numbers) if (!seen.includes(other) && other % 2 === 0) store.delete(other)
    }
    expect(new Set(seen).size).toBe(seen.length)
    const expected = numbers.filter((key) => key % 2 === 1 || seen[0] === key)
    const values = [...store.values()].map(Number).sort((a, b) => a - b)
    expect(values).toEqual(expected)
    expect(store.check().problems).toEqual([])
  })

  it('ends although its body stores new entries all the time', () => {
    const store = open()
    store.setMany(numbers.map((key) => [key, key] as const))
    let rounds = 0
    for (const [key] of store) {
      store.set(`new ${String(key)}`, 1)
      rounds += 1
      if (rounds > 5_000) break
    }
    expect(rounds).toBeLessThanOrEqual(800)
    expect(store.size).toBeGreaterThanOrEqual(800)
    expect(store.check().problems).toEqual([])
  })

  it('survives a clear in the middle, and a break', () => {
    const store = open()
    store.setMany(numbers.map((key) => [key, key] as const))
    let rounds = 0
    for (const _ of store) {
      rounds += 1
      if (rounds === 5) store.clear()
    }
    expect(rounds).toBeLessThan(400)
    store.set('a', 1)
    for (const _ of store.values()) break
    expect([...store]).toEqual([['a', 1]])
    expect(store.check().problems).toEqual([])
  })

  it('several run beside each other', () => {
    const store = open()
    store.setMany([1, 2, 3].map((key) => [key, key] as const))
    const pairs = [...store.keys()].flatMap((a) => [...store.keys()].map((b) => [a, b]))
    expect(pairs).toHaveLength(9)
    expect(store.check().problems).toEqual([])
  })
})
