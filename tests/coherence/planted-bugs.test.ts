import { join } from 'node:path'
import * as build from 'holdfast'
import { describe, expect, it } from 'vitest'
import { memoryDirectory } from '../support/temporary-directory.ts'
import { patience, torture } from '../support/torture.ts'
import { type CoherenceOptions, type CoherenceResult, checkCoherence } from './driver.ts'
import { fleetOf, watchers } from './fleet.ts'
import { hotSetMissing, hotSetMutants, plainMutants, windowsOf } from './mutants.mjs'

const library = join(import.meta.dirname, '..', '..', 'dist')

/** Whether it is caught depends on how processes meet: every bug gets this long, and is caught in a fraction of it. */
const longest = 80_000

/** Runs until something is found, at most `duration`. */
async function run(options: Partial<CoherenceOptions>): Promise<CoherenceResult> {
  const seed = Date.now() % 1_000_000
  console.log(`seed ${seed}`)
  return await checkCoherence({
    directory: memoryDirectory(),
    library,
    build,
    seed,
    fleet: fleetOf(4),
    duration: longest,
    round: 700,
    kills: 0.5,
    shards: [0],
    ...options,
  })
}

/** The others are caught as soon; all of them with every change would take longer than they are worth. */
const few = ['private cache', 'many reads']

describe('a bug that any store can have', () => {
  it.each(torture(few, Object.keys(plainMutants)))(
    '%s: is caught',
    { timeout: patience },
    async (mutant) => {
      const { violations } = await run({ mutant })
      expect(violations.length).toBeGreaterThan(0)
    },
  )
})

describe('a step of the hot set that is left out', () => {
  const missing = hotSetMissing(library)
  /** Few keys, few writers, and many who remember. */
  const setting = {
    fleet: watchers,
    objects: { plain: 3, counter: 0, pair: 1, expiring: 0 },
  } as const
  const mutants = Object.keys(hotSetMutants).map((mutant) => ({ mutant }))

  it.for(mutants)('$mutant: is caught', { timeout: patience }, async ({ mutant }, { skip }) => {
    if (missing !== undefined) skip(missing)
    const widen = windowsOf[mutant] ?? []
    const { violations } = await run({ ...setting, mutant, mutantOptions: { widen } })
    expect(violations.length).toBeGreaterThan(0)
  })

  it('is the cause: the same wide windows alone do no harm', {
    timeout: patience,
  }, async ({ skip }) => {
    if (missing !== undefined) skip(missing)
    const widen = [...new Set(Object.values(windowsOf).flat())]
    const result = await run({ ...setting, duration: 10_000, mutantOptions: { widen } })
    expect(result.violations.join('\n\n')).toBe('')
    expect(result.operations).toBeGreaterThan(1_000)
  })
})
