// `node scripts/bench-readme.mjs`: puts the rows of bench/results/disk.json that have a bar, and the main rows beside other
// stores, into README.md between its bench marks.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './project.mjs'

const results = JSON.parse(readFileSync(join(root, 'bench', 'results', 'disk.json'), 'utf8'))
const path = join(root, 'README.md')
const [start, end] = ['<!-- bench:start -->', '<!-- bench:end -->']

/** Rows of other stores that a reader asks for first. */
const besideOthers = [
  'get, cold, 256 B, 100 k entries',
  'set, overwrite, 256 B, 100 k entries',
  'set, 256 B, 100 k entries',
  'set, 64 KiB, 500 entries',
]

function time(us) {
  if (us === undefined) return ''
  if (us >= 1e6) return `${(us / 1e6).toPrecision(3)} s`
  return us >= 1_000 ? `${(us / 1_000).toPrecision(3)} ms` : `${us.toPrecision(3)} us`
}

function times(subject) {
  return subject?.p50 !== undefined
    ? `${time(subject.p50)} / ${time(subject.p99)} / ${time(subject.max)}`
    : ''
}

function figure({ value, basis }) {
  const unit = { speed: 'x', time: 'x', share: '', ms: ' ms' }[basis] ?? ` ${basis}`
  return `${value.median.toPrecision(3)}${unit}`
}

function bar({ bar: { atLeast, atMost }, basis }) {
  const unit = { ms: ' ms', share: '' }[basis] ?? 'x'
  return atLeast === undefined ? `<= ${atMost}${unit}` : `>= ${atLeast}${unit}`
}

function peerName({ peer, ours }) {
  return peer?.name ?? ours?.name ?? ''
}

const rows = results.comparisons
const bars = rows
  .filter((row) => row.bar !== undefined)
  .map(
    (row) =>
      `| ${row.title} | ${peerName(row)} | ${figure(row)} | ${bar(row)} | ${row.holds ? 'yes' : '**no**'} | ${times(row.ours)} | ${times(row.peer)} |`,
  )
const others = rows
  .filter(
    (row) => row.bar === undefined && row.basis === 'speed' && besideOthers.includes(row.title),
  )
  .map(
    (row) =>
      `| ${row.title} | ${row.peer.name} | ${figure(row)} | ${times(row.ours)} | ${times(row.peer)} |`,
  )

const { machine } = results
const block = `${start}
Made by \`npm run bench -- disk\` on ${machine.date ?? ''}, Node ${machine.node}, ${machine.cpu}, ${machine.cores} cores,
stores in ${machine.fileSystem ?? 'tmpfs'}. Ratios are medians over interleaved rounds of one run; \`x\` of a speed is the
peer's time by ours (2x: twice as fast), of a time ours by the peer's. Times are p50 / p99 / maximum. Charts and all
figures are in [bench/results](bench/results).

| row | beside | measured | bar | holds | ours | theirs |
|---|---|---|---|---|---|---|
${bars.join('\n')}

Beside other stores (speed, 2x: twice as fast as they):

| row | store | measured | ours | theirs |
|---|---|---|---|---|
${others.join('\n')}
${end}`

const readme = readFileSync(path, 'utf8')
const [before, after] = [readme.indexOf(start), readme.indexOf(end) + end.length]
if (before < 0 || after < end.length) throw new Error('README.md has no bench marks')
writeFileSync(path, readme.slice(0, before) + block + readme.slice(after))
