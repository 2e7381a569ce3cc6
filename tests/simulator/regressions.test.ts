import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Plan, planOf } from './plan.ts'
import { simulate } from './simulate.ts'

interface Regression {
  /** What was wrong. */
  readonly why: string
  readonly plan: Plan
}

/** Plans that the cache once failed, as short as they could be made; JSON, in which `Infinity` is a string. */
const regressions = JSON.parse(
  readFileSync(join(import.meta.dirname, 'regressions.json'), 'utf8'),
  (_, value: unknown) => (value === 'Infinity' ? Number.POSITIVE_INFINITY : value),
) as readonly Regression[]

it.each(regressions)('a plan that failed: $why', async ({ plan }) => {
  const { violations } = await simulate(plan)
  expect(violations).toEqual([])
})

it('they are plans as they are made now', () => {
  const names = Object.keys(planOf(1)).sort()
  for (const { plan } of regressions) expect(Object.keys(plan).sort()).toEqual(names)
})
