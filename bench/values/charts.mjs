/** Charts of the values benchmark. One without enough data is left out. */
import { barChart } from '../lib/bar-chart.mjs'
import { lineChart } from '../lib/chart.mjs'
import { duration } from '../lib/table.mjs'

const OURS = 'holdfast'
const RAW_BYTES = 2 ** 20

/** Pairs of name and SVG. */
export function drawCharts({ machine, measurements }) {
  const footer = `${machine.date} · Node ${machine.node} · ${machine.cpu}, ${machine.cores} cores`
  return [
    ['objects', drawObjects(measurements, footer)],
    ['compression', drawCompression(measurements, footer)],
  ].filter(([, svg]) => svg !== undefined)
}

/** Bars by speed within a value: times of different values differ a thousandfold. */
function drawObjects(measurements, footer) {
  const own = measurements.filter(({ op, bytes }) => /^(en|de)code$/.test(op) && bytes > 0)
  if (own.length === 0) return undefined
  const groups = distinct(own, 'value').map((title) => {
    const rows = own.filter(({ value }) => value === title)
    return { title, rows: distinct(rows, 'subject').map((name) => objectRow(name, rows)) }
  })
  return barChart({
    title: 'Objects: speed of codecs',
    subtitle:
      'Encode and decode: a longer bar is faster; the longest is the fastest of its group. Left out: codecs that do not keep the value.',
    columns: ['encode', 'decode', 'size'],
    groups,
    emphasis: OURS,
    footer,
  })
}

function objectRow(name, rows) {
  const bars = ['encode', 'decode'].map((op) => {
    const timed = rows.filter((each) => each.op === op)
    const { p50 } = timed.find(({ subject }) => subject === name)
    const best = Math.min(...timed.map((each) => each.p50))
    return { share: best / p50, label: duration(p50) }
  })
  const { bytes } = rows.find(({ subject }) => subject === name)
  const most = Math.max(...rows.map((each) => each.bytes))
  return {
    name,
    bars: [...bars, { share: bytes / most, label: `${bytes.toLocaleString('en')} B` }],
  }
}

/** A line for each algorithm, from what it does with the elements as they are to what it does with them shuffled. */
function drawCompression(measurements, footer) {
  const [data] = distinct(
    measurements.filter(({ op }) => op === 'compress'),
    'value',
  )
  if (data === undefined) return undefined
  const panels = ['compress', 'decompress'].map((op) => ({
    title: `${op}, ${data}`,
    x: {
      label: 'stored size, % of the raw size',
      scale: 'linear',
      ticks: [0, 20, 40, 60, 80, 100].map((share) => [share, `${share} %`]),
    },
    y: { label: 'µs per MiB, median (log scale)' },
    series: distinct(measurements, 'algorithm').map((algorithm) => ({
      name: algorithm,
      points: measurements
        .filter((each) => each.op === op && each.value === data && each.algorithm === algorithm)
        .filter(({ subject }) => !subject.endsWith('alone'))
        .map(({ bytes, p50 }) => [(bytes / RAW_BYTES) * 100, p50])
        .sort(([a], [b]) => a - b),
    })),
  }))
  return lineChart({
    title: 'A Float64Array of 1 MiB, compressed',
    subtitle:
      'Size against time. The left end of each line is with its bytes shuffled, the right end without.',
    panels,
    footer,
  })
}

function distinct(entries, field) {
  return [...new Set(entries.map((each) => each[field]))].filter((value) => value !== undefined)
}
