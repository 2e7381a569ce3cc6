import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { DiskCache } from 'holdfast'
import { expect, test } from 'vitest'
import { sequenceOf } from '../support/patterned.mjs'
import { seededRandom } from '../support/seeded-random.mjs'
import { sizeOf, valueFiles } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { patience, torture } from '../support/torture.ts'
import { until } from '../support/until.ts'
import { Worker } from '../support/worker.ts'

const kills = torture(25, 250)
const keys = 40
const store = { inlineBytes: 16_384 }

/** What a key may hold after the kill: sequence numbers of complete values, `undefined` for a miss. */
type Allowed = Map<string, (number | undefined)[]>

test('row 1: kill -9 at random moments leaves old values, new values or misses, and no file after one open', {
  timeout: patience,
}, async () => {
  const home = temporaryDirectory()
  const directory = join(home, 'store')
  const seed = Date.now() % 1_000_000
  const random = seededRandom(seed)
  const allowed: Allowed = new Map()
  for (let round = 0; round < kills; round += 1) {
    const log = join(home, `log-${round}`)
    const writer = new Worker('crash-writer.mjs', {
      ...{ directory, log, keys, store },
      seed: seed + round,
      firstSequence: round * 1_000_000,
    })
    // The first kills come while the store is being created, the others while it is written to.
    if (round % 5 > 0) await until('first call of the writer', 20_000, () => sizeOf(log) > 0)
    await delay(random() * 150)
    await writer.kill()
    expect(writer.errors).toBe('')
    replay(log, allowed)
    await inspect(directory, allowed, `seed ${seed}, kill ${round}`)
  }
})

/** Brings `allowed` up to date with the calls that the killed process noted. */
function replay(log: string, allowed: Allowed): void {
  let inFlight: { key: string; state: number | undefined } | undefined
  for (const line of sizeOf(log) > 0 ? readFileSync(log, 'utf8').split('\n') : []) {
    const [word, sequence, key, verb] = line.split(' ')
    if (word === 'start' && key !== undefined) {
      inFlight = { key, state: verb === 'delete' ? undefined : Number(sequence) }
    } else if (word === 'done' && inFlight) {
      allowed.set(inFlight.key, [inFlight.state])
      inFlight = undefined
    }
  }
  if (inFlight)
    allowed.set(inFlight.key, [...(allowed.get(inFlight.key) ?? [undefined]), inFlight.state])
}

/** Opens the store once and compares every key and every file with what may be there; no verb used here removes files. */
async function inspect(directory: string, allowed: Allowed, moment: string): Promise<void> {
  using cache = new DiskCache(directory, store)
  let expectedFiles = 0
  for (let index = 0; index < keys; index += 1) {
    const key = `key-${index}`
    const value = cache.get<Buffer>(key)
    const state = value === undefined ? undefined : (sequenceOf(key, value) ?? 'torn')
    expect(allowed.get(key) ?? [undefined], `${moment}: ${key}`).toContain(state)
    allowed.set(key, [state === 'torn' ? undefined : state])
    if (value !== undefined && value.length > store.inlineBytes) expectedFiles += 1
  }
  await until(`${moment}: ${expectedFiles} files left`, 1_000, () => {
    return valueFiles(directory).length === expectedFiles
  })
  const report = cache.check({ verify: true })
  expect(report.problems, moment).toEqual([])
  expect(report.ok).toBe(true)
}
