/** The chart of the tiered benchmark: what a call takes, by subject. */
import { barChart } from '../lib/bar-chart.mjs'
import { duration } from '../lib/table.mjs'

const OURS = 'holdfast'

const COLUMNS = [
  { title: 'getOrSet, hit', op: 'getOrSet hit text' },
  { title: 'getOrSet, miss', op: 'getOrSet miss' },
  { title: '1,000 callers, each', op: 'stampede' },
]

/** Pairs of name and SVG. */
export function drawCharts({ machine, measurements }) {
  const columns = COLUMNS.map(({ op, title }) => ({
    title,
    timed: measurements.filter((each) => each.op === op && (each.entries ?? 1_000) === 1_000),
  }))
  if (columns.some(({ timed }) => timed.length < 2)) return []
  const names = columns[0].timed.map(({ subject }) => subject).filter((name) => name !== 'peek')
  const rows = names.map((name) => ({ name, bars: columns.map((column) => bar(column, name)) }))
  const svg = barChart({
    title: 'Loading caches: time of a call',
    subtitle:
      'Texts of 256 B in memory, medians. A shorter bar is faster; each column has its own scale.',
    columns: columns.map(({ title }) => title),
    groups: [{ title: '', rows }],
    emphasis: OURS,
    footer: `${machine.date} · Node ${machine.node} · ${machine.cpu}, ${machine.cores} cores`,
  })
  return [['calls', svg]]
}

function bar({ timed }, name) {
  const own = timed.find(({ subject }) => subject === name)
  const most = Math.max(...timed.map(({ p50 }) => p50))
  return { share: own.p50 / most, label: duration(own.p50) }
}
