import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

/** Bytes of a number that says the time, as V8 boxes what `Date.now` returns. */
const time = 16

it('a hit in memory allocates what the clock and the promise need, and nothing else', () => {
  const program = join(import.meta.dirname, 'programs', 'allocation.mjs')
  const module = new URL('../../dist/index.js', import.meta.url).href
  // Collected garbage would be counted as never allocated: there is room for all of it.
  const args = ['--expose-gc', '--max-semi-space-size=256', program, module]
  const output = execFileSync(process.execPath, args, { encoding: 'utf8' })
  const report = JSON.parse(output) as Record<string, number>
  for (const form of ['plain', 'grace']) {
    const promise = report[`${form}: a promise`] ?? Number.NaN
    const most = {
      peek: 2 * time,
      'peek in a namespace': 2 * time,
      get: promise + 2 * time,
      getOrSet: promise + 2 * time,
    }
    for (const [verb, bytes] of Object.entries(most))
      expect(report[`${form}: ${verb}`], `${form}: ${verb}, bytes`).toBeLessThan(bytes + 8)
  }
})
