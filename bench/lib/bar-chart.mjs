/** Groups of horizontal bars as SVG text, in columns side by side. Looks as the line charts do. */
import { chartStyle } from './chart-style.mjs'
import { escapeXml, fixed, text } from './chart-text.mjs'

const WIDTH = 980
const MARGIN = 24
const TOP = 104
const NAMES = 150
const COLUMN_GAP = 16
/** Room for the label behind the longest bar. */
const LABEL = 74
const ROW = 17
const BAR = 11
const GROUP_HEAD = 30
const GROUP_GAP = 12

/**
 * @param spec.title, spec.subtitle, spec.footer lines of text
 * @param spec.columns their titles
 * @param spec.groups `{ title, rows: [{ name, bars: [{ share, label }] }] }`: a bar for each column, `share` from 0 to 1
 * @param spec.emphasis the name whose bars stand out
 */
export function barChart(spec) {
  const width = (WIDTH - 2 * MARGIN - NAMES) / spec.columns.length
  const columns = spec.columns.map((title, i) => ({ title, left: MARGIN + NAMES + i * width }))
  const longest = width - COLUMN_GAP - LABEL
  let y = TOP
  const groups = spec.groups.map((group) => {
    const drawn = drawGroup(group, { y, columns, longest, emphasis: spec.emphasis })
    y += GROUP_HEAD + group.rows.length * ROW + GROUP_GAP
    return drawn
  })
  const height = y + 34
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeXml(spec.title)}">`,
    chartStyle(),
    `<rect class="page" width="${WIDTH}" height="${height}" rx="10"/>`,
    text(MARGIN, 38, spec.title, 'title'),
    text(MARGIN, 60, spec.subtitle, 'small quiet'),
    ...columns.map(({ title, left }) => text(left, TOP - 10, title, 'strong')),
    ...groups,
    text(MARGIN, height - 16, spec.footer, 'small quiet'),
    '</svg>\n',
  ].join('\n')
}

function drawGroup({ title, rows }, { y, columns, longest, emphasis }) {
  const lines = rows.map(({ name, bars }, i) => {
    const base = y + GROUP_HEAD + i * ROW
    const isOurs = name === emphasis
    return [
      text(MARGIN + NAMES - 10, base + BAR, name, isOurs ? 'small strong' : 'small', 'end'),
      ...bars.map((bar, at) => drawBar(bar, { x: columns[at].left, y: base, longest, isOurs })),
    ].join('')
  })
  return [
    `<path class="grid" d="M${MARGIN} ${y}h${WIDTH - 2 * MARGIN}"/>`,
    text(MARGIN, y + 20, title, 'strong'),
    ...lines,
  ].join('\n')
}

/** The first colour of the palette for the emphasised one, the grey second for all others. */
function drawBar({ share, label }, { x, y, longest, isOurs }) {
  const width = fixed(Math.max(1, share * longest))
  const bar = `<rect class="m${isOurs ? 0 : 1}" stroke-width="0" x="${fixed(x)}" y="${fixed(y + 1)}" width="${width}" height="${BAR}"/>`
  return bar + text(x + width + 6, y + BAR, label, isOurs ? 'small strong' : 'small')
}
