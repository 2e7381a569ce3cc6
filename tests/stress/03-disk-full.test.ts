import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DiskCache, HoldfastError } from 'holdfast'
import { expect, test } from 'vitest'
import { patterned, sequenceOf } from '../support/patterned.mjs'
import { valueFiles } from '../support/store-files.ts'
import { tmpfs } from '../support/tmpfs.ts'
import { patience, torture } from '../support/torture.ts'
import { until } from '../support/until.ts'

const sets = 800
const large = 60_000

test('row 3: on a full volume what was acknowledged stays readable, failures are coded, space is used again at once', {
  timeout: patience,
}, async (context) => {
  for (let run = 0; run < torture(1, 10); run += 1) {
    const volume = tmpfs(context, '12m')
    const directory = join(volume, 'store')
    const ballast = join(volume, 'ballast')
    writeFileSync(ballast, Buffer.alloc(2_000_000))
    const acknowledged = new Map<string, number>()
    {
      using cache = new DiskCache(directory)
      const refused = fill(cache, acknowledged)
      expect(refused, 'refused sets of 800').toBeGreaterThan(sets / 4)
      expectReadable(cache, acknowledged)
      rmSync(ballast)
      // No wait, no repair, no reopening: the very next sets succeed.
      for (let index = 0; index < 20; index += 1) {
        cache.set(`after-${index}`, patterned(`after-${index}`, index, large))
        acknowledged.set(`after-${index}`, index)
      }
      expectReadable(cache, acknowledged)
      await expectNoPartialFiles(directory, cache)
    }
    using reopened = new DiskCache(directory)
    expectReadable(reopened, acknowledged)
    await expectNoPartialFiles(directory, reopened)
  }
})

/** 800 sets over 500 keys, so that overwriting meets the full volume too. Returns how many were refused. */
function fill(cache: DiskCache, acknowledged: Map<string, number>): number {
  let refused = 0
  for (let index = 0; index < sets; index += 1) {
    const key = `key-${index % 500}`
    try {
      cache.set(key, patterned(key, index, index % 2 === 0 ? 300 : large))
      acknowledged.set(key, index)
    } catch (error) {
      refused += 1
      expect(error).toBeInstanceOf(HoldfastError)
      expect(error).toMatchObject({ code: 'ERR_NO_SPACE' })
    }
    // Right after the call as well: a failed overwrite must not have cost the value that was there.
    expect(sequenceOf(key, cache.get(key))).toBe(acknowledged.get(key))
  }
  return refused
}

function expectReadable(cache: DiskCache, acknowledged: Map<string, number>): void {
  for (const [key, sequence] of acknowledged) {
    expect(sequenceOf(key, cache.get(key)), key).toBe(sequence)
  }
  expect(cache.size).toBe(acknowledged.size)
}

/** Overwritten files go after a grace of 5 s. */
async function expectNoPartialFiles(directory: string, cache: DiskCache): Promise<void> {
  let expected = 0
  for (const [, value] of cache.entries()) {
    if ((value as Buffer).length === large) expected += 1
  }
  await until(`${expected} value files`, 20_000, () => valueFiles(directory).length === expected)
  expect(cache.check({ verify: true })).toMatchObject({ ok: true, problems: [] })
}
