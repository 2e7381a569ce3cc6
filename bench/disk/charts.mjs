/** Which charts the measurements give. A chart without enough data is left out. */
import { lineChart } from '../lib/chart.mjs'
import { countLabel, sizeLabel } from './single.mjs'

const OURS = 'holdfast'
const MICROSECONDS = { label: 'µs per call, median (log scale)' }

/** Pairs of name and SVG. */
export function drawCharts(report) {
  const { machine, measurements } = report
  const footer =
    `${machine.date} · Node ${machine.node} (${machine.sqlite}) · ${machine.cpu}, ` +
    `${machine.cores} cores · ${machine.fileSystem}`
  const specs = {
    scaling: scaling(measurements),
    latency: latency(measurements),
    'value-size': valueSize(measurements),
    batch: batch(measurements),
    hot: hot(measurements),
  }
  return Object.entries(specs)
    .map(([name, spec]) => [name, { ...spec, panels: spec.panels.filter(hasData) }])
    .filter(([, { panels }]) => panels.length > 0)
    .map(([name, spec]) => [name, lineChart({ ...spec, footer, emphasis: OURS })])
}

const hasData = ({ series }) => series.some(({ points }) => points.length > 1)

function scaling(measurements) {
  const panel = (op, title) => {
    const chosen = measurements.filter((each) => each.op === op && each.size === 256)
    return {
      title,
      x: {
        label: 'entries in the store (log scale)',
        scale: 'log',
        ticks: ticksOf(chosen, 'entries', countLabel),
      },
      y: MICROSECONDS,
      series: seriesOf(chosen, 'entries', 'p50').filter(({ points }) => points.length > 1),
    }
  }
  return {
    title: 'Cost of a call as the store grows',
    subtitle:
      '256-byte values, random keys. Lower is better. Subjects measured at one size only are left out.',
    panels: [panel('get', 'get, without the hot set'), panel('set', 'set, a commit each')],
  }
}

function valueSize(measurements) {
  const panel = (op, title) => {
    const chosen = measurements.filter(
      (each) => each.op === op && (each.entries <= 1_000 || each.size > 256),
    )
    return {
      title,
      x: {
        label: 'bytes per value (log scale)',
        scale: 'log',
        ticks: ticksOf(chosen, 'size', sizeLabel),
      },
      y: MICROSECONDS,
      series: seriesOf(chosen, 'size', 'p50'),
    }
  }
  return {
    title: 'Cost of a call by value size',
    subtitle: 'Up to 1,000 entries, random keys, incompressible bytes. Lower is better.',
    panels: [panel('get', 'get, without the hot set'), panel('set', 'set, a commit each')],
  }
}

function batch(measurements) {
  const panel = (op, title) => {
    const chosen = measurements.filter((each) => each.op === op)
    return {
      title,
      x: {
        label: 'entries in a call (log scale)',
        scale: 'log',
        ticks: ticksOf(chosen, 'batch', countLabel),
      },
      y: { label: 'µs per entry, median (log scale)' },
      series: seriesOf(chosen, 'batch', 'p50'),
    }
  }
  return {
    title: 'Cost per entry by batch size',
    subtitle: '256-byte values, random keys, one transaction a call. Lower is better.',
    panels: [panel('setMany', 'setMany'), panel('getMany', 'getMany, without the hot set')],
  }
}

function hot(measurements) {
  const panel = (op, title) => {
    const chosen = measurements.filter((each) => each.op === op)
    return {
      title,
      x: {
        label: 'entries (log scale)',
        scale: 'log',
        ticks: ticksOf(chosen, 'entries', countLabel),
      },
      y: MICROSECONDS,
      series: seriesOf(chosen, 'entries', 'p50'),
    }
  }
  return {
    title: 'Cost of a hot get',
    subtitle: 'All entries within the budget, random keys, means of 16 calls. Lower is better.',
    panels: [
      panel('hot get', 'texts of 256 bytes'),
      panel('hot get frozen', "objects, share: 'frozen'"),
    ],
  }
}

/** The share of calls that took at most so long; the axis stretches the tail. */
function latency(measurements) {
  const nines = (share) => -Math.log10(1 - share)
  const ticks = [0.5, 0.9, 0.99, 0.999, 0.9999].map((share) => [nines(share), `${share * 100} %`])
  const panel = (op, title) => {
    const entries = Math.min(100_000, mostEntries(measurements, op))
    const chosen = measurements.filter(
      (each) => each.op === op && each.entries === entries && each.curve,
    )
    const series = chosen.map(({ subject, curve }) => ({
      name: subject,
      points: curve.map(([share, us]) => [nines(share), us]),
    }))
    return {
      title: `${title}, ${countLabel(entries)} entries`,
      x: { label: 'share of calls that took at most this long', scale: 'linear', ticks },
      y: { label: 'µs per call (log scale)' },
      series,
    }
  }
  return {
    title: 'Latency distribution',
    subtitle: '256-byte values, random keys. Lower is better; the right end is the tail.',
    panels: [panel('get', 'get, without the hot set'), panel('set', 'set, a commit each')],
  }
}

function mostEntries(measurements, op) {
  const own = measurements.filter((each) => each.op === op && each.curve)
  return own.reduce((most, { entries }) => Math.max(most, entries), 0)
}

function ticksOf(measurements, field, label) {
  const values = [...new Set(measurements.map((each) => each[field]))].sort((a, b) => a - b)
  return values.map((value) => [value, label(value)])
}

function seriesOf(measurements, x, y) {
  const names = [...new Set(measurements.map(({ subject }) => subject))]
  return names.map((name) => ({
    name,
    points: measurements
      .filter(({ subject }) => subject === name)
      .map((each) => [each[x], each[y]])
      .sort(([a], [b]) => a - b),
  }))
}
