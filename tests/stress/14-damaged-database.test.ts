import { createHash, randomBytes } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DiskCache } from 'holdfast'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../support/code-of.ts'
import { patterned, sequenceOf } from '../support/patterned.mjs'
import { filesUnder, logFile, sizeOf, valueFiles } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { Worker } from '../support/worker.ts'

const database = 'holdfast.db'
const entries = 500

const damages: Record<string, (directory: string) => Promise<void> | void> = {
  'its header destroyed': (directory) => overwrite(directory, randomBytes(100)),
  'its first page destroyed': (directory) => overwrite(directory, randomBytes(4_096)),
  'half of it cut off': (directory) => {
    const path = join(directory, database)
    truncateSync(path, Math.floor(statSync(path).size / 2))
  },
  'all but 50 bytes cut off': (directory) => truncateSync(join(directory, database), 50),
  'no byte left, beside value files': (directory) => truncateSync(join(directory, database), 0),
  'the log of a larger store beside it': async (directory) => {
    const other = join(temporaryDirectory(), 'other')
    await killedStore(other, 'theirs', 4 * entries)
    giveLog(other, directory)
  },
  // Its pages fit in everywhere: only what they say gives them away.
  'the log of a store of the same shape beside it': async (directory) => {
    const other = await closedStore('theirs')
    await killedStore(other, 'theirs', 20)
    giveLog(other, directory)
  },
}

describe('row 14: a destroyed database', () => {
  for (const [damage, inflict] of Object.entries(damages)) {
    test(`row 14: ${damage}: with onCorrupt 'recreate' it is set aside and a new one works within 2 s`, async () => {
      const directory = await closedStore()
      await inflict(directory)
      const damaged = readFileSync(join(directory, database))
      const events: string[] = []
      const start = performance.now()
      using cache = new DiskCache(directory, {
        onCorrupt: 'recreate',
        onEvent: ({ type }) => events.push(type),
      })
      expect(performance.now() - start, 'time to open, ms').toBeLessThan(2_000)
      expectNothingWrong(cache)
      cache.set('new', 'value')
      cache.set('new-file', patterned('new-file', 1, 100_000))
      expect(cache.get('new')).toBe('value')
      expect(sequenceOf('new-file', cache.get('new-file'))).toBe(1)
      expect(events).toContain('quarantine')
      expect(setAside(directory, damaged), 'the old file is kept').toBe(true)
      cache.check({ fix: true })
      expect(cache.check()).toMatchObject({ ok: true, problems: [] })
    })

    test(`row 14: ${damage}: without it, one coded error, and nothing is touched`, async () => {
      const directory = await closedStore()
      await inflict(directory)
      const before = snapshot(directory)
      for (let attempt = 0; attempt < 2; attempt += 1) {
        expect(codeOf(() => new DiskCache(directory))).toBe('ERR_CORRUPT')
        expect(snapshot(directory)).toEqual(before)
      }
    })
  }

  test('row 14: a zero-length database alone in its directory is a store being created', () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, database), '', { mode: 0o600 })
    using cache = new DiskCache(directory)
    cache.set('key', 'value')
    expect(cache.get('key')).toBe('value')
    expect(cache.check()).toMatchObject({ ok: true, problems: [] })
  })

  test('row 14: a log that is not one costs only what was in it', async () => {
    const directory = await closedStore()
    writeFileSync(logFile(directory), randomBytes(100_000), { mode: 0o600 })
    using cache = new DiskCache(directory)
    expect(cache.size).toBe(entries + 5)
    expectNothingWrong(cache)
    expect(cache.check({ verify: true })).toMatchObject({ ok: true, problems: [] })
  })
})

/**
 * Small entries and five files, all in the database itself and none in its log. Made by a process that is gone: a connection
 * of this one would keep SQLite's shared index of the log alive, and with it the knowledge that the log is empty.
 */
async function closedStore(name = 'mine'): Promise<string> {
  const directory = join(temporaryDirectory(), 'store')
  await new Worker('fill-mixed.mjs', { directory, name, entries, close: true }).exited
  expect(sizeOf(logFile(directory))).toBe(0)
  expect(valueFiles(directory)).toHaveLength(5)
  return directory
}

/** A store of a process that was killed, so that its log is still there. */
async function killedStore(directory: string, name: string, count: number): Promise<void> {
  const worker = new Worker('fill-mixed.mjs', { directory, name, entries: count })
  await worker.next('filled')
  await worker.kill()
}

/** A log that is sound in itself and belongs to another database: SQLite alone would mix the two. */
function giveLog(other: string, directory: string): void {
  expect(sizeOf(logFile(other))).toBeGreaterThan(10_000)
  copyFileSync(logFile(other), logFile(directory))
}

function overwrite(directory: string, bytes: Buffer): void {
  const file = openSync(join(directory, database), 'r+')
  writeSync(file, bytes, 0, bytes.length, 0)
  closeSync(file)
}

/** Whatever is found is one of the old values, complete and under its own key; a miss is as good. */
function expectNothingWrong(cache: DiskCache): void {
  for (let index = 0; index < entries; index += 1) {
    const key = `mine-${index}`
    expect([undefined, index]).toContain(sequenceOf(key, cache.get(key)))
  }
  expect([...cache.keys()].filter((key) => !String(key).startsWith('mine-'))).toEqual([])
}

function setAside(directory: string, damaged: Buffer): boolean {
  const others = filesUnder(directory).filter((path) => path !== join(directory, database))
  return others.some((path) => readFileSync(path).equals(damaged))
}

/** Fingerprints of the database and its log, and the names of all value files. */
function snapshot(directory: string): unknown {
  const paths = [join(directory, database), logFile(directory)]
  const prints = paths.map((path) => {
    return sizeOf(path) > 0 && createHash('sha256').update(readFileSync(path)).digest('hex')
  })
  return { prints, files: valueFiles(directory).sort() }
}
