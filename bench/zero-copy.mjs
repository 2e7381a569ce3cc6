/** `npm run bench -- zero-copy`: one row, two columns or one element of large files, mapped, beside reading them whole. */
import { tmpdir } from 'node:os'
import { describeMachine, workDirectory } from './lib/environment.mjs'
import { calibrate } from './lib/measure.mjs'
import { printReport, saveReport } from './lib/report.mjs'
import { Results } from './lib/results.mjs'
import { loadSqlite } from './lib/sqlite-driver.mjs'
import { round } from './lib/stats.mjs'
import { prepare } from './zero-copy/child.mjs'
import { runFlat } from './zero-copy/flat.mjs'
import { runMemory } from './zero-copy/memory.mjs'
import { runOpen } from './zero-copy/open.mjs'

/** What `--only` takes, and what measures it. */
const ROWS = { open: runOpen, memory: runMemory, flat: runFlat }
export const rows = Object.keys(ROWS)

/** @param flags what `parseFlags` made of the command line */
export async function run(flags) {
  const results = new Results()
  // Not in memory by default: what is measured is files, and their pages in the page cache.
  const place = workDirectory(flags.dir ?? tmpdir())
  const machine = {
    ...describeMachine(),
    fileSystem: place.fileSystem,
    sqlite: (await loadSqlite()).name,
  }
  results.note(`files in ${place.fileSystem}, all of them in the page cache`)
  results.note(`the clock costs ${round(calibrate() * 1000)} ns a call, subtracted`)
  results.note('garbage is collected before each sample, outside of its time')
  results.note("holdfast with verify: 'never' and hot: false, where nothing else is said")
  const context = {
    results,
    directory: place.directory,
    /** Megabytes: of the files that are compared, and of those whose opening is. */
    ...(flags.quick
      ? { large: 30, sizes: [1, 10, 30] }
      : { large: 300, sizes: [1, 10, 100, 1000] }),
    rounds: flags.quick ? 3 : 7,
    progress: (text) =>
      process.stderr.write(`${(performance.now() / 1000).toFixed(0).padStart(5)} s  ${text}\n`),
  }

  const began = performance.now()
  context.progress('writing the files')
  await prepare(context)
  const wanted = rows.filter((row) => flags.only === undefined || flags.only.includes(row))
  for (const row of wanted) await ROWS[row](context)
  const seconds = Math.round((performance.now() - began) / 1000)

  const { comparisons, measurements, notes } = results
  const options = { quick: flags.quick, only: flags.only ?? 'all', large: context.large }
  const report = {
    benchmark: 'zero-copy',
    machine,
    seconds,
    options,
    comparisons,
    measurements,
    notes,
  }
  printReport(report)
  saveReport(report, { flags, charts: [] })
}
