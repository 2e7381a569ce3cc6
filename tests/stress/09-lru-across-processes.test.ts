import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { DiskCache } from 'holdfast'
import { describe, expect, test } from 'vitest'
import { timingRetries } from '../support/retries.ts'
import { median } from '../support/statistics.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { patience, torture } from '../support/torture.ts'
import { Worker } from '../support/worker.ts'

const store = { maxEntries: 1_000, eviction: 'lru' } as const
const all = Array.from({ length: 1_000 }, (_, index) => `key-${index}`)
const oldest = all.slice(0, 50)
const others = all.slice(50)

describe('row 9: uses noted in one process count when another one evicts', () => {
  test('row 9: the 50 oldest keys survive when another process has read them again', async () => {
    const directory = join(temporaryDirectory(), 'store')
    using cache = new DiskCache(directory, store)
    for (const key of all) cache.set(key, Buffer.alloc(64))
    const reader = await openReader(directory)
    expect(await reader.ask('read', oldest)).toBe(50)
    await expectSurvivors(cache)
  })

  test('row 9: hits in the hot set of the other process count as well', async () => {
    const directory = join(temporaryDirectory(), 'store')
    using cache = new DiskCache(directory, store)
    for (const key of all) cache.set(key, Buffer.alloc(64))
    const reader = await openReader(directory)
    await reader.ask('read', oldest)
    await usesAreFlushed()
    // Now these are the most recent ones; reading the others makes them the oldest again …
    for (const key of others) cache.get(key)
    await usesAreFlushed()
    // … and what the reader does next never leaves its memory: it holds these 50 already.
    expect(await reader.ask('read', oldest)).toBe(50)
    await expectSurvivors(cache)
  })
})

describe('row 9: 5,000 gets with a limit cost at most 1.5 times those without', () => {
  for (const hot of [false, undefined]) {
    test(`row 9: ${hot === false ? 'from the database' : 'from the hot set'}`, {
      timeout: patience,
      retry: timingRetries,
    }, async () => {
      const rounds = torture(31, 301)
      const worker = new Worker('get-cost.mjs', { home: temporaryDirectory(), rounds, hot })
      const times = await worker.next<{ limited: number[]; unlimited: number[] }>('times')
      const ratio = median(times.limited) / median(times.unlimited)
      console.log(`gets with a limit: ${ratio.toFixed(2)} times those without`)
      expect(ratio).toBeLessThanOrEqual(1.5)
    })
  }
})

async function openReader(directory: string): Promise<Worker> {
  const reader = new Worker('lru-reader.mjs', { directory, store })
  await reader.next('ready')
  return reader
}

/** A process writes its noted uses down within a second; that bound is the claim, so this waits for just that. */
async function usesAreFlushed(): Promise<void> {
  await delay(1_100)
}

/** Evicts half of the store and looks who is left. */
async function expectSurvivors(cache: DiskCache): Promise<void> {
  await usesAreFlushed()
  for (let index = 0; index < 500; index += 1) cache.set(`new-${index}`, Buffer.alloc(64))
  expect(cache.size).toBeLessThanOrEqual(store.maxEntries)
  expect(oldest.filter((key) => cache.has(key))).toEqual(oldest)
  expect(others.filter((key) => cache.has(key)).length).toBeLessThanOrEqual(450)
  expect(cache.check()).toMatchObject({ ok: true, problems: [] })
}
