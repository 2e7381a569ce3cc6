/**
 * Runs contestants in turns: a slice of each per round, in an order that changes every round, so
 * that a slow spell of the machine hits all of them alike. Compare within a round, then take the
 * median over the rounds.
 *
 * A contestant is `{ name, run(count), count? }`; `run` gives the latencies of `count` operations.
 * Without a `count`, a slice is sized to last `sliceMs`.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { mean, median, quantile, round } from './stats.mjs'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc')

/**
 * Garbage of one contestant must not be collected on the time of the next, so it is collected
 * before each slice; a tenth of a slice runs untimed, to warm the processor's caches again.
 *
 * @param contestants what takes part
 * @param options.rounds measured rounds
 * @param options.sliceMs how long a slice should last
 * @param options.warmMs how long a contestant runs before it is measured
 * @param options.minOps, options.maxOps bounds of the operations in a slice
 */
export async function interleave(contestants, options) {
  const { rounds, sliceMs, warmMs, minOps = 5, maxOps = 20_000 } = options
  const counts = new Map()
  for (const contestant of contestants) {
    counts.set(contestant, await warmUp(contestant, { sliceMs, warmMs, minOps, maxOps }))
  }
  const slices = new Map(contestants.map((contestant) => [contestant.name, []]))
  for (let turn = 0; turn < rounds; turn++) {
    for (const contestant of orderOf(contestants, turn)) {
      collectGarbage()
      if (contestant.count === undefined)
        await contestant.run(Math.ceil(counts.get(contestant) / 10))
      slices.get(contestant.name).push(await contestant.run(counts.get(contestant)))
    }
  }
  return slices
}

/**
 * Runs ever longer slices until the code is compiled and the caches are filled, then says how many
 * operations last a slice.
 */
async function warmUp(contestant, { sliceMs, warmMs, minOps, maxOps }) {
  let count = contestant.count ?? minOps
  let samples
  for (let spent = 0; spent < warmMs; ) {
    const start = performance.now()
    samples = await contestant.run(count)
    spent += performance.now() - start
    count = contestant.count ?? Math.min(maxOps, count * 3)
  }
  if (contestant.count !== undefined) return contestant.count
  const wanted = Math.round((sliceMs * 1000) / mean(samples))
  return Math.min(maxOps, Math.max(minOps, wanted))
}

function orderOf(contestants, turn) {
  const shift = turn % contestants.length
  const order = [...contestants.slice(shift), ...contestants.slice(0, shift)]
  return turn % 2 === 0 ? order : order.reverse()
}

/** `numerator / denominator` round by round, each reduced by `statistic` (the mean by default). */
export function ratioOf(numerator, denominator, statistic = mean) {
  const rounds = numerator.map((slice, i) => statistic(slice) / statistic(denominator[i]))
  return spread(rounds)
}

/** The median and the range of figures taken once a round. */
export function spread(rounds) {
  return {
    median: round(median(rounds)),
    min: round(Math.min(...rounds)),
    max: round(Math.max(...rounds)),
    rounds: rounds.length,
  }
}

export const p99 = (slice) => quantile(Float64Array.from(slice).sort(), 0.99)
export const worst = (slice) => slice.reduce((most, value) => Math.max(most, value), 0)
