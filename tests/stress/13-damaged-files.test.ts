import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { DiskCache } from 'holdfast'
import { manualClock } from 'holdfast/testing'
import { describe, expect, test } from 'vitest'
import { sequenceOf } from '../support/patterned.mjs'
import { valueFiles } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { Worker } from '../support/worker.ts'

const size = 200_000
const clock = manualClock(Date.now())

/** What happens to the file of the key of that name. */
const damages: Record<string, (path: string) => void> = {
  truncated: (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  'shorter by a byte': (path) => truncateSync(path, statSync(path).size - 1),
  emptied: (path) => truncateSync(path, 0),
  deleted: (path) => rmSync(path),
  'noise of the same size': (path) => writeFileSync(path, randomBytes(statSync(path).size)),
  'altered in one byte': (path) => {
    const bytes = readFileSync(path)
    const middle = bytes.length >> 1
    bytes[middle] = (bytes[middle] ?? 0) ^ 1
    writeFileSync(path, bytes)
  },
}
const damaged = Object.keys(damages)

/** Each gives the value as the path delivers it, `undefined` for a miss. */
const paths: Record<string, (cache: DiskCache, key: string) => unknown> = {
  get: (cache, key) => cache.get(key),
  getEntry: (cache, key) => cache.getEntry(key)?.value,
  getMany: (cache, key) => cache.getMany([key]).get(key),
  'getMany of all': (cache, key) => cache.getMany([...damaged, 'spared']).get(key),
  getOrSet: (cache, key) => cache.getOrSet<unknown>(key, () => undefined),
  pop: (cache, key) => cache.pop(key),
  update: (cache, key) => {
    let old: unknown
    cache.update(key, (value) => {
      old = value
      return 'new'
    })
    return old
  },
  entries: (cache, key) => new Map(cache.entries()).get(key),
  'a get inside transact': (cache, key) => cache.transact(() => cache.get(key)),
  map: (cache, key) => cache.map(key)?.bytes,
}

describe('row 13: a damaged value file is a miss and a repair event, never short or wrong bytes', () => {
  for (const [path, read] of Object.entries(paths)) {
    test(`row 13: read by ${path}`, async () => {
      const directory = await damagedStore()
      const events: string[] = []
      using cache = open(directory, events)
      for (const key of damaged) {
        expect(read(cache, key), key).toBeUndefined()
        expect(events).toContain(`repair ${key}`)
      }
      if (path !== 'getOrSet' && path !== 'update') expectGone(cache)
      await expectSound(directory, cache)
    })
  }

  test('row 13: read as a stream', async () => {
    const directory = await damagedStore()
    using cache = open(directory)
    for (const key of damaged) {
      expect(await complete(cache.readStream(key)), key).toBe(false)
      expect(cache.get(key), key).toBeUndefined()
    }
    expectGone(cache)
    await expectSound(directory, cache)
  })

  test('row 13: found by check and repaired by check({ fix: true })', async () => {
    const directory = await damagedStore()
    using cache = open(directory)
    const report = cache.check({ verify: true })
    expect(report.ok).toBe(false)
    expect(report.problems.map(({ key }) => key)).toEqual(expect.arrayContaining(damaged))
    expect(report.problems.map(({ key }) => key)).not.toContain('spared')
    cache.check({ fix: true, verify: true })
    expectGone(cache)
    await expectSound(directory, cache)
  })
})

function open(directory: string, events: string[] = []): DiskCache {
  return new DiskCache(directory, {
    clock,
    onEvent: ({ type, key }) => events.push(`${type} ${String(key)}`),
  })
}

/** File values written by a process that is gone, so that nothing of them is in anybody's memory; all damaged but one. */
async function damagedStore(): Promise<string> {
  const directory = join(temporaryDirectory(), 'store')
  const keys = [...damaged, 'spared']
  await new Worker('set-files.mjs', { directory, size, keys }).exited
  expect(valueFiles(directory)).toHaveLength(keys.length)
  for (const [key, inflict] of Object.entries(damages)) inflict(fileOf(directory, key))
  return directory
}

function fileOf(directory: string, key: string): string {
  const label = Buffer.from(`${key}#`)
  const found = valueFiles(directory).find((path) => readFileSync(path).includes(label))
  if (found === undefined) throw new Error(`no file holds ${key}`)
  return found
}

/** A stream cannot take back what it gave, but it may not end as if all were well. */
async function complete(stream: Readable | undefined): Promise<boolean> {
  try {
    for await (const _ of stream ?? []);
    return stream !== undefined
  } catch {
    return false
  }
}

function expectGone(cache: DiskCache): void {
  for (const key of damaged) expect(cache.has(key), key).toBe(false)
  expect([...cache.keys()]).toEqual(['spared'])
  expect(cache.size).toBe(1)
}

/** The neighbour is as it was, and after the grace for readers the damaged files are gone like their rows. */
async function expectSound(directory: string, cache: DiskCache): Promise<void> {
  expect(sequenceOf('spared', cache.get('spared'))).toBe(damaged.length)
  await clock.advance(10_000)
  expect(valueFiles(directory)).toHaveLength(1)
  expect(cache.check({ verify: true })).toMatchObject({ ok: true, problems: [] })
}
