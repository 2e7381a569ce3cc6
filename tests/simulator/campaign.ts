import { planOf } from './plan.ts'
import { type Result, shrink, simulate, simulateSeed } from './simulate.ts'

export interface Campaign {
  /** Seeds that were run. */
  readonly seeds: number
  readonly steps: number
  /** Seeds of which something was wrong, with what it was. */
  readonly failed: readonly (readonly [number, string])[]
}

export interface CampaignOptions {
  readonly first: number
  readonly count: number
  /** Stops at so many failures. @default 5 */
  readonly most?: number
  /** For another simulator than that of the sources as they are. */
  readonly run?: (seed: number) => Promise<Result>
}

/** Lives through the plans of `count` seeds from `first` on. */
export async function campaign(options: CampaignOptions): Promise<Campaign> {
  const { first, count, most = 5, run = simulateSeed } = options
  const failed: (readonly [number, string])[] = []
  let seeds = 0
  let steps = 0
  while (seeds < count && failed.length < most) {
    const seed = first + seeds
    const result = await run(seed)
    seeds += 1
    steps += result.steps
    const [violation] = result.violations
    if (violation !== undefined) failed.push([seed, violation])
  }
  return { seeds, steps, failed }
}

/** What somebody needs to see a failure again: the shortest history that was found, and the command. */
export async function report(seed: number): Promise<string> {
  const plan = await shrink(planOf(seed))
  const { log, violations } = await simulate(plan, true)
  return [
    `seed ${seed}: ${violations.join('\n  ')}`,
    ...log,
    `again: npm run simulate -- --seed ${seed} --log`,
  ].join('\n')
}
