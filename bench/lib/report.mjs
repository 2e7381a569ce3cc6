/** Prints the tables, writes the JSON and the charts. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { comparisonTable } from './table.mjs'

const RESULTS = fileURLToPath(new URL('../results/', import.meta.url))

export function printReport({ machine, seconds, comparisons, notes }) {
  const say = (text = '') => process.stdout.write(`${text}\n`)
  const { date, node, cpu, cores, fileSystem, sqlite } = machine
  say(`\n${date}, Node ${node}, ${sqlite}, ${cpu}, ${cores} cores, ${fileSystem}, ${seconds} s`)
  say('Medians of ratios, one per interleaved round. "x speed": higher is better; "x time": lower.')
  const barred = comparisons.filter(({ bar }) => bar !== undefined)
  const others = comparisons.filter(({ bar }) => bar === undefined)
  if (barred.length > 0) {
    say(`\nBeside their bars\n\n${comparisonTable(barred)}`)
    const held = barred.filter(({ holds }) => holds).length
    say(`\n${held} of ${barred.length} bars hold.`)
  }
  if (others.length > 0) say(`\nWithout a bar\n\n${comparisonTable(others)}`)
  if (notes.length > 0) say(`\nNotes\n\n${notes.map((note) => `- ${note}`).join('\n')}`)
}

/** A complete run replaces the results in the repository; any other goes to `partial/`, unkept. */
export function saveReport(report, { flags, charts }) {
  const isComplete = !flags.quick && flags.only === undefined
  const folder = isComplete ? RESULTS : join(RESULTS, 'partial')
  mkdirSync(folder, { recursive: true })
  const text = toJson(report)
  writeFileSync(join(folder, `${report.benchmark}.json`), text)
  if (flags.json !== undefined) writeFileSync(flags.json, text)
  for (const [name, svg] of charts)
    writeFileSync(join(folder, `${report.benchmark}-${name}.svg`), svg)
  process.stdout.write(
    `\nWrote ${charts.length + 1} files to bench/results/${isComplete ? '' : 'partial/'}\n`,
  )
}

/** One line per comparison and measurement: small, and a diff shows what changed. */
function toJson({ comparisons, measurements, ...head }) {
  const lines = (list) => list.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n')
  const top = JSON.stringify(head, null, 2).slice(0, -2)
  return `${top},\n  "comparisons": [\n${lines(comparisons)}\n  ],\n  "measurements": [\n${lines(measurements)}\n  ]\n}\n`
}
