/** Timing of single operations, in microseconds, less what the clock itself costs. */
import { median } from './stats.mjs'

const now = performance.now.bind(performance)
let overhead = 0

/** Measures an empty operation through the same loop; later timings are reduced by it. */
export function calibrate() {
  overhead = 0
  const empty = () => undefined
  timeSync(20_000, empty)
  overhead = median(timeSync(20_000, empty))
  return overhead
}

/** Times `count` calls of a synchronous operation one by one. */
export function timeSync(count, operation) {
  const samples = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const start = now()
    operation(i)
    samples[i] = (now() - start) * 1000
  }
  return withoutOverhead(samples)
}

/** The same for an operation that returns a promise: one in flight at a time. */
export async function timeAsync(count, operation) {
  const samples = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const start = now()
    await operation(i)
    samples[i] = (now() - start) * 1000
  }
  return withoutOverhead(samples)
}

/** Times `count` calls with the loop that suits the subject. */
export function time(isAsync, count, operation) {
  return isAsync ? timeAsync(count, operation) : timeSync(count, operation)
}

function withoutOverhead(samples) {
  for (let i = 0; i < samples.length; i++) samples[i] = Math.max(0.001, samples[i] - overhead)
  return samples
}
