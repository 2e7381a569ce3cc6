/** The chart of the hit-rate benchmark: a bar for each policy and trace. */
import { barChart } from '../lib/bar-chart.mjs'

export function drawCharts({ machine, measurements }) {
  const footer = `${machine.date} · Node ${machine.node}`
  const kinds = [
    [
      'recorded',
      'Hit rates on recorded requests',
      'Traces of the cache2k benchmark suite, room for so many entries.',
    ],
    [
      'made',
      'Hit rates on made requests',
      'Loops, scans and changes: what single policies do badly.',
    ],
  ]
  return kinds
    .map(([kind, title, subtitle]) => {
      const own = measurements.filter((each) => each.kind === kind)
      return [kind, own.length === 0 ? undefined : draw(own, { title, subtitle, footer })]
    })
    .filter(([, svg]) => svg !== undefined)
}

function draw(own, texts) {
  const groups = [...new Set(own.map(({ trace }) => trace))].map((title) => ({
    title,
    rows: own
      .filter(({ trace }) => trace === title)
      .map(({ subject, rate }) => ({
        name: subject,
        bars: [{ share: rate / 100, label: `${rate.toFixed(2)} %` }],
      })),
  }))
  return barChart({
    ...texts,
    columns: ['share of requests that hit'],
    groups,
    emphasis: 'tinylfu',
  })
}
