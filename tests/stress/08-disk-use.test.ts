import { join } from 'node:path'
import { DiskCache } from 'holdfast'
import { expect, test } from 'vitest'
import { diskUse } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { patience, torture } from '../support/torture.ts'

const MB = 1e6
const MiB = 2 ** 20
/** What log, shared pages and the empty database may take besides, whatever the limit. */
const logAllowance = 8 * MiB

test('row 8: 100 MB of 1 MiB values under a 20 MB limit never take over the limit, 25 % and one value on disk', {
  timeout: patience,
}, () => {
  const limit = 20 * MB
  const values = torture(96, 960)
  const largest = largestUse(limit, MiB, values, 1)
  expect(largest).toBeLessThanOrEqual(limit * 1.25 + MiB + logAllowance)
})

test('row 8: 256 B values under a 5 MB limit never take over the limit, 25 % and one value on disk', {
  timeout: patience,
}, () => {
  const limit = 5 * MB
  const values = torture(100_000, 1_000_000)
  const largest = largestUse(limit, 256, values, 50)
  expect(largest).toBeLessThanOrEqual(limit * 1.25 + 256 + logAllowance)
})

/**
 * Writes `count` different keys, looks at the whole directory after every `every`th set, and returns the most bytes seen.
 * No timer runs in between: the limit must hold through what the writing calls themselves do.
 */
function largestUse(limit: number, valueSize: number, count: number, every: number): number {
  const directory = join(temporaryDirectory(), 'store')
  using cache = new DiskCache(directory, { maxBytes: limit })
  let largest = 0
  for (let index = 0; index < count; index += 1) {
    cache.set(`key-${index}`, Buffer.alloc(valueSize, `${index};`))
    if (index % every === 0) {
      largest = Math.max(largest, diskUse(directory))
      expect(cache.bytes()).toBeLessThanOrEqual(limit)
    }
  }
  const share = (largest / limit).toFixed(2)
  console.log(`limit ${limit / MB} MB, values of ${valueSize} B: at most ${share} of the limit`)
  // The limit is not held by keeping next to nothing.
  expect(cache.bytes()).toBeGreaterThan(limit / 2)
  expect(cache.has(`key-${count - 1}`)).toBe(true)
  expect(cache.check()).toMatchObject({ ok: true, problems: [] })
  return largest
}
