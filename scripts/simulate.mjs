// `npm run simulate -- [--seeds N] [--first N] [--seed N] [--mutant NAME] [--log]`: lives through histories of several nodes,
// a bus and a shared tier in one process, with faults, and checks every read; see docs/concepts/simulator.md. `--seed` runs
// one, and `--log` prints the shortest history found that fails like it.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runnerImport } from 'vite'
import { root, runAsScript, ScriptError } from './project.mjs'

async function main(args) {
  const { first, log, mutant, seeds } = settings(args)
  const { campaign, report } = await load('campaign.ts')
  const run = mutant === undefined ? undefined : await planted(mutant)
  const start = performance.now()
  const { failed, ...done } = await campaign({
    first,
    count: seeds,
    ...(run === undefined ? {} : { most: 1, run }),
  })
  for (const [seed, violation] of failed) {
    console.log(`seed ${seed}: ${violation}`)
    if (log && run === undefined) console.log(`${await report(seed)}\n`)
    else console.log(`again: npm run simulate -- --seed ${seed} --log`)
  }
  const seconds = (performance.now() - start) / 1_000
  const rate = ((1_000 * seconds) / done.seeds).toFixed(1)
  console.log(
    `simulate: seeds ${first} to ${first + done.seeds - 1}, ${done.steps} steps, ${failed.length} failed, ${seconds.toFixed(1)} s (${rate} ms a seed)`,
  )
  return failed.length === 0 ? 0 : 1
}

/** Runs seeds over a cache with a bug. */
async function planted(name) {
  const { plant } = await load('plant.ts')
  const { planOf } = await load('plan.ts')
  const { mutants } = await load('mutants.ts')
  const { simulate } = await plant(name)
  return (seed) => simulate({ ...planOf(seed), ...mutants[name].plan })
}

/** Modules of the tests are TypeScript, which Node 20 does not run by itself. */
async function load(file) {
  const { module } = await runnerImport(join(root, 'tests', 'simulator', file), {
    root,
    configFile: false,
    logLevel: 'error',
  })
  return module
}

function settings(args) {
  const options = {
    seeds: { type: 'string', default: '10000' },
    first: { type: 'string', default: '1' },
    seed: { type: 'string' },
    mutant: { type: 'string' },
    log: { type: 'boolean', default: false },
  }
  try {
    const { values } = parseArgs({ args, options })
    const { log, mutant, seed } = values
    if (seed !== undefined) return { first: whole('seed', seed), seeds: 1, mutant, log }
    return { first: whole('first', values.first), seeds: whole('seeds', values.seeds), mutant, log }
  } catch (error) {
    if (error instanceof ScriptError) throw error
    throw new ScriptError(`simulate: ${error.message}`, { cause: error })
  }
}

function whole(name, text) {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number > 0) return number
  throw new ScriptError(`simulate: --${name} takes a whole number above 0`)
}

await runAsScript(import.meta.url, main)
