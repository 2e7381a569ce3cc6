// `npm run fuzz [-- --cases N] [--seed S] [--from N]`: frames that were tampered with, ten million of them. A case depends on the
// seed and its number alone, so what a failure prints repeats it.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root, run, runAsScript, ScriptError } from './project.mjs'

await runAsScript(import.meta.url, (args) => {
  const { seed, from, cases } = settings(args)
  const cache = join(root, '.cache')
  mkdirSync(cache, { recursive: true })
  const progressFile = join(cache, `fuzz-progress-${process.pid}`)
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  console.log(`fuzz: ${cases} cases of seed ${seed} from ${from}`)
  try {
    const code = run(
      process.execPath,
      [vitest, 'run', '--project', 'unit', 'tests/frame/fuzz.test.ts', '-t', 'ends as'],
      {
        env: {
          ...process.env,
          HOLDFAST_FUZZ_SEED: String(seed),
          HOLDFAST_FUZZ_FROM: String(from),
          HOLDFAST_FUZZ_CASES: String(cases),
          HOLDFAST_FUZZ_PROGRESS: progressFile,
        },
      },
    )
    // A crash of the process leaves nothing else that says where it was.
    if (code !== 0)
      console.error(`fuzz: failed. The last batch began with case ${lastBatch(progressFile)}.`)
    return code
  } finally {
    rmSync(progressFile, { force: true })
  }
})

function settings(args) {
  const options = { seed: { type: 'string' }, from: { type: 'string' }, cases: { type: 'string' } }
  try {
    const { values } = parseArgs({ args, options })
    return {
      seed: wholeNumber('seed', values.seed ?? Math.floor(Math.random() * 2 ** 32)),
      from: wholeNumber('from', values.from ?? 0),
      cases: wholeNumber('cases', values.cases ?? 10_000_000),
    }
  } catch (error) {
    if (error instanceof ScriptError) throw error
    throw new ScriptError(`fuzz: ${error.message}`, { cause: error })
  }
}

function wholeNumber(name, given) {
  const number = Number(given)
  if (!Number.isInteger(number) || number < 0 || number >= 2 ** 32)
    throw new ScriptError(
      `fuzz: --${name} takes a whole number from 0 to 4294967295, not '${given}'`,
    )
  return number
}

function lastBatch(file) {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').at(-1)
  } catch {
    return 'none'
  }
}
