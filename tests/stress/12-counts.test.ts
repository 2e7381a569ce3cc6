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

test('row 12: counts and bytes equal a full count in every process after writes, rollbacks, kills and eviction', {
  timeout: patience,
}, async () => {
  const directory = join(temporaryDirectory(), 'store')
  const seed = Date.now() % 1_000_000
  const start = (offset: number) => openWorker(directory, seed + offset)
  const workers = [await start(1), await start(2), await start(3)]
  const sizes: number[] = []
  for (let round = 0; round < torture(6, 60); round += 1) {
    const victim = await start(100 + round)
    for (const worker of [...workers, victim]) worker.send('go')
    await delay(200 + Math.random() * 200)
    await victim.kill()
    const calls = await Promise.all(workers.map((worker) => worker.ask<number>('stop')))
    expect(Math.min(...calls)).toBeGreaterThan(0)
    sizes.push(await expectAgreement(directory, workers, `seed ${seed}, round ${round}`))
  }
  // Otherwise nothing was counted, or evicted, that could be counted wrong.
  expect(Math.max(...sizes)).toBeGreaterThan(store.maxEntries / 4)
  for (const worker of workers) expect(worker.errors).toBe('')
})

async function openWorker(directory: string, seed: number): Promise<Worker> {
  const worker = new Worker('mixed-operations.mjs', { directory, seed, store })
  await worker.next('ready')
  return worker
}

/** Everybody is idle now, so that every process, a newly opened one too, must give the same four numbers at once. */
async function expectAgreement(
  directory: string,
  workers: Worker[],
  moment: string,
): Promise<number> {
  const counts = await Promise.all(workers.map((worker) => worker.ask<Count>('count')))
  using cache = new DiskCache(directory, store)
  const truth = { size: cache.size, bytes: cache.bytes() }
  for (const { said, counted } of counts) {
    expect(said, moment).toEqual(truth)
    expect(counted, moment).toEqual(truth)
  }
  expect(truth.size).toBeLessThanOrEqual(store.maxEntries)
  const report = cache.check({ verify: true })
  expect(report.problems, moment).toEqual([])
  expect(report).toMatchObject({ ok: true, entries: truth.size, bytes: truth.bytes })
  return truth.size
}
