import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { DiskCache } from 'holdfast'
import { manualClock } from 'holdfast/testing'
import { describe, expect, test } from 'vitest'
import { patterned, sequenceOf } from '../support/patterned.mjs'
import { sizeOf, valueFiles } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { patience, torture } from '../support/torture.ts'
import { until } from '../support/until.ts'
import { Worker } from '../support/worker.ts'

const keys = Array.from({ length: 10 }, (_, index) => `key-${index}`)
const size = 100_000

describe('row 2: a transaction over ten file values that does not commit changes nothing and leaves no file', () => {
  test('row 2: killed after some or all of its sets', { timeout: patience }, async () => {
    for (const stopAfter of torture([1, 5, 10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])) {
      const { directory, log } = storeOfTen()
      const writer = new Worker('transaction-writer.mjs', {
        ...{ directory, log, keys, size, stopAfter },
        firstSequence: 1,
      })
      await until('the writer is inside its transaction', 20_000, () => {
        return sizeOf(log) > 0 && readFileSync(log, 'utf8').includes('inside')
      })
      await writer.kill()
      using cache = new DiskCache(directory)
      expect(sequences(cache)).toEqual(keys.map(() => 0))
      await expectTenFiles(directory, cache)
    }
  })

  test('row 2: killed at a random moment of one transaction after the other', {
    timeout: patience,
  }, async () => {
    const { directory, home } = storeOfTen()
    for (let round = 0; round < torture(8, 80); round += 1) {
      const log = join(home, `log-${round}`)
      const firstSequence = 1 + round * 1_000_000
      const writer = new Worker('transaction-writer.mjs', {
        ...{ directory, log, keys, size, firstSequence },
      })
      await until('first transaction', 20_000, () => sizeOf(log) > 0)
      await delay(Math.random() * 60)
      await writer.kill()
      using cache = new DiskCache(directory)
      const found = sequences(cache)
      expect(new Set(found).size, `kill ${round}: ${found}`).toBe(1)
      expect(found[0]).toBeGreaterThanOrEqual(lastDone(log))
      await expectTenFiles(directory, cache)
    }
  })

  test('row 2: rolled back because its work throws', async () => {
    const { directory } = storeOfTen()
    using cache = new DiskCache(directory)
    const failure = new Error('the work failed')
    expect(() => {
      cache.transact(() => {
        overwriteAll(cache, 1)
        expect(sequences(cache)).toEqual(keys.map(() => 1))
        throw failure
      })
    }).toThrow(failure)
    expect(sequences(cache)).toEqual(keys.map(() => 0))
    await expectTenFiles(directory, cache)
  })

  test('row 2: an inner transaction rolled back inside one that commits', async () => {
    const { directory } = storeOfTen()
    const clock = manualClock(Date.now())
    using cache = new DiskCache(directory, { clock })
    cache.transact(() => {
      cache.set('key-0', patterned('key-0', 1, size))
      try {
        cache.transact(() => {
          overwriteAll(cache, 2)
          throw new Error('the inner work failed')
        })
      } catch {
        expect(sequences(cache)).toEqual([1, ...keys.slice(1).map(() => 0)])
      }
    })
    expect(sequences(cache)).toEqual([1, ...keys.slice(1).map(() => 0)])
    // The overwritten file of the outer transaction goes after a grace for its readers.
    await clock.advance(10_000)
    await expectTenFiles(directory, cache)
  })
})

/** A closed store with ten values in ten files. */
function storeOfTen(): { home: string; directory: string; log: string } {
  const home = temporaryDirectory()
  const directory = join(home, 'store')
  using cache = new DiskCache(directory)
  overwriteAll(cache, 0)
  expect(valueFiles(directory)).toHaveLength(10)
  return { home, directory, log: join(home, 'log') }
}

function overwriteAll(cache: DiskCache, sequence: number): void {
  for (const key of keys) cache.set(key, patterned(key, sequence, size))
}

function sequences(cache: DiskCache): (number | undefined)[] {
  return keys.map((key) => sequenceOf(key, cache.get(key)))
}

/** The last transaction that was acknowledged before the kill; 0 for none. */
function lastDone(log: string): number {
  const done = readFileSync(log, 'utf8').match(/^done \d+$/gm) ?? []
  return Number(done.at(-1)?.slice('done '.length) ?? 0)
}

/** A second covers the clean-up at open and after a rollback. */
async function expectTenFiles(directory: string, cache: DiskCache): Promise<void> {
  await until('exactly ten files', 1_000, () => valueFiles(directory).length === keys.length)
  expect(cache.check({ verify: true })).toMatchObject({ ok: true, problems: [], entries: 10 })
}
