import { describe, expect, it } from 'vitest'
import { campaign } from './campaign.ts'
import { mutants } from './mutants.ts'
import { planOf } from './plan.ts'
import { plant } from './plant.ts'

describe('a planted bug', () => {
  it.each(Object.entries(mutants))(
    '%s: is caught',
    async (name, { plan, within = 100 }) => {
      const { simulate } = await plant(name)
      const { failed, seeds } = await campaign({
        first: 1,
        count: within,
        most: 1,
        run: (seed) => simulate({ ...planOf(seed), ...plan }),
      })
      console.log(
        `'${name}': ${failed.length === 0 ? 'not caught' : 'caught'} within ${seeds} seeds`,
      )
      expect(failed).toHaveLength(1)
    },
    120_000,
  )
})

it('needs its place in the source', async () => {
  await expect(plant('nothing such')).rejects.toThrow('no such bug')
})
