/** `npm run bench -- memory`: the memory tier's store beside lru-cache, in one interleaved run. */
import { loadavg } from 'node:os'
import { describeMachine } from './lib/environment.mjs'
import { calibrate } from './lib/measure.mjs'
import { printReport, saveReport } from './lib/report.mjs'
import { Results } from './lib/results.mjs'
import { round } from './lib/stats.mjs'

/** What `--only` takes, and what measures it; loaded late, when `dist/` is there. */
const ROWS = {
  get: async () => (await import('./memory/operations.mjs')).runGet,
  set: async () => (await import('./memory/operations.mjs')).runSet,
  mixed: async () => (await import('./memory/operations.mjs')).runMixed,
  expiry: async () => (await import('./memory/expiry.mjs')).runExpiry,
  accounting: async () => (await import('./memory/accounting.mjs')).runAccounting,
}
export const rows = Object.keys(ROWS)

/** @param flags what `parseFlags` made of the command line */
export async function run(flags) {
  const results = new Results()
  const machine = { ...describeMachine(), fileSystem: 'no files', sqlite: 'no SQLite' }
  results.note(
    `the clock costs ${round(calibrate() * 1000)} ns a call; samples are means of 16 calls`,
  )
  const context = {
    flags,
    results,
    pace: flags.quick
      ? { rounds: 5, sliceMs: 10, warmMs: 80 }
      : { rounds: 15, sliceMs: 30, warmMs: 300 },
    progress: (text) =>
      process.stderr.write(`${(performance.now() / 1000).toFixed(0).padStart(5)} s  ${text}\n`),
  }
  const began = performance.now()
  for (const row of rows) {
    if (flags.only !== undefined && !flags.only.includes(row)) continue
    const measure = await ROWS[row]()
    await measure(context)
  }
  const seconds = Math.round((performance.now() - began) / 1000)
  noteLoad(results, machine.cores)
  const { comparisons, measurements, notes } = results
  const options = { quick: flags.quick, only: flags.only ?? 'all' }
  const report = {
    benchmark: 'memory',
    machine,
    seconds,
    options,
    comparisons,
    measurements,
    notes,
  }
  printReport(report)
  const { drawCharts } = await import('./memory/charts.mjs')
  saveReport(report, { flags, charts: drawCharts(report) })
}

/** Others on the machine make ratios wander, and tails meaningless. */
function noteLoad(results, cores) {
  const load = round(loadavg()[1])
  if (load > cores * 0.75 + 0.5)
    results.note(
      `load average ${load} on ${cores} cores: other work disturbed this run, trust no tail`,
    )
}
