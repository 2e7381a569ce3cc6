import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { DiskCache } from 'holdfast'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { patience, torture } from '../support/torture.ts'
import { Worker } from '../support/worker.ts'

type Totals = { readonly size: number; readonly bytes: number }
type Count = { readonly said: Totals; readonly counted: Totals }

const store = { maxEntries: 400, inlineBytes: 8_192 }
/** Calls of each process in each round, at least: enough to evict some. */
const busyAfter = 100

test('row 12: counts and bytes equal a full count in every process after writes, rollbacks, kills and eviction', {
  timeout: patience,
}, async () => {
  const directory = join(temporaryDirectory(), 'store')
  const seed = Date.now() % 1_000_000
  const start = (offset: number) => openWorker(directory, seed + offset)
  fill(directory)
  const workers = [await start(1), await start(2), await start(3)]
  for (let round = 0; round < torture(6, 60); round += 1) {
    const victim = await start(100 + round)
    const all = [...workers, victim]
    const busy = all.map((worker) => worker.next('busy'))
    for (const worker of all) worker.send('go')
    await Promise.all(busy)
    // In the middle of any operation.
    await delay(Math.random() * 100)
    await victim.kill()
    await Promise.all(workers.map((worker) => worker.ask<number>('stop')))
    await expectAgreement(directory, workers, `seed ${seed}, round ${round}`)
  }
  for (const worker of workers) expect(worker.errors).toBe('')
})

/** The first operation finds a full store, so that something is evicted however few there are. */
function fill(directory: string): void {
  using cache = new DiskCache(directory, store)
  const numbers = Array.from({ length: store.maxEntries }, (_, number) => number)
  cache.setMany(numbers.map((number) => [`key-${number}`, Buffer.alloc(number * 25, 1)]))
  expect(cache.size).toBe(store.maxEntries)
}

async function openWorker(directory: string, seed: number): Promise<Worker> {
  const worker = new Worker('mixed-operations.mjs', { directory, seed, store, busyAfter })
  await worker.next('ready')
  return worker
}

/** Everybody is idle now, so that every process, a newly opened one too, must give the same four numbers at once. */
async function expectAgreement(
  directory: string,
  workers: Worker[],
  moment: string,
): Promise<void> {
  const counts = await Promise.all(workers.map((worker) => worker.ask<Count>('count')))
  using cache = new DiskCache(directory, store)
  const truth = { size: cache.size, bytes: cache.bytes() }
  for (const { said, counted } of counts) {
    expect(said, moment).toEqual(truth)
    expect(counted, moment).toEqual(truth)
  }
  expect(truth.size).toBeLessThanOrEqual(store.maxEntries)
  // Otherwise nothing was counted, or evicted, that could be counted wrong. Evicting a tag takes a third of the entries.
  expect(truth.size, moment).toBeGreaterThan(store.maxEntries / 4)
  const report = cache.check({ verify: true })
  expect(report.problems, moment).toEqual([])
  expect(report).toMatchObject({ ok: true, entries: truth.size, bytes: truth.bytes })
}
