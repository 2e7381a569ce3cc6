import { Calls } from './calls.ts'
import { keys, type Operation, type Plan, planOf, type Step, spaces } from './plan.ts'
import { settle } from './scheduler.ts'
import { World } from './world.ts'

/** What became of a plan. */
export interface Result {
  readonly violations: readonly string[]
  /** What happened, if it was to be kept. */
  readonly log: readonly string[]
  readonly steps: number
}

const faults = new Set<string>(['crash', 'cutStore', 'cutBus', 'failCall', 'evict'])

/** Lives through a plan, then lets everything calm down, reads all there is, and closes everything. */
export async function simulate(plan: Plan, isLogged = false): Promise<Result> {
  const world = new World(plan, isLogged)
  const calls = new Calls(world)
  const { scheduler, violations } = world
  const onRejection = (error: unknown): void =>
    violations.add(`unhandled rejection: ${String(error)}`)
  process.on('unhandledRejection', onRejection)
  try {
    let last = 0
    for (const step of plan.steps) {
      // Nodes have joined the bus by then.
      scheduler.after(10 + step.at, () => {
        if (isFault(step)) world.apply(step)
        else calls.start(step)
      })
      last = step.at
    }
    // The first thing that is wrong ends the history.
    await scheduler.run(scheduler.now + last + 10, () => violations.isAny)
    if (!violations.isAny) await world.calm()
    for (const name of calls.open) violations.add(`has not ended: ${name}`)
    if (!violations.isAny) await readAll(world, calls)
    if (!violations.isAny) checkStats(world)
    if (!violations.isAny) await closeAll(world)
    await settle()
  } finally {
    process.off('unhandledRejection', onRejection)
  }
  return { violations: violations.all, log: world.history.lines, steps: plan.steps.length }
}

function isFault(step: Step): step is Exclude<Step, Operation> {
  return faults.has(step.do)
}

/** What every node, and one that has just begun, has of everything. */
async function readAll(world: World, calls: Calls): Promise<void> {
  const { nodes, plan, scheduler, violations } = world
  world.start(plan.nodes)
  await scheduler.run(scheduler.now + 10)
  for (let node = 0; node < nodes.length; node += 1)
    for (const space of spaces)
      for (const key of keys)
        for (const verb of ['get', 'getEntry'] as const)
          calls.start({ at: 0, node, space, key, do: verb })
  await scheduler.run(scheduler.now + 1_000, () => violations.isAny)
}

/** Loads are what loaders were asked for, where none was given up and none was had from another node. */
function checkStats({ nodes, plan, violations }: World): void {
  const isExact =
    plan.defaults.lock !== 'cluster' &&
    plan.steps.every(
      (step) =>
        !('call' in step) ||
        (step.call.abortAfter === undefined &&
          step.call.hardTimeout === undefined &&
          step.call.lock !== 'cluster'),
    )
  if (!isExact) return
  for (const node of nodes) {
    if (node === undefined) continue
    const { loads } = node.cache.stats()
    if (loads !== node.loads)
      violations.add(`${node.machine.name} counted ${loads} loads of ${node.loads}`)
  }
}

async function closeAll({ nodes, scheduler, violations }: World): Promise<void> {
  let left = 0
  for (const node of nodes) {
    if (node === undefined) continue
    left += 1
    node.cache.close().then(
      () => {
        left -= 1
      },
      (error: unknown) => violations.add(`close threw ${String(error)}`),
    )
  }
  await scheduler.run(scheduler.now + 10_000, () => left === 0)
  if (left > 0) violations.add(`close() of ${left} nodes has not ended`)
}

/** As {@link simulate} of the plan of `seed`. */
export async function simulateSeed(seed: number, isLogged = false): Promise<Result> {
  return await simulate(planOf(seed), isLogged)
}

/** The shortest plan, found by leaving out steps, of which something is still wrong. */
export async function shrink(plan: Plan): Promise<Plan> {
  let best = plan
  for (
    let size = Math.ceil(best.steps.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = best.steps.length - size; from >= 0; from -= size) {
      const steps = best.steps.filter((_, index) => index < from || index >= from + size)
      const shorter = { ...best, steps }
      const { violations } = await simulate(shorter)
      if (violations.length > 0) best = shorter
    }
  }
  return best
}
