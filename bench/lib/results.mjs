/** What the benchmark found: measurements per subject, and comparisons beside their bars. */

import { ratioOf, spread } from './interleave.mjs'
import { mean, median, summarise } from './stats.mjs'

/**
 * A bar is `{ atLeast }` or `{ atMost }`, a number; `basis` says what the figure is:
 * `speed` = the peer's time by ours (2x: twice as fast), `time` = ours by the peer's, or an absolute unit.
 */
export class Results {
  comparisons = []
  measurements = []
  notes = []

  note(text) {
    if (this.notes.includes(text)) return
    this.notes.push(text)
    process.stderr.write(`  note: ${text}\n`)
  }

  measurement(where, subject, slices, extra = {}) {
    const entry = { ...where, subject, ...summarise(slices), ...extra }
    this.measurements.push(entry)
    return entry
  }

  /** Compares two subjects round by round. `basis` is `speed` or `time`. */
  compare({ title, basis, ours, peer, bar, statistic = mean }) {
    const [over, under] = basis === 'speed' ? [peer, ours] : [ours, peer]
    this.figure({
      title,
      basis,
      value: ratioOf(over.slices, under.slices, statistic),
      atMedian: ratioOf(over.slices, under.slices, median).median,
      bar,
      ours: { name: ours.name, ...summarise(ours.slices) },
      peer: { name: peer.name, ...summarise(peer.slices) },
    })
  }

  /** Any figure beside a bar; `value` is `{ median, min, max, rounds }` or one number per round. */
  figure(row) {
    const value = Array.isArray(row.value) ? spread(row.value) : row.value
    this.comparisons.push({ ...row, value, holds: holds(value.median, row.bar) })
  }
}

function holds(value, bar) {
  if (bar === undefined) return undefined
  return bar.atLeast !== undefined ? value >= bar.atLeast : value <= bar.atMost
}
