import { expect, it } from 'vitest'
import { planOf } from './plan.ts'
import { simulateSeed } from './simulate.ts'

/** The names of nodes are drawn anew each time, and nothing goes by them. */
function plain(log: readonly string[]): string[] {
  return log
    .map((line) => line.replaceAll(/"node":"[\w-]+"|[\w-]{12} (?=\d{13})/g, ''))
    .map(withoutNames)
}

function withoutNames(line: string): string {
  return line.replace(/= [\w-]{12} \d.*$/, '=').replace(/= .*"v":1.*$/, '= marks')
}

it.each([1, 7, 17, 42])('seed %i gives one history', async (seed) => {
  const first = await simulateSeed(seed, true)
  const second = await simulateSeed(seed, true)
  expect(first.log.length).toBeGreaterThan(100)
  expect(plain(second.log)).toEqual(plain(first.log))
})

it('another seed is another plan', () => {
  expect(planOf(1)).toEqual(planOf(1))
  expect(planOf(2)).not.toEqual(planOf(1))
})
