// `npm test [-- vitest arguments]`: a fresh clone becomes ready, then unit and stress tests run. `--node24` runs them under
// Node 24, `--torture` in their long forms and with tests/torture. The last line has the true counts.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { build } from './build.mjs'
import { node24 } from './node24.mjs'
import { root, runAsScript, runWithin, ScriptError } from './project.mjs'
import { setUp } from './setup.mjs'

const minute = 60_000
const cache = join(root, '.cache')

async function main(args) {
  const ownFlags = ['--node24', '--torture']
  const flags = ownFlags.filter((flag) => args.includes(flag))
  const label = flags.map((flag) => flag.slice(2)).join('-') || 'default'
  const countsFile = join(cache, `test-counts-${label}.json`)
  mkdirSync(cache, { recursive: true })
  rmSync(countsFile, { force: true })
  const report = await attempt(async () => {
    setUp({ quiet: true })
    build({ quiet: true })
    const node = flags.includes('--node24') ? node24() : process.execPath
    return await runVitest(
      node,
      flags,
      args.filter((arg) => !ownFlags.includes(arg)),
    )
  })
  printReport(report)
  const { passed, failed, skipped } = report
  writeFileSync(countsFile, JSON.stringify({ passed, failed, skipped }))
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  return failed > 0 ? 1 : 0
}

/** What `work` reports; a failure before the first test counts as one failed test. */
async function attempt(work) {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error
    return { passed: 0, failed: 1, skipped: 0, skips: [], failures: [error.message], unhandled: [] }
  }
}

async function runVitest(node, flags, args) {
  const reportFile = join(cache, `test-report-${process.pid}.json`)
  const env = {
    ...process.env,
    // So that tests which start `node` by name, by process.execPath or by this variable all get the Node under test.
    PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`,
    HOLDFAST_NODE: node,
    // The other one, for what must be the same under both.
    ...(node === process.execPath ? {} : { HOLDFAST_OTHER_NODE: process.execPath }),
    HOLDFAST_TEST_REPORT: reportFile,
    ...(flags.includes('--torture') ? { HOLDFAST_TORTURE: '1' } : {}),
    // So that what one run answers from memory the other reads from the database.
    ...(flags.includes('--node24') ? { HOLDFAST_TEST_READS: 'cold' } : {}),
  }
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=./scripts/vitest-reporter.mjs']
  try {
    const code = await runWithin(limit(flags), node, [vitest, 'run', ...reporters, ...args], {
      env,
    })
    const report = readReport(reportFile)
    if (!report) throw new ScriptError(`test: vitest ended with code ${code} and left no report`)
    return judge(code, report)
  } finally {
    rmSync(reportFile, { force: true })
  }
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** Unattended, a run that hangs must end early enough for the rest to be reported. */
function limit(flags) {
  if (flags.includes('--torture')) return 24 * 60 * minute
  return process.env.CI ? 13 * minute : 30 * minute
}

/** Turns the ways in which a run fails without a failed test into a failure that is counted. */
function judge(code, report) {
  const { passed, failed } = report
  if (failed > 0) return report
  const complaint =
    passed === 0
      ? 'no test ran'
      : code === 0
        ? undefined
        : `every test passed, yet vitest ended with code ${code}`
  return complaint ? { ...report, failed: 1, failures: [complaint] } : report
}

function printReport({ skips, failures, unhandled }) {
  for (const { name, reason } of skips) console.log(`skipped: ${name} (${reason})`)
  for (const failure of failures) console.log(`failed: ${failure}`)
  for (const message of unhandled) console.log(`failed: an error outside of any test: ${message}`)
}

await runAsScript(import.meta.url, main)
