/** Order statistics over latencies in microseconds. */

/** The value below which the share `q` (0 to 1) of the sorted samples lies. */
export function quantile(sorted, q) {
  if (sorted.length === 0) return Number.NaN
  const index = Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))
  return sorted[index]
}

export function median(values) {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  if (sorted.length === 0) return Number.NaN
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export function mean(values) {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

/** One array of all samples, ascending. */
export function mergeSorted(slices) {
  const merged = new Float64Array(slices.reduce((total, slice) => total + slice.length, 0))
  let offset = 0
  for (const slice of slices) {
    merged.set(slice, offset)
    offset += slice.length
  }
  return merged.sort()
}

/** What the tables print of a subject: the median, the tail, the worst and the mean. */
export function summarise(slices) {
  const sorted = mergeSorted(slices)
  return {
    count: sorted.length,
    p50: round(quantile(sorted, 0.5)),
    p99: round(quantile(sorted, 0.99)),
    max: round(sorted[sorted.length - 1]),
    mean: round(median(slices.map(mean))),
  }
}

/** Shares for the latency chart: dense towards the tail, as far as the samples reach. */
export const CURVE_SHARES = [
  0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9998, 0.9999,
]

export function curve(slices) {
  const sorted = mergeSorted(slices)
  return CURVE_SHARES.filter((share) => (1 - share) * sorted.length >= 1).map((share) => [
    share,
    round(quantile(sorted, share)),
  ])
}

export function round(value) {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : value
}
