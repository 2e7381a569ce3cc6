/** Synchronous work in turns, recorded and compared. */
import { interleave } from '../lib/interleave.mjs'
import { timeSync } from '../lib/measure.mjs'
import { median } from '../lib/stats.mjs'

/** Keeps results alive, so that no call is optimised away. */
export const sink = { value: undefined }

/**
 * A contestant of a race.
 * @param operation a synchronous call; its result is kept.
 * @param per calls that are timed as one, for those too short for the clock: what is reported is still that of one call.
 */
export function contestant(name, operation, per = 1) {
  if (per === 1) return { name, run: (count) => timeSync(count, keep(operation)) }
  const several = () => {
    for (let i = 0; i < per; i++) sink.value = operation()
  }
  const run = (count) => timeSync(Math.ceil(count / per), several).map((us) => us / per)
  return { name, run }
}

function keep(operation) {
  return () => {
    sink.value = operation()
  }
}

/**
 * Runs them in turns and records each. The first is ours.
 * @param where fields by which the measurements are found again.
 * @param options.extra what else is recorded of a contestant, by name
 * @param options.isSlow whether a single call is all of a slice when there is little time
 * @returns `{ name, slices }` of each, in their order
 */
export async function race(context, where, contestants, options = {}) {
  const { extra = {}, isSlow = false, ...pace } = options
  const count = isSlow && context.flags.quick ? 1 : undefined
  const entrants = contestants.map((each) => ({ ...each, count }))
  const slices = await interleave(entrants, { ...context.pace, ...pace })
  return contestants.map(({ name }) => {
    const own = slices.get(name)
    context.results.measurement(where, name, own, extra[name])
    return { name, slices: own }
  })
}

/**
 * Compares the first of a race with all others, by their median calls: nothing here has a rare cost, such as a checkpoint,
 * but collected garbage, which all have. `bars` are by the peer's name.
 */
export function compareAll(context, title, [ours, ...peers], { basis = 'speed', bars = {} } = {}) {
  for (const peer of peers)
    compareMedians(context, { title, basis, ours, peer, bar: bars[peer.name] })
}

export function compareMedians({ results }, comparison) {
  results.compare({ ...comparison, statistic: median })
}

/** The median call of each round, in microseconds. */
export const typical = ({ slices }) => slices.map((slice) => median(slice))
