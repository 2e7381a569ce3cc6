import { expect, it } from 'vitest'
import { CacheCounters, ReasonCounts } from '../../src/observe/counters.ts'

it('counts by tier, and gives it all as plain data', () => {
  const counters = new CacheCounters(['memory', 'redis'])
  const memory = counters.tier('memory')
  counters.hits += 2
  counters.inFlight += 1
  memory.hits += 2
  memory.stale += 1
  memory.evictions.add('bytes', 3)
  counters.tier('redis').errors += 1
  counters.tier('unknown').hits += 1
  counters.loadLatency.record(12)
  counters.sizes.record(1_000)
  const snapshot = counters.snapshot()
  expect(snapshot).toEqual(structuredClone(snapshot))
  expect(snapshot).toMatchObject({
    hits: 2,
    misses: 0,
    inFlight: 1,
    loadLatency: { count: 1, sum: 12, min: 12, max: 12 },
    sizes: { count: 1, sum: 1_000 },
    tiers: {
      memory: { hits: 2, misses: 0, stale: 1, errors: 0, evictions: { bytes: 3 } },
      redis: { hits: 0, errors: 1, decryptFailures: 0, evictions: {} },
    },
  })
  expect(Object.keys(snapshot.tiers)).toEqual(['memory', 'redis'])
  memory.hits += 1
  expect(snapshot.tiers['memory']?.hits).toBe(2)
})

it('takes only so many reasons', () => {
  const reasons = new ReasonCounts()
  for (let count = 0; count < 100; count += 1) reasons.add(`reason ${count}`)
  reasons.add('reason 3', 4)
  const snapshot = reasons.snapshot()
  expect(Object.keys(snapshot).length).toBe(17)
  expect([snapshot['reason 3'], snapshot['other'], reasons.total]).toEqual([5, 84, 104])
})
