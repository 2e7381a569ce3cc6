/** `npm run bench -- tiered`: the tiered cache beside caches that load, in one interleaved run. */
import { loadavg } from 'node:os'
import { Stores } from './disk/stores.mjs'
import { describeMachine, workDirectory } from './lib/environment.mjs'
import { calibrate } from './lib/measure.mjs'
import { printReport, saveReport } from './lib/report.mjs'
import { Results } from './lib/results.mjs'
import { loadSqlite } from './lib/sqlite-driver.mjs'
import { round } from './lib/stats.mjs'
import { drawCharts } from './tiered/charts.mjs'
import { runDisk } from './tiered/disk.mjs'
import { runGet, runHit, runPeek } from './tiered/hits.mjs'
import { runMiss, runSet, runStampede } from './tiered/loads.mjs'
import { runMany } from './tiered/many.mjs'
import { loadSubjects } from './tiered/subjects.mjs'
import { runTags } from './tiered/tags.mjs'

/** What `--only` takes, and what measures it. */
const ROWS = {
  peek: runPeek,
  hit: runHit,
  get: runGet,
  set: runSet,
  miss: runMiss,
  stampede: runStampede,
  many: runMany,
  tags: runTags,
  disk: runDisk,
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
  calibrate()
  const subjects = await loadSubjects((text) => results.note(text))
  const context = {
    ...{ flags, results, subjects },
    stores: new Stores(place.directory),
    pace: flags.quick
      ? { rounds: 5, sliceMs: 10, warmMs: 50 }
      : { rounds: 15, sliceMs: 30, warmMs: 200 },
    progress: (text) => process.stderr.write(`${seconds().padStart(5)} s  ${text}\n`),
  }
  const began = performance.now()
  for (const row of rows)
    if (flags.only === undefined || flags.only.includes(row)) await ROWS[row](context)

  const load = round(loadavg()[1])
  if (load > machine.cores * 0.75 + 0.5)
    results.note(
      `load average ${load} on ${machine.cores} cores: other work disturbed this run, trust no tail`,
    )
  const { comparisons, measurements, notes } = results
  const report = {
    benchmark: 'tiered',
    machine,
    seconds: Math.round((performance.now() - began) / 1_000),
    options: { quick: flags.quick, only: flags.only ?? 'all' },
    ...{ comparisons, measurements, notes },
  }
  printReport(report)
  saveReport(report, { flags, charts: drawCharts(report) })
}

const seconds = () => (performance.now() / 1_000).toFixed(0)
