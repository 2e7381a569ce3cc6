import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { DiskCache } from 'holdfast'
import { expect, test } from 'vitest'
import { logFile, sizeOf } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { patience, torture } from '../support/torture.ts'
import { until } from '../support/until.ts'
import { Worker } from '../support/worker.ts'

const MB = 1e6

test('row 6: 10 s of continuous 4 kB sets keep the log under 64 MB, and under 8 MB within 5 s of idle', {
  timeout: patience,
}, async () => {
  const directory = join(temporaryDirectory(), 'store')
  const writer = new Worker('log-writer.mjs', { directory })
  await writer.next('ready')
  const largest = await watchLog(directory, torture(10_000, 30_000))
  const sets = await writer.ask<number>('stop')
  console.log(`${sets} sets, largest log ${(largest / MB).toFixed(1)} MB`)
  expect(largest).toBeLessThan(64 * MB)
  await expectSmallLog(directory)
  await writer.finish()
  expectSound(directory)
})

test('row 6: likewise after a reader held a snapshot for 6 s', { timeout: patience }, async () => {
  const directory = join(temporaryDirectory(), 'store')
  const writer = new Worker('log-writer.mjs', { directory })
  await writer.next('ready')
  const holder = new Worker('snapshot-holder.mjs', { directory })
  await holder.next('held')
  const held = await watchLog(directory, 6_000)
  await holder.ask('release')
  await holder.exited
  // The writer goes on: what piled up is given back although the load never stops.
  await until('the log is under 64 MB again', 5_000, () => sizeOf(logFile(directory)) < 64 * MB)
  const largest = await watchLog(directory, torture(2_000, 10_000))
  await writer.ask('stop')
  console.log(
    `log while held ${(held / MB).toFixed(1)} MB, afterwards ${(largest / MB).toFixed(1)} MB`,
  )
  expect(largest).toBeLessThan(64 * MB)
  await expectSmallLog(directory)
  await writer.finish()
  expectSound(directory)
})

/** The largest size the log had within `duration` ms. */
async function watchLog(directory: string, duration: number): Promise<number> {
  const end = performance.now() + duration
  let largest = 0
  while (performance.now() < end) {
    largest = Math.max(largest, sizeOf(logFile(directory)))
    await delay(20)
  }
  return largest
}

/** The writer is idle but open: nothing but its own timer can have made the log smaller. */
async function expectSmallLog(directory: string): Promise<void> {
  await until('the log is under 8 MB', 5_000, () => sizeOf(logFile(directory)) < 8 * MB)
}

function expectSound(directory: string): void {
  using cache = new DiskCache(directory)
  expect(cache.size).toBe(2_000)
  expect(cache.check()).toMatchObject({ ok: true, problems: [] })
}
