/** The chart of the memory benchmark: median times of single calls. */
import { barChart } from '../lib/bar-chart.mjs'
import { duration } from '../lib/table.mjs'

export function drawCharts({ machine, measurements }) {
  const timed = measurements.filter(({ p50, op }) => p50 !== undefined && op !== 'expiry')
  if (timed.length === 0) return []
  const titleOf = ({ op, entries }) => `${op}, ${entries.toLocaleString('en')} entries`
  const groups = [...new Set(timed.map(titleOf))].map((title) => {
    const own = timed.filter((each) => titleOf(each) === title)
    const most = Math.max(...own.map(({ p50 }) => p50))
    const rows = own.map(({ subject, p50 }) => ({
      name: subject,
      bars: [{ share: p50 / most, label: duration(p50) }],
    }))
    return { title, rows }
  })
  const svg = barChart({
    title: 'The memory tier: single calls',
    subtitle: 'Median time of a call, random order: a shorter bar is faster.',
    columns: ['time'],
    groups,
    emphasis: 'tinylfu',
    footer: `${machine.date} · Node ${machine.node} · ${machine.cpu}, ${machine.cores} cores`,
  })
  return [['calls', svg]]
}
