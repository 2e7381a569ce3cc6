import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { DiskCache } from 'holdfast'
import { expect, test } from 'vitest'
import { sequenceOf } from '../support/patterned.mjs'
import { valueFiles } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { patience, torture } from '../support/torture.ts'
import { until } from '../support/until.ts'
import { Worker } from '../support/worker.ts'

type Written = { readonly acknowledged: Record<string, number>; readonly lost: number }

const duration = torture(4_000, 60_000)
const strangers = [
  'README.txt',
  'values/notes.txt',
  'values/ab/keep.me',
  'values/ab/.hidden',
  'shared/notes',
]

test('row 5: check({ fix: true }) in a loop beside a writer of file values loses none of them', {
  timeout: patience,
}, async () => {
  const directory = storeWithStrangers()
  const { acknowledged, lost } = await writeBeside(directory, 'check')
  expect(lost).toBe(0)

  using cache = new DiskCache(directory)
  for (const [key, sequence] of Object.entries(acknowledged)) {
    expect(sequenceOf(key, cache.get(key)), key).toBe(sequence)
  }
  await expectTidy(directory, cache)
})

test('row 5: clear() in a loop beside a writer of file values gives no error and no orphan', {
  timeout: patience,
}, async () => {
  const directory = storeWithStrangers()
  await writeBeside(directory, 'clear')

  using cache = new DiskCache(directory)
  for (const [key, value] of cache) {
    expect(sequenceOf(key as string, value), 'a complete value').toBeTypeOf('number')
  }
  await expectTidy(directory, cache)
})

/** Runs both processes at once; any error ends one of them and rejects here. */
async function writeBeside(directory: string, verb: 'check' | 'clear'): Promise<Written> {
  const verify = verb === 'check'
  const writer = new Worker('file-writer.mjs', { directory, keys: 60, verify })
  await writer.next('ready')
  const repeater = new Worker('repeat.mjs', { directory, verb })
  await repeater.next('ready')
  await delay(duration)
  const calls = await repeater.ask<number>('stop')
  const written = await writer.ask<Written>('stop')
  await Promise.all([writer.finish(), repeater.finish()])
  expect(calls).toBeGreaterThan(10)
  expect(Object.keys(written.acknowledged)).toHaveLength(60)
  return written
}

/** A store into which somebody has put files of his own, long ago. */
function storeWithStrangers(): string {
  const directory = join(temporaryDirectory(), 'store')
  new DiskCache(directory).close()
  const longAgo = new Date('2020-01-01')
  for (const name of strangers) {
    const path = join(directory, name)
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, name, { mode: 0o600 })
    utimesSync(path, longAgo, longAgo)
  }
  return directory
}

/** One file per entry and the strangers; replaced files go after a grace of 5 s. */
async function expectTidy(directory: string, cache: DiskCache): Promise<void> {
  const inValues = strangers.filter((name) => name.startsWith('values/')).length
  await until(`${cache.size} value files and ${inValues} others`, 20_000, () => {
    return valueFiles(directory).length === cache.size + inValues
  })
  for (const name of strangers) expect(readFileSync(join(directory, name), 'utf8')).toBe(name)
  expect(cache.check({ verify: true })).toMatchObject({ ok: true, problems: [] })
}
