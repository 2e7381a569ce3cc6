import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DiskCache } from 'holdfast'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { torture } from '../support/torture.ts'
import { Worker } from '../support/worker.ts'

type Done = { readonly squares: number[]; readonly distinct: number }

describe('row 17: 8 concurrent callers of one 300 ms function make it run once', () => {
  for (const verb of ['memoize', 'load']) {
    for (const processes of torture([1, 2], [1, 2, 8])) {
      test(`row 17: through ${verb}, in ${processes} process(es)`, async () => {
        for (let round = 0; round < torture(1, 20); round += 1) await callTogether(verb, processes)
      })
    }
  }
})

/** Eight callers, spread evenly over the processes, start together; all get the result of one run. */
async function callTogether(verb: string, processes: number): Promise<void> {
  const home = temporaryDirectory()
  const directory = join(home, 'store')
  const runs = join(home, 'runs')
  const callers = 8 / processes
  const workers = Array.from({ length: processes }, () => {
    return new Worker('memo-caller.mjs', { directory, runs, verb, callers })
  })
  await Promise.all(workers.map((worker) => worker.next('ready')))
  for (const worker of workers) worker.send('go')
  for (const worker of workers) {
    const { squares, distinct } = await worker.next<Done>('done')
    expect(squares).toEqual(Array.from({ length: callers }, () => 144))
    expect(distinct).toBe(callers)
  }
  expect(readFileSync(runs, 'utf8').trim().split('\n'), 'runs').toHaveLength(1)
  await Promise.all(workers.map((worker) => worker.finish()))

  using cache = new DiskCache(directory)
  expect(cache.size).toBe(1)
  expect(cache.check()).toMatchObject({ ok: true, problems: [] })
}
