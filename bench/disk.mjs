/** `npm run bench -- disk`: the embedded store beside its peers, in one interleaved run. */
import { loadavg } from 'node:os'
import { runBatch } from './disk/batch.mjs'
import { drawCharts } from './disk/charts.mjs'
import { runEviction } from './disk/eviction.mjs'
import { runGrowth } from './disk/growth.mjs'
import { runHot } from './disk/hot.mjs'
import { runInFlight } from './disk/in-flight.mjs'
import { runMap } from './disk/map.mjs'
import { runProcesses } from './disk/processes.mjs'
import { runPython } from './disk/python.mjs'
import { runSingle } from './disk/single.mjs'
import { Stores } from './disk/stores.mjs'
import { describeMachine, workDirectory } from './lib/environment.mjs'
import { calibrate } from './lib/measure.mjs'
import { printReport, saveReport } from './lib/report.mjs'
import { Results } from './lib/results.mjs'
import { loadSqlite } from './lib/sqlite-driver.mjs'
import { round } from './lib/stats.mjs'
import { loadSubjects } from './subjects/all.mjs'

/** What `--only` takes, and what measures it. */
const ROWS = {
  hot: runHot,
  get: runSingle,
  miss: runSingle,
  set: runSingle,
  delete: runSingle,
  object: runSingle,
  size: runSingle,
  map: runMap,
  batch: runBatch,
  async: runInFlight,
  growth: runGrowth,
  evict: runEviction,
  processes: runProcesses,
  python: runPython,
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
    `stores in ${place.fileSystem}${flags.dir ? '' : ' (--dir DIR for another file system)'}`,
  )
  results.note(`the clock costs ${round(calibrate() * 1000)} ns a call, subtracted`)
  const subjects = await loadSubjects((text) => results.note(text))
  const context = makeContext({ flags, results, place, subjects })

  const began = performance.now()
  for (const measure of chosen(context)) await measure(context)
  const seconds = Math.round((performance.now() - began) / 1000)

  noteLoad(results, machine.cores)

  const report = {
    benchmark: 'disk',
    machine,
    seconds,
    options: optionsOf(flags),
    ...plain(results),
  }
  printReport(report)
  saveReport(report, { flags, charts: drawCharts(report) })
}

/** Others on the machine make ratios wander, and tails meaningless. */
function noteLoad(results, cores) {
  const load = round(loadavg()[1])
  if (load > cores * 0.75 + 0.5) {
    results.note(
      `load average ${load} on ${cores} cores: other work disturbed this run, trust no tail`,
    )
  }
}

function makeContext({ flags, results, place, subjects }) {
  return {
    flags,
    results,
    subjects,
    stores: new Stores(place.directory),
    pace: flags.quick
      ? { rounds: 5, sliceMs: 10, warmMs: 50 }
      : { rounds: 15, sliceMs: 30, warmMs: 200 },
    wants: (row) => flags.only === undefined || flags.only.includes(row),
    progress: (text) => process.stderr.write(`${seconds().padStart(5)} s  ${text}\n`),
  }
}

/** Each measuring function once, though several rows may share it. */
function chosen(context) {
  return new Set(rows.filter((row) => context.wants(row)).map((row) => ROWS[row]))
}

const seconds = () => (performance.now() / 1000).toFixed(0)
const optionsOf = ({ quick, million, only }) => ({ quick, million, only: only ?? 'all' })
const plain = ({ comparisons, measurements, notes }) => ({ comparisons, measurements, notes })
