/** How much slower a big store is than a small one, against what raw SQLite loses in the same run. */
import { interleave, worst } from '../lib/interleave.mjs'
import { mean, median, round } from '../lib/stats.mjs'
import * as operations from './operations.mjs'
import { countLabel } from './single.mjs'

const SMALL = 1_000
const SIZE = 256
const LOSS_BAR = { atMost: 1.3 }
const STALL_BAR = { atMost: 50 }

export async function runGrowth(context) {
  const { million, quick } = context.flags
  const large = million ? 1_000_000 : quick ? 20_000 : 100_000
  if (!million)
    context.results.note(
      `growth is measured at ${countLabel(large)} entries; the bar is meant at 1 M (--million)`,
    )
  for (const op of ['get', 'set']) {
    context.progress(`growth of ${op}, ${countLabel(SMALL)} to ${countLabel(large)} entries`)
    await runGrowthOf(context, op, large)
  }
}

async function runGrowthOf(context, op, large) {
  const contestants = []
  for (const id of ['holdfast', 'rawSqlite']) {
    const subject = context.subjects[id]
    if (subject === undefined) return
    for (const entries of [SMALL, large]) {
      const store = { entries, size: SIZE }
      const path = await context.stores.filled(subject, store)
      const handle = await subject.open(path, id === 'holdfast' ? { hot: false } : undefined)
      const run = operations[op](handle, store, subject.isAsync)
      contestants.push({ name: `${subject.name} ${entries}`, handle, run })
    }
  }
  const slices = await interleave(contestants, context.pace)
  for (const { handle } of contestants) await handle.close()
  record(context, op, large, slices)
}

function record({ results }, op, large, slices) {
  const loss = (name) =>
    slices
      .get(`${name} ${large}`)
      .map((own, i) => mean(own) / mean(slices.get(`${name} ${SMALL}`)[i]))
  const ours = loss('holdfast')
  const raw = loss('raw SQLite')
  const what = `${op}, ${countLabel(SMALL)} to ${countLabel(large)} entries`
  results.figure({
    title: `growth of ${what}`,
    basis: 'time',
    value: ours.map((each, i) => each / raw[i]),
    bar: LOSS_BAR,
    ours: { name: `loss ${round(median(ours))}` },
    peer: { name: `raw ${round(median(raw))}` },
  })
  const longest = Math.max(...slices.get(`holdfast ${large}`).map(worst)) / 1000
  results.figure({
    title: `longest ${op}, ${countLabel(large)} entries`,
    basis: 'ms',
    value: [round(longest)],
    bar: STALL_BAR,
    ours: { name: 'holdfast' },
  })
}
