/** `npm run bench -- hit-rate`: how often the policies of the memory tier have what is asked for. Counts, no times. */
import { describeMachine } from './lib/environment.mjs'
import { printReport, saveReport } from './lib/report.mjs'
import { Results } from './lib/results.mjs'
import { mean } from './lib/stats.mjs'
import { formatTable } from './lib/table.mjs'

const ROWS = { recorded: runRecorded, made: runMade }
export const rows = Object.keys(ROWS)

const POLICIES = ['tinylfu', 's3fifo', 'lru']
/** Points that the default policy may be below LRU in any row, and its mean over the recorded rows, in percent. */
const MOST_BELOW_LRU = 2.5
const LEAST_MEAN = 71.7
const MADE_ROOMS = [200, 2_000]

/** @param flags what `parseFlags` made of the command line */
export async function run(flags) {
  const results = new Results()
  const began = performance.now()
  const progress = (text) =>
    process.stderr.write(
      `${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${text}\n`,
    )
  for (const row of rows) {
    if (flags.only === undefined || flags.only.includes(row))
      await ROWS[row]({ flags, results, progress })
  }
  const { comparisons, measurements, notes } = results
  const report = {
    benchmark: 'hit-rate',
    machine: { ...describeMachine(), fileSystem: 'no files', sqlite: 'no SQLite' },
    seconds: Math.round((performance.now() - began) / 1000),
    options: { quick: flags.quick, only: flags.only ?? 'all' },
    comparisons,
    measurements,
    notes,
  }
  printRates(measurements)
  printReport(report)
  const { drawCharts } = await import('./hit-rate/charts.mjs')
  saveReport(report, { flags, charts: drawCharts(report) })
}

async function runRecorded({ flags, results, progress }) {
  const { RECORDED, readTrace } = await import('./hit-rate/traces.mjs')
  const { openLruCache, hitRate } = await import('./hit-rate/replay.mjs')
  const all = []
  for (const name of new Set(RECORDED.map(({ trace }) => trace))) {
    const { requests, missing } = readTrace(name)
    if (missing !== undefined) {
      results.note(missing)
      continue
    }
    for (const { room, lru } of RECORDED.filter(({ trace }) => trace === name)) {
      progress(`${name}, room for ${room}`)
      const shown = flags.quick ? requests.subarray(0, 500_000) : requests
      const rates = await replay(
        { kind: 'recorded', trace: `${name}, ${room}`, requests: shown, room },
        results,
      )
      all.push(rates)
      const isWhole = shown.length === requests.length
      const peer = hitRate(await openLruCache(room), shown)
      checkLru({ title: `${name}, ${room}`, rates, peer, known: isWhole ? lru : peer })
    }
  }
  if (all.length < RECORDED.length || flags.quick) return
  results.figure({
    title: 'mean of the recorded',
    basis: '%',
    value: [mean(all.map(({ tinylfu }) => tinylfu))],
    bar: { atLeast: LEAST_MEAN },
    ours: { name: 'tinylfu' },
  })
}

/** Whoever has another rate for LRU than is published has not replayed these requests. */
function checkLru({ title, rates, peer, known }) {
  const most = Math.max(Math.abs(rates.lru - known), Math.abs(peer - known))
  if (most > 0.006)
    throw new Error(`${title}: LRU has ${rates.lru} %, lru-cache ${peer} %, known are ${known} %`)
}

async function runMade({ flags, results, progress }) {
  const { madeTraces } = await import('./hit-rate/traces.mjs')
  for (const room of flags.quick ? MADE_ROOMS.slice(0, 1) : MADE_ROOMS) {
    progress(`made requests, room for ${room}`)
    for (const { name, requests } of madeTraces(room, room * 200))
      await replay({ kind: 'made', trace: `${name}, ${room}`, requests, room }, results)
  }
}

async function replay({ kind, trace, requests, room }, results) {
  const { openStore, hitRate } = await import('./hit-rate/replay.mjs')
  const rates = {}
  for (const subject of POLICIES) {
    const rate = hitRate(openStore(subject, room), requests)
    rates[subject] = rate
    results.measurements.push({ kind, trace, room, subject, rate })
  }
  results.figure({
    title: trace,
    basis: 'points',
    value: [rates.tinylfu - rates.lru],
    bar: { atLeast: -MOST_BELOW_LRU },
    ours: { name: 'tinylfu' },
    peer: { name: 'lru' },
  })
  return rates
}

function printRates(measurements) {
  const traces = [...new Set(measurements.map(({ trace }) => trace))]
  const columns = [
    { title: 'hit rate, %' },
    ...POLICIES.map((title) => ({ title, align: 'right' })),
  ]
  const lines = traces.map((name) => [
    name,
    ...POLICIES.map((policy) =>
      measurements
        .find(({ trace, subject }) => trace === name && subject === policy)
        .rate.toFixed(2),
    ),
  ])
  process.stdout.write(`\n${formatTable(columns, lines)}\n`)
}
