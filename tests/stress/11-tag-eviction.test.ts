import { join } from 'node:path'
import { DiskCache } from 'holdfast'
import { expect, test } from 'vitest'
import { timingRetries } from '../support/retries.ts'
import { spinner } from '../support/spinner.ts'
import { valueFiles } from '../support/store-files.ts'
import { memoryDirectory } from '../support/temporary-directory.ts'
import { patience, torture } from '../support/torture.ts'
import { until } from '../support/until.ts'
import { Worker } from '../support/worker.ts'

const tag = 'doomed'
const doomed = torture(10_000, 50_000)
const added = torture(3_000, 30_000)
const kept = 1_000

test('row 11: evictTag while iterating and while another process adds 3,000 tagged entries counts exactly', {
  timeout: patience,
  retry: timingRetries,
}, async () => {
  const directory = join(memoryDirectory(), 'store')
  using cache = new DiskCache(directory)
  fill(cache)
  const adder = new Worker('tag-adder.mjs', { directory, tag, entries: added })
  await adder.next('ready')
  const control = await spinner()
  adder.send('go')
  const done = adder.next<{ added: number; worst: number }>('done')
  const mine = await evictWhileIterating(cache, done)
  const theirs = await done
  const pause = await control.stop()
  await adder.finish()
  console.log(JSON.stringify({ ...theirs, mine: { ...mine, seen: mine.seen.size }, pause }))

  expect(theirs.added).toBe(added)
  expect(mine.evicted + cache.evictTag(tag), 'evicted in all').toBe(doomed + added)
  expect(mine.seen.size, 'entries without the tag, each seen once a round').toBe(kept)
  expect(cache.size).toBe(kept)
  expect([...cache.keys()].filter((key) => !String(key).startsWith('kept-'))).toEqual([])
  expect(cache.list({ tag })).toEqual([])
  // Adding and stepping on wait for one batch of an eviction at most. `evictTag` itself takes as long as there are entries
  // to remove, in batches between which the others get their turn.
  expect(theirs.worst - pause, 'longest add, ms').toBeLessThanOrEqual(50)
  expect(mine.worst - pause, 'longest step of the iteration, ms').toBeLessThanOrEqual(50)
  await until(
    'the files of evicted entries are gone',
    20_000,
    () => valueFiles(directory).length === 10,
  )
  expect(cache.check({ verify: true })).toMatchObject({ ok: true, problems: [] })
})

/** Tagged and other entries in turns, some of both in files. */
function fill(cache: DiskCache): void {
  cache.transact(() => {
    for (let index = 0; index < doomed; index += 1) {
      cache.set(`doomed-${index}`, Buffer.alloc(index % 100 === 0 ? 100_000 : 100), { tag })
      if (index < kept) cache.set(`kept-${index}`, Buffer.alloc(index % 100 === 0 ? 100_000 : 100))
    }
  })
}

type Mine = { readonly evicted: number; readonly worst: number; readonly seen: ReadonlySet<string> }

/** Walks through the store again and again, evicting in the middle of each walk, until the other process is done. */
async function evictWhileIterating(cache: DiskCache, done: Promise<unknown>): Promise<Mine> {
  const seen = new Set<string>()
  let evicted = 0
  let worst = 0
  let running = true
  void done.finally(() => {
    running = false
  })
  while (running) {
    const walk = cache.keys()
    const thisWalk = new Set<unknown>()
    for (let step = 1; ; step += 1) {
      const start = performance.now()
      const next = walk.next()
      worst = Math.max(worst, performance.now() - start)
      if (next.done) break
      expect(thisWalk.has(next.value), `${String(next.value)} came twice`).toBe(false)
      thisWalk.add(next.value)
      if (String(next.value).startsWith('kept-')) seen.add(String(next.value))
      if (step % 400 === 0) evicted += cache.evictTag(tag)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { evicted, worst, seen }
}
