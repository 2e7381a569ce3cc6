import { join } from 'node:path'
import { DiskCache } from 'holdfast'
import { describe, expect, test } from 'vitest'
import { timingRetries } from '../support/retries.ts'
import { spinner } from '../support/spinner.ts'
import { sum } from '../support/statistics.ts'
import { memoryDirectory } from '../support/temporary-directory.ts'
import { patience, torture } from '../support/torture.ts'
import { Worker } from '../support/worker.ts'

type Result = { readonly sets: number; readonly worst: number }

describe('row 4: processes that write flat out share the store', () => {
  test('row 4: of two, neither gets less than a quarter of the sets, and no call takes over 250 ms', {
    timeout: patience,
    retry: timingRetries,
  }, async () => {
    const results = await writeFlatOut(2, torture(2_500, 30_000))
    const total = sum(results.map(({ sets }) => sets))
    for (const { sets } of results) expect(sets / total).toBeGreaterThanOrEqual(0.25)
  })

  test('row 4 and the performance table: of eight, none gets less than half its fair share', {
    timeout: patience,
    retry: timingRetries,
  }, async () => {
    const results = await writeFlatOut(8, torture(2_500, 30_000))
    const total = sum(results.map(({ sets }) => sets))
    for (const { sets } of results) expect((sets / total) * 8).toBeGreaterThanOrEqual(0.5)
  })
})

/** Lets `processes` write for `duration` ms. Checks the longest call of each, and the store afterwards. */
async function writeFlatOut(processes: number, duration: number): Promise<Result[]> {
  const directory = join(memoryDirectory(), 'store')
  const names = Array.from({ length: processes }, (_, index) => `writer-${index}`)
  const writers = names.map(
    (name) => new Worker('flat-out-writer.mjs', { directory, name, duration }),
  )
  await Promise.all(writers.map((writer) => writer.next('ready')))
  const control = await spinner()
  for (const writer of writers) writer.send('go')
  const results = await Promise.all(writers.map((writer) => writer.next<Result>('done')))
  const pause = await control.stop()
  await Promise.all(writers.map((writer) => writer.finish()))
  console.log(`${processes} writers:`, JSON.stringify(results), `control: ${pause.toFixed(1)} ms`)
  for (const { worst } of results)
    expect(worst - pause, 'longest call, ms').toBeLessThanOrEqual(250)

  using cache = new DiskCache(directory)
  expect(cache.size).toBe(sum(results.map(({ sets }) => Math.min(sets, 1_000))))
  expect(cache.check()).toMatchObject({ ok: true, problems: [] })
  return results
}
