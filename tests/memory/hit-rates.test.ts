import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { MemoryStore } from '../../src/memory/memory-store.ts'
import { manualClock } from '../../src/testing/index.ts'
import { seededRandom } from '../support/seeded-random.mjs'
import { never } from './support/open-store.ts'

const traces = join(import.meta.dirname, '..', 'fixtures', 'traces')

/** Big-endian 32-bit keys, one for each request. */
function readTrace(name: string): string[] {
  const bytes = gunzipSync(readFileSync(join(traces, `${name}.trace.gz`)))
  const names = new Map<number, string>()
  return Array.from({ length: bytes.length / 4 }, (_, i) => {
    const key = bytes.readInt32BE(i * 4)
    const known = names.get(key) ?? `key ${key}`
    names.set(key, known)
    return known
  })
}

/** In percent. */
function hitRate(
  policy: 'tinylfu' | 's3fifo' | 'lru',
  requests: readonly string[],
  maxEntries: number,
  seed = 1,
): number {
  const store = new MemoryStore<true>({
    maxBytes: never,
    maxEntries,
    maxEntryShare: 1,
    policy,
    clock: manualClock(),
    random: seededRandom(seed),
  })
  let hits = 0
  for (const key of requests) {
    if (store.get(key)) hits += 1
    else store.set(key, true, 1, never)
  }
  return (100 * hits) / requests.length
}

/** Published with the traces, of a simulator of its own. */
const lruRates = [
  ['web07', 500, 45.58],
  ['web07', 2000, 55.5],
  ['web12', 500, 55.78],
  ['web12', 2000, 72.56],
] as const

describe('on requests to web servers', () => {
  const requests = { web07: readTrace('web07'), web12: readTrace('web12') }

  it.each(lruRates)(
    '%s with room for %s: LRU has the rate that it is known to have',
    (name, room, rate) => {
      expect(hitRate('lru', requests[name], room)).toBeCloseTo(rate, 2)
    },
  )

  it.each(lruRates)('%s with room for %s: the others have more', (name, room, rate) => {
    expect(hitRate('s3fifo', requests[name], room)).toBeGreaterThan(rate + 2.5)
    for (const seed of [1, 2]) {
      expect(hitRate('tinylfu', requests[name], room, seed)).toBeGreaterThan(rate + 1.5)
    }
  })

  it('tinylfu has more than 60.4 percent in the mean', () => {
    const rates = lruRates.map(([name, room]) => hitRate('tinylfu', requests[name], room))
    expect(rates.reduce((sum, rate) => sum + rate, 0) / rates.length).toBeGreaterThan(60.4)
  })
})
