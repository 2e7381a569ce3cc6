/** Plain text tables for the terminal. */

/** Columns are `{ title, align?: 'right' }`; rows are arrays of text. */
export function formatTable(columns, rows) {
  const widths = columns.map(({ title }, i) =>
    Math.max(title.length, ...rows.map((row) => String(row[i] ?? '').length)),
  )
  const line = (cells) =>
    cells
      .map((cell, i) => {
        const text = String(cell ?? '')
        return columns[i].align === 'right' ? text.padStart(widths[i]) : text.padEnd(widths[i])
      })
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return [line(columns.map(({ title }) => title)), rule, ...rows.map(line)].join('\n')
}

const RIGHT = { align: 'right' }
const COMPARISON_COLUMNS = [
  { title: 'row' },
  { title: 'ours : peer' },
  { title: 'measured', ...RIGHT },
  { title: 'range', ...RIGHT },
  { title: 'of p50s', ...RIGHT },
  { title: 'bar', ...RIGHT },
  { title: 'holds' },
  { title: 'ours p50 / p99 / max', ...RIGHT },
  { title: 'peer p50 / p99 / max', ...RIGHT },
]

/** The comparisons; those with a bar say whether it holds. A title is not repeated line by line. */
export function comparisonTable(comparisons) {
  const cells = comparisons.map(({ title, basis, value, atMedian, bar, holds, ours, peer }, i) => {
    const repeated = comparisons[i - 1]?.title === title
    return [
      repeated ? '' : title,
      peer === undefined ? ours.name : `${ours.name} : ${peer.name}`,
      `${number(value.median)}${unitOf(basis)}`,
      value.rounds > 1 ? `${number(value.min)} - ${number(value.max)}` : '',
      atMedian === undefined ? '' : `${number(atMedian)}x`,
      barText(bar, basis),
      { true: 'yes', false: 'NO' }[holds] ?? '',
      repeated && ours.name === comparisons[i - 1].ours.name ? '' : latencies(ours),
      latencies(peer),
    ]
  })
  const filled = COMPARISON_COLUMNS.map((_, i) => cells.some((row) => row[i] !== ''))
  return formatTable(
    COMPARISON_COLUMNS.filter((_, i) => filled[i]),
    cells.map((row) => row.filter((_, i) => filled[i])),
  )
}

function unitOf(basis) {
  return { speed: 'x speed', time: 'x time' }[basis] ?? ` ${basis}`
}

function barText(bar, basis) {
  if (bar === undefined) return ''
  const unit = basis === 'speed' || basis === 'time' ? 'x' : ` ${basis}`
  return bar.atLeast !== undefined ? `>= ${bar.atLeast}${unit}` : `<= ${bar.atMost}${unit}`
}

function latencies(summary) {
  if (summary?.p50 === undefined) return ''
  return [summary.p50, summary.p99, summary.max].map(duration).join(' / ')
}

/** Microseconds as people read them. */
export function duration(us) {
  if (!Number.isFinite(us)) return '-'
  if (us >= 1e6) return `${number(us / 1e6)} s`
  if (us >= 1e3) return `${number(us / 1e3)} ms`
  return `${number(us)} us`
}

export function number(value) {
  if (!Number.isFinite(value)) return '-'
  const size = Math.abs(value)
  const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2
  return value.toFixed(digits)
}
