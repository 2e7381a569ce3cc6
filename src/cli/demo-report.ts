import { formatBytes } from '../util/byte-size.ts'
import type { Pass } from './demo-pass.ts'
import type { Walk } from './demo-walk.ts'
import { formatCount, formatRatio, formatShare, formatTime } from './format.ts'
import { paintFor } from './paint.ts'
import { type Column, formatTable } from './table.ts'

/** Everything the demo measured. */
export interface DemoResult {
  readonly root: string
  readonly cacheDirectory: string
  readonly walk: Walk
  readonly walkMs: number
  /** In a process that has just opened the cache. */
  readonly first: Pass
  /** From a cache opened anew. */
  readonly second: Pass
  /** Once more with the same open cache. */
  readonly third: Pass
  /** This process and another at the same time, each with a cache opened anew; `ms` until both are done. */
  readonly both: { readonly own: Pass; readonly other: Pass; readonly ms: number }
  readonly store: { readonly entries: number; readonly bytes: number; readonly volume: number }
}

/** The time the results cost without a cache: measured by the first run if it computed all of them, else kept with them. */
function costMs({ first }: DemoResult): number {
  return first.fromCache === 0 ? first.ms : first.computeMs
}

/** One JSON object; times in milliseconds. */
export function jsonReport(result: DemoResult): string {
  const { walk, first, second, third, both, store } = result
  const later = laterRuns(result)
  return JSON.stringify(
    {
      directory: result.root,
      cacheDirectory: result.cacheDirectory,
      files: walk.files.length,
      fileBytes: walk.bytes,
      leftOut: { large: walk.large, unreadable: walk.unreadable, limited: walk.limited },
      listMs: result.walkMs,
      costMs: costMs(result),
      firstRun: summary(first),
      secondRun: summary(second),
      thirdRun: summary(third),
      twoProcesses: { ms: both.ms, processes: [summary(both.own), summary(both.other)] },
      hitRate: later.fromCache / later.files,
      speedUp: costMs(result) / second.ms,
      entries: store.entries,
      bytes: store.bytes,
      bytesOnDisk: store.volume,
    },
    null,
    2,
  )
}

function summary({ ms, fromCache, computed, unreadable }: Pass): object {
  return { ms, fromCache, computed, unreadable }
}

/** Text for people: what happened, where it is kept, what to try next. */
export function textReport(result: DemoResult): string {
  const paint = paintFor(process.stdout)
  const facts = factLines(result).map(([name, text]) => `${paint.dim(name.padEnd(10))} ${text}`)
  const next = nextSteps().map(([command, text]) => `  ${paint.cyan(command)}  ${text}`)
  return [
    paint.bold(headline(result)),
    '',
    formatTable(columns, runRows(result)),
    '',
    ...facts,
    '',
    'Try next',
    ...next,
  ].join('\n')
}

/** The sentence that says why it was slow or instant. */
function headline(result: DemoResult): string {
  const { fromCache, computed } = result.first
  const all = formatCount(fromCache + computed)
  if (fromCache === 0) {
    return `${all} results computed and kept; the second run took them from the cache, ${formatRatio(costMs(result) / result.second.ms)} faster.`
  }
  const kept = `${formatCount(fromCache)} of ${all} results came from the cache of an earlier run`
  return computed === 0 ? `${kept}.` : `${kept}, ${formatCount(computed)} computed now.`
}

const columns: readonly Column[] = [
  { title: 'run' },
  { title: 'time', align: 'right' },
  { title: 'from the cache', align: 'right' },
  { title: 'results/s', align: 'right' },
  { title: 'speed-up', align: 'right' },
]

function runRows(result: DemoResult): string[][] {
  const { first, second, third, both } = result
  const cost = costMs(result)
  const together = {
    ms: both.ms,
    fromCache: both.own.fromCache + both.other.fromCache,
    computed: both.own.computed + both.other.computed,
  }
  const firstName = first.fromCache === 0 ? 'first run: compute and store' : 'first run'
  return [
    ...(first.fromCache === 0
      ? []
      : [['computing them (kept with each)', formatTime(cost), '', '', '']]),
    row(firstName, first, first.fromCache === 0 ? undefined : cost),
    row('second run: cache opened anew', second, cost),
    row('third run: same process', third, cost),
    // Each process did the whole work once: twice the cost is what was saved.
    row('two processes at once', together, 2 * cost),
  ]
}

function row(
  name: string,
  { ms, fromCache, computed }: Pick<Pass, 'ms' | 'fromCache' | 'computed'>,
  cost: number | undefined,
): string[] {
  const all = fromCache + computed
  const speedUp = cost === undefined ? '' : formatRatio(cost / ms)
  const hits = `${formatCount(fromCache)} of ${formatCount(all)}`
  return [name, formatTime(ms), hits, formatCount(all / (ms / 1_000)), speedUp]
}

function laterRuns({ second, third, both }: DemoResult): { fromCache: number; files: number } {
  const passes = [second, third, both.own, both.other]
  const fromCache = passes.reduce((sum, pass) => sum + pass.fromCache, 0)
  return { fromCache, files: passes.reduce((sum, pass) => sum + pass.computed, fromCache) }
}

function factLines(result: DemoResult): [string, string][] {
  const { walk, store, both, first } = result
  const later = laterRuns(result)
  const each = `${formatTime(both.own.ms)} and ${formatTime(both.other.ms)}`
  return [
    [
      'files',
      `${formatBytes(walk.bytes)} listed in ${formatTime(result.walkMs)}, ${formatCount(first.tokens)} words`,
    ],
    ['hit rate', `${formatShare(later.fromCache, later.files)} after the first run`],
    ['processes', `${each} for the same ${formatCount(first.fromCache + first.computed)} results`],
    [
      'entries',
      `${formatCount(store.entries)} in ${formatBytes(store.bytes)}, ${formatBytes(store.volume)} on disk`,
    ],
    ['directory', result.cacheDirectory],
  ]
}

function nextSteps(): [string, string][] {
  const underNpm = process.env['npm_lifecycle_event'] === 'start'
  const command = underNpm ? 'npm start' : 'holdfast demo'
  const before = underNpm ? 'npm start --' : 'holdfast demo'
  const steps: [string, string][] = [
    [command, 'run it again: nothing is computed'],
    [`${before} DIR`, 'on a folder of yours'],
    [`${before} --fresh`, 'forget the results and begin anew'],
  ]
  const width = Math.max(...steps.map(([text]) => text.length))
  return steps.map(([text, why]) => [text.padEnd(width), why])
}
