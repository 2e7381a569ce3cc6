// `npm run check:coherence [-- --minutes N] [--processes N] [--seed S]`: real processes work on the same few keys and some are
// killed, and everything that they saw is checked; see tests/coherence. `--mutant NAME` plants a bug, `--widen NAME` a window in
// which bugs show, `--library DIR` takes another build.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { runnerImport } from 'vite'
import { build } from './build.mjs'
import { root, runAsScript, ScriptError } from './project.mjs'

const minute = 60_000

async function main(args) {
  const { minutes, processes, seed, mutant, widen, library } = settings(args)
  if (library === undefined) build({ quiet: true })
  const { checkCoherence } = await load('tests/coherence/driver.ts')
  const { fleetOf } = await load('tests/coherence/fleet.ts')
  const folder = resolve(library ?? join(root, 'dist'))
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
  const directory = mkdtempSync(join(parent, 'holdfast-coherence-'))
  const keep = join(root, '.cache', 'coherence', `seed-${seed}-${Date.now()}`)
  console.log(`coherence: ${minutes} minutes, ${processes} processes, seed ${seed}`)
  try {
    const result = await checkCoherence({
      directory,
      library: folder,
      build: await import(pathToFileURL(join(folder, 'index.js')).href),
      seed,
      fleet: fleetOf(processes),
      duration: minutes * minute,
      keep,
      onRound: progress(performance.now()),
      mutantOptions: { widen },
      ...(mutant === undefined ? {} : { mutant }),
    })
    for (const violation of result.violations) console.log(`\n${violation}`)
    if (result.violations.length > 0) console.log(`\nkept in ${keep}`)
    console.log(`coherence: ${told(result)} (seed ${seed})`)
    return result.violations.length === 0 ? 0 : 1
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Modules of the tests are TypeScript, which Node 20 does not run by itself. */
async function load(module) {
  const { module: loaded } = await runnerImport(join(root, module), {
    root,
    configFile: false,
    logLevel: 'error',
  })
  return loaded
}

/** Prints a line once a minute. */
function progress(start) {
  let next = start + minute
  return (result) => {
    if (performance.now() < next) return
    next += minute
    const minutes = Math.round((performance.now() - start) / minute)
    console.log(`coherence: minute ${minutes}: ${told(result)}`)
  }
}

function told({ operations, running, kills, rounds, violations }) {
  const rate = Math.round(operations / (running / 1_000))
  const number = (value) => value.toLocaleString('en-US')
  return `${number(operations)} operations in ${number(rounds)} rounds checked (${number(rate)} a second), ${number(kills)} kills, ${violations.length} violations`
}

function settings(args) {
  const options = {
    minutes: { type: 'string', default: '30' },
    processes: { type: 'string', default: '6' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    mutant: { type: 'string' },
    widen: { type: 'string', multiple: true, default: [] },
    library: { type: 'string' },
  }
  try {
    const { values } = parseArgs({ args, options })
    return {
      minutes: positive('minutes', Number(values.minutes)),
      processes: positive('processes', Math.floor(Number(values.processes))),
      seed: Math.floor(Number(values.seed)),
      mutant: values.mutant,
      widen: values.widen,
      library: values.library,
    }
  } catch (error) {
    if (error instanceof ScriptError) throw error
    throw new ScriptError(`check-coherence: ${error.message}`, { cause: error })
  }
}

function positive(name, number) {
  if (number > 0) return number
  throw new ScriptError(`check-coherence: --${name} takes a number above 0`)
}

await runAsScript(import.meta.url, main)
