/**
 * Line charts as SVG text: panels side by side, one legend, logarithmic times. No script and no
 * outside font; colours follow the reader's light or dark scheme over a background of their own.
 */
import { decadeTicks, makeScale } from './chart-scale.mjs'
import { chartStyle, marker } from './chart-style.mjs'
import { escapeXml, fixed, text, verticalText } from './chart-text.mjs'

const WIDTH = 980
const MARGIN = 24
const PANEL_HEIGHT = 300
const PANEL_GAP = 36
const AXIS_LEFT = 62
const AXIS_BOTTOM = 58
const LEGEND_LINE = 24
const TITLE_GAP = 30

/**
 * @param spec.title, spec.subtitle, spec.footer lines of text
 * @param spec.panels `{ title, x: { label, ticks: [[value, text]], scale: 'log' | 'linear' }, y: { label },
 *   series: [{ name, points: [[x, y]] }] }`; a name keeps its colour in all panels
 * @param spec.emphasis the name drawn with the heavy line
 */
export function lineChart(spec) {
  const names = [...new Set(spec.panels.flatMap(({ series }) => series.map(({ name }) => name)))]
  const legend = layOutLegend(names)
  const top = 84 + legend.lines * LEGEND_LINE
  const height = top + TITLE_GAP + PANEL_HEIGHT + AXIS_BOTTOM + 34
  const style = { names, emphasis: spec.emphasis }
  const width = (WIDTH - 2 * MARGIN - PANEL_GAP * (spec.panels.length - 1)) / spec.panels.length
  const panels = spec.panels.map((panel, i) => {
    const left = MARGIN + i * (width + PANEL_GAP)
    return drawPanel(
      panel,
      { left: left + AXIS_LEFT, top: top + TITLE_GAP, width: width - AXIS_LEFT - 8 },
      style,
    )
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeXml(spec.title)}">`,
    chartStyle(),
    `<rect class="page" width="${WIDTH}" height="${height}" rx="10"/>`,
    text(MARGIN, 38, spec.title, 'title'),
    text(MARGIN, 60, spec.subtitle, 'quiet'),
    ...legend.items.map((item) => drawLegendItem(item, style)),
    ...panels,
    text(MARGIN, height - 16, spec.footer, 'small quiet'),
    '</svg>\n',
  ].join('\n')
}

function layOutLegend(names) {
  let x = MARGIN
  let line = 0
  const items = names.map((name, index) => {
    const width = 58 + textWidth(name)
    if (x + width > WIDTH - MARGIN) {
      x = MARGIN
      line++
    }
    const item = { name, index, x, y: 84 + line * LEGEND_LINE }
    x += width
    return item
  })
  return { items, lines: line + 1 }
}

/** About the width of a sans-serif text of 14 px. */
function textWidth(content) {
  return [...content].reduce((sum, char) => sum + (/[filjtrI .:()]/.test(char) ? 4.4 : 8), 0)
}

function drawLegendItem({ name, index, x, y }, { emphasis }) {
  const heavy = name === emphasis ? ' heavy' : ''
  return [
    `<path class="line s${index}${heavy}" d="M${x} ${y}h26"/>`,
    marker(index, x + 13, y, name === emphasis),
    text(x + 32, y + 4, name, name === emphasis ? 'strong' : ''),
  ].join('')
}

function drawPanel(panel, box, style) {
  const values = panel.series.flatMap(({ points }) => points.map(([, y]) => y))
  const yTicks = decadeTicks(Math.min(...values), Math.max(...values))
  const bottom = box.top + PANEL_HEIGHT
  const x = makeScale(panel.x.scale, rangeOf(panel.x.ticks), [
    box.left + 10,
    box.left + box.width - 10,
  ])
  const y = makeScale('log', yTicks.range, [bottom, box.top])
  return [
    text(box.left - AXIS_LEFT, box.top - 18, panel.title, 'strong'),
    ...yTicks.all.map(({ value, label }) => drawYTick(box, y(value), label)),
    ...panel.x.ticks.map(([value, label]) => drawXTick(x(value), bottom, label)),
    `<path class="axis" d="M${box.left} ${bottom}h${box.width}"/>`,
    text(box.left + box.width / 2, bottom + 44, panel.x.label, 'small quiet', 'middle'),
    verticalText(box.left - 50, box.top + PANEL_HEIGHT / 2, panel.y.label),
    ...ordered(panel.series, style).map((series) => drawSeries(series, { x, y }, style)),
  ].join('\n')
}

/** The emphasised series last, so that it lies on top. */
function ordered(series, { emphasis }) {
  return [...series].sort((a, b) => Number(a.name === emphasis) - Number(b.name === emphasis))
}

function drawSeries({ name, points }, { x, y }, { names, emphasis }) {
  const index = names.indexOf(name)
  const isOurs = name === emphasis
  const places = points.map(([px, py]) => [fixed(x(px)), fixed(y(py))])
  const path = places.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${px} ${py}`).join('')
  const markers = places.map(([px, py]) => marker(index, px, py, isOurs))
  return `<path class="line s${index}${isOurs ? ' heavy' : ''}" d="${path}"/>${markers.join('')}`
}

function drawYTick(box, y, label) {
  const line = `<path class="${label === undefined ? 'grid faint' : 'grid'}" d="M${box.left} ${fixed(y)}h${box.width}"/>`
  return label === undefined ? line : line + text(box.left - 8, y + 4, label, 'small', 'end')
}

function drawXTick(x, bottom, label) {
  return `<path class="axis" d="M${fixed(x)} ${bottom}v5"/>${text(x, bottom + 21, label, 'small', 'middle')}`
}

const rangeOf = (ticks) => [ticks[0][0], ticks.at(-1)[0]]
