import { describe, expect, it } from 'vitest'
import type { EntryList } from '../../src/memory/entry-list.ts'
import { FrequencySketch } from '../../src/memory/frequency-sketch.ts'
import { GhostQueue } from '../../src/memory/ghost-queue.ts'
import { textHash } from '../../src/memory/text-hash.ts'
import { WindowTinyLfu } from '../../src/memory/window-tiny-lfu.ts'
import { seededRandom } from '../support/seeded-random.mjs'
import { never, openStore } from './support/open-store.ts'

describe('the hash of a text', () => {
  it('differs from store to store, so keys that collide cannot be chosen', () => {
    const [one, other] = [textHash(seededRandom(1)), textHash(seededRandom(2))]
    const texts = Array.from({ length: 100_000 }, (_, i) => `user:${i}:profile`)
    const byHash = new Map<number, string>()
    const pairs: [string, string][] = []
    for (const text of texts) {
      const twin = byHash.get(one(text))
      if (twin !== undefined) pairs.push([twin, text])
      byHash.set(one(text), text)
    }
    // About one pair is to be expected of 100,000 random numbers of 32 bits.
    expect(pairs.length).toBeLessThan(10)
    expect(pairs.filter(([a, b]) => other(a) === other(b))).toEqual([])
  })

  it('spreads keys that differ little, even where the luck is none', () => {
    for (const random of [seededRandom(7), () => 0, () => 0.9999999999]) {
      const hash = textHash(random)
      const seen = new Set<number>()
      const low = new Set<number>()
      const high = new Set<number>()
      for (let i = 0; i < 4_096; i += 1) {
        const value = hash(String.fromCharCode(i))
        expect(value).toBe(value | 0)
        seen.add(value)
        low.add(value & 63)
        high.add(value >>> 26)
      }
      expect(seen.size).toBeGreaterThan(4_090)
      expect([low.size, high.size]).toEqual([64, 64])
    }
    const hash = textHash(seededRandom(1))
    expect(new Set(['', '\0', '\0\0', 'ab', 'ba'].map(hash)).size).toBe(5)
  })
})

describe('a flood of keys', () => {
  /** The share of the requests for a hundred keys that hit while ten times as many others come, in percent. */
  function hotHits(policy: 'tinylfu' | 's3fifo' | 'lru', stranger: (i: number) => string): number {
    const { store } = openStore({ policy, maxEntries: 400 })
    const random = seededRandom(9)
    const hot = () => `hot ${Math.floor(random() * 100)}`
    const request = (key: string) => {
      if (store.get(key) !== undefined) return true
      store.set(key, 1, 1, never)
      return false
    }
    for (let i = 0; i < 4_000; i += 1) request(hot())
    let hits = 0
    for (let i = 0; i < 8_000; i += 1) {
      for (let j = 0; j < 10; j += 1) request(stranger(i * 10 + j))
      if (request(hot())) hits += 1
    }
    return hits / 80
  }

  it('of keys that come once does not push out what is used', () => {
    const once = (i: number) => `stranger ${i}`
    expect(hotHits('lru', once)).toBeLessThan(50)
    expect(hotHits('tinylfu', once)).toBeGreaterThan(95)
    expect(hotHits('s3fifo', once)).toBeGreaterThan(80)
  })

  it('of keys that come twice in a row neither', () => {
    const twice = (i: number) => `stranger ${i >> 1}`
    expect(hotHits('tinylfu', twice)).toBeGreaterThan(90)
  })
})

class Node {
  readonly hash: number
  bytes = 1
  uses = 0
  list: EntryList<Node> | undefined
  older: Node | undefined
  newer: Node | undefined

  constructor(hash: number) {
    this.hash = hash
  }
}

describe('a victim that looks better than it is', () => {
  /** Whether something is let in within `tries`, where the main part looks as if it were used always. */
  function isLetIn(random: () => number, uses: number): boolean {
    const sketch = new FrequencySketch(64)
    const policy = new WindowTinyLfu<Node>(
      { maxBytes: never, maxEntries: 10 },
      { window: 0.1, admission: 'strict' },
      sketch,
      random,
    )
    for (let hash = 1; hash <= 10; hash += 1) {
      sketch.add(hash, 15)
      policy.add(new Node(hash))
    }
    for (let hash = 100; hash < 600; hash += 1) {
      const node = new Node(hash * 0x10001)
      node.uses = uses
      policy.add(node)
      const victim = policy.victim()
      if (victim !== undefined && victim.hash <= 10 && hash > 101) return true
      if (victim !== undefined) policy.remove(victim)
    }
    return false
  }

  it('does not keep out for ever what is used often', () => {
    expect(isLetIn(seededRandom(1), 8)).toBe(true)
    expect(isLetIn(() => 0.5, 8)).toBe(false)
    expect(isLetIn(seededRandom(1), 3)).toBe(false)
  })
})

describe('what a large entry would displace', () => {
  /** Whether one of three bytes that was used `uses` times is let in against three of one byte, used three times each. */
  function isLetIn(uses: number, admission: 'strict' | 'lenient'): boolean {
    const budget = { maxBytes: 10, maxEntries: never }
    const setting = { window: 0, admission }
    const policy = new WindowTinyLfu<Node>(budget, setting, new FrequencySketch(), () => 0.5)
    for (let hash = 0; hash < 10; hash += 1) {
      const node = new Node(hash)
      node.uses = 3
      policy.add(node)
    }
    const candidate = new Node(99)
    candidate.bytes = 3
    candidate.uses = uses
    policy.add(candidate)
    return policy.victim() !== candidate
  }

  it('is weighed together', () => {
    expect([4, 9, 10, 15].map((uses) => isLetIn(uses, 'strict'))).toEqual([
      false,
      false,
      true,
      true,
    ])
    expect([4, 5, 6].map((uses) => isLetIn(uses, 'lenient'))).toEqual([false, false, true])
  })
})

describe('the queue of those that went', () => {
  it('remembers as many as it is told to, and each until it is taken', () => {
    const ghosts = new GhostQueue()
    for (let hash = 0; hash < 100; hash += 1) ghosts.add(hash, 30)
    expect([ghosts.size, ghosts.take(69), ghosts.take(70), ghosts.take(70)]).toEqual([
      30,
      false,
      true,
      false,
    ])
    ghosts.add(99, 30)
    for (let hash = 100; hash < 129; hash += 1) ghosts.add(hash, 30)
    expect([ghosts.take(98), ghosts.take(99), ghosts.take(127)]).toEqual([false, true, true])
    ghosts.clear()
    expect([ghosts.size, ghosts.take(126)]).toEqual([0, false])
  })
})
