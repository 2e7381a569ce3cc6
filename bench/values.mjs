/** `npm run bench -- values`: codecs, frames, compression, encryption and signing, beside what else does the same. */
import { loadavg } from 'node:os'
import { describeMachine, workDirectory } from './lib/environment.mjs'
import { calibrate } from './lib/measure.mjs'
import { printReport, saveReport } from './lib/report.mjs'
import { Results } from './lib/results.mjs'
import { loadSqlite } from './lib/sqlite-driver.mjs'
import { round } from './lib/stats.mjs'
import { formatTable } from './lib/table.mjs'

/** What `--only` takes, and what measures it; loaded late, when `dist/` is there. */
const ROWS = {
  objects: async () => (await import('./values/objects.mjs')).runObjects,
  frame: async () => (await import('./values/frame.mjs')).runFrame,
  arrays: async () => (await import('./values/arrays.mjs')).runArrays,
  tables: async () => (await import('./values/tables.mjs')).runTables,
  encryption: async () => (await import('./values/secrets.mjs')).runEncryption,
  signing: async () => (await import('./values/secrets.mjs')).runSigning,
  store: async () => (await import('./values/store.mjs')).runStore,
}
export const rows = Object.keys(ROWS)

/** @param flags what `parseFlags` made of the command line */
export async function run(flags) {
  const results = new Results()
  const place = workDirectory(flags.dir)
  const machine = {
    ...describeMachine(),
    fileSystem: place.fileSystem,
    sqlite: (await loadSqlite()).name,
  }
  results.note(
    `files in ${place.fileSystem}${flags.dir ? '' : ' (--dir DIR for another file system)'}`,
  )
  results.note(`the clock costs ${round(calibrate() * 1000)} ns a call, subtracted`)
  results.note('stores have hot: false; texts are not turned into bytes, but by what says so')
  const context = {
    flags,
    results,
    directory: place.directory,
    pace: flags.quick
      ? { rounds: 5, sliceMs: 8, warmMs: 80 }
      : { rounds: 15, sliceMs: 30, warmMs: 200 },
    progress: (text) =>
      process.stderr.write(`${(performance.now() / 1000).toFixed(0).padStart(5)} s  ${text}\n`),
  }

  const began = performance.now()
  const wanted = rows.filter((row) => flags.only === undefined || flags.only.includes(row))
  for (const row of wanted) {
    const measure = await ROWS[row]()
    await measure(context)
  }
  const seconds = Math.round((performance.now() - began) / 1000)
  noteLoad(results, machine.cores)

  const { comparisons, measurements, notes } = results
  const options = { quick: flags.quick, only: flags.only ?? 'all' }
  const report = {
    benchmark: 'values',
    machine,
    seconds,
    options,
    comparisons,
    measurements,
    notes,
  }
  if (wanted.includes('objects')) await printObjects(measurements)
  printReport(report)
  const { drawCharts } = await import('./values/charts.mjs')
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

async function printObjects(measurements) {
  const { objectRows } = await import('./values/objects.mjs')
  const right = { align: 'right' }
  const columns = [
    { title: 'objects, p50' },
    { title: 'codec' },
    { title: 'encode, us', ...right },
    { title: 'decode, us', ...right },
    { title: 'bytes', ...right },
  ]
  process.stdout.write(`\n${formatTable(columns, objectRows(measurements))}\n`)
}
