import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MemoryPolicy, MemoryStore } from '../../src/memory/memory-store.ts'
import type { ManualClock } from '../../src/testing/index.ts'
import { costOf, never, openStore, policies } from './support/open-store.ts'

interface Known {
  readonly item: number
  readonly bytes: number
  readonly deadline: number
}

const maxBytes = 4_000
const maxEntries = 9
const share = 0.5

type Step =
  | { readonly verb: 'set'; readonly key: string; readonly bytes: number; readonly ttl: number }
  | { readonly verb: 'get' | 'look' | 'delete'; readonly key: string }
  | { readonly verb: 'resize'; readonly key: string; readonly bytes: number }
  | { readonly verb: 'advance'; readonly ms: number }
  | { readonly verb: 'clear' }

const key = fc.constantFrom(...'abcdefghijklmnop')
const bytes = fc.oneof(fc.nat(300), fc.nat(2_500))
const ttl = fc.oneof(fc.constant(never), fc.integer({ min: -5, max: 200 }), fc.nat(100_000))
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 40, arbitrary: fc.record({ verb: fc.constant('set' as const), key, bytes, ttl }) },
    { weight: 25, arbitrary: fc.record({ verb: fc.constantFrom('get', 'look', 'delete'), key }) },
    { weight: 10, arbitrary: fc.record({ verb: fc.constant('resize' as const), key, bytes }) },
    {
      weight: 10,
      arbitrary: fc.record({ verb: fc.constant('advance' as const), ms: fc.nat(150) }),
    },
    { weight: 1, arbitrary: fc.record({ verb: fc.constant('clear' as const) }) },
  ) as fc.Arbitrary<Step>,
  { maxLength: 80 },
)

/** What the store should hold: a Map, and whatever it said it removed is gone from it. */
class Model {
  readonly held = new Map<string, Known>()
  readonly policy: MemoryPolicy
  readonly store: MemoryStore<number>
  readonly clock: ManualClock

  constructor(policy: MemoryPolicy) {
    this.policy = policy
    const onRemove = (key: string, item: unknown, reason: 'evict' | 'expire') => {
      const known = this.held.get(key)
      expect(known?.item).toBe(item)
      expect(this.isLive(known)).toBe(reason === 'evict')
      this.held.delete(key)
    }
    const options = { policy, maxBytes, maxEntries, maxEntryShare: share, onRemove }
    const { store, clock } = openStore<number>(options)
    this.store = store
    this.clock = clock
  }

  isLive(known: Known | undefined): known is Known {
    return known !== undefined && known.deadline > this.clock.now()
  }

  fits(key: string, bytes: number): boolean {
    return costOf(this.policy, key, bytes) <= maxBytes * share
  }

  async run(step: Step, item: number): Promise<void> {
    const { store, held } = this
    if (step.verb === 'advance') await this.clock.advance(step.ms)
    else if (step.verb === 'clear') {
      store.clear()
      held.clear()
    } else if (step.verb === 'set')
      this.set(step.key, item, step.bytes, this.clock.now() + step.ttl)
    else if (step.verb === 'resize') {
      const known = held.get(step.key)
      if (known !== undefined) held.set(step.key, { ...known, bytes: step.bytes })
      store.resize(step.key, step.bytes)
      if (known !== undefined)
        expect(held.has(step.key) && !this.fits(step.key, step.bytes)).toBe(false)
    } else {
      const known = held.get(step.key)
      const isLive = this.isLive(known)
      if (step.verb === 'delete') {
        held.delete(step.key)
        expect(store.delete(step.key)).toBe(isLive)
      } else expect(store[step.verb](step.key)).toBe(isLive ? known.item : undefined)
    }
  }

  set(key: string, item: number, bytes: number, deadline: number): void {
    const isKept = this.fits(key, bytes)
    const isPast = deadline <= this.clock.now()
    // Told of before it is known here, an eviction of the new entry itself would be missed.
    if (isKept && !isPast) this.held.set(key, { item, bytes, deadline })
    else this.held.delete(key)
    expect(this.store.set(key, item, bytes, deadline)).toBe(isKept)
  }

  check(): void {
    const { store, held } = this
    expect(store.size).toBe(held.size)
    expect(store.size).toBeLessThanOrEqual(maxEntries)
    expect(store.bytes).toBeLessThanOrEqual(maxBytes)
    const costs = [...held].map(([key, { bytes }]) => costOf(this.policy, key, bytes))
    expect(store.bytes).toBe(costs.reduce((sum, cost) => sum + cost, 0))
    const live = [...held].filter(([, known]) => this.isLive(known))
    expect(new Map(store.entries())).toEqual(new Map(live.map(([key, { item }]) => [key, item])))
  }
}

describe.each(policies)('any sequence of calls with %s', (policy) => {
  it('leaves what a Map with deadlines would hold, less what was said to be removed', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const model = new Model(policy)
        for (const [item, step] of sequence.entries()) {
          await model.run(step, item)
          model.check()
        }
        // With time all that can expire does, without being asked for.
        await model.clock.advance(200_000)
        model.check()
        for (const { deadline } of model.held.values()) expect(deadline).toBe(never)
      }),
      { numRuns: 150 },
    )
  })
})
