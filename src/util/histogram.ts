import { invalidOption } from './options.ts'

/** Sub-buckets of each power of two, as a power of two: 2^5 = 32. */
const SUB_BITS = 5
/** The most by which a percentile exceeds what it stands for: 1/32. */
export const histogramError: number = 2 ** -SUB_BITS

/** What a {@link Histogram} tells apart; both ends are widened to powers of two. */
export interface HistogramOptions {
  /** Smaller values are told apart no more. Above 0. @default 2^-10, a microsecond where values are milliseconds */
  readonly lowest?: number | undefined
  /** Larger values are told apart no more. @default 2^40: a tebibyte, or 34 years in milliseconds */
  readonly highest?: number | undefined
}

/** What exporters need of a {@link Histogram}. */
export interface HistogramSnapshot {
  readonly count: number
  readonly sum: number
  /** 0 where nothing was recorded. */
  readonly min: number
  readonly max: number
  /** Ascending upper bounds (exclusive; the last may be `Infinity`), each with how many values lie below it and not below the one before. */
  readonly buckets: readonly (readonly [below: number, count: number])[]
}

/**
 * How values that are not negative (latencies, sizes) are distributed, in memory that does not grow: about 13 KiB with the
 * default range. Every power of two is divided into 32 buckets of equal width, as HdrHistogram does it (Tene,
 * https://hdrhistogram.github.io/HdrHistogram/), so a percentile is never too low and at most 1/32 too high. The
 * bucket of a value is the upper bits of its floating-point form, which are in the order of the values: recording is some
 * shifts and an addition, and allocates nothing.
 */
export class Histogram {
  readonly #counts: Float64Array
  readonly #first: number
  #count = 0
  #sum = 0
  #min = Number.POSITIVE_INFINITY
  #max = 0

  /** @throws HoldfastError `ERR_INVALID_OPTION`. */
  constructor({ lowest = 2 ** -10, highest = 2 ** 40 }: HistogramOptions = {}) {
    if (!(lowest >= Number.MIN_VALUE * 2 ** 52 && lowest < highest && highest < 2 ** 1023))
      throw invalidOption('histogram', `${lowest} to ${highest}`, 'a range above 0, lowest first')
    this.#first = bucketOf(powerBelow(lowest))
    // One more for what lies above the range.
    this.#counts = new Float64Array(bucketOf(powerAbove(highest)) - this.#first + 1)
  }

  get count(): number {
    return this.#count
  }

  get sum(): number {
    return this.#sum
  }

  /** Notes `value`. One that is negative (a clock was set back) or not finite counts as 0. */
  record(value: number): void {
    const known = Number.isFinite(value) ? Math.max(0, value) : 0
    const place = bucketOf(known) - this.#first
    const last = this.#counts.length - 1
    const index = Math.min(last, Math.max(0, place))
    this.#counts[index] = (this.#counts[index] as number) + 1
    this.#count += 1
    this.#sum += known
    if (known < this.#min) this.#min = known
    if (known > this.#max) this.#max = known
  }

  /**
   * A value that `share` (0 to 1) of the recorded ones do not exceed, and not above the largest. 0 where nothing was recorded.
   * Takes a few microseconds: it goes through the buckets.
   */
  percentile(share: number): number {
    const rank = Math.max(1, Math.ceil(Math.min(1, share) * this.#count))
    let seen = 0
    for (let index = 0; index < this.#counts.length; index += 1) {
      seen += this.#counts[index] as number
      if (seen >= rank) return Math.max(this.#min, Math.min(this.#max, this.#upper(index)))
    }
    return 0
  }

  /**
   * Adds what `other` has recorded.
   * @throws HoldfastError `ERR_INVALID_OPTION` where it has another range.
   */
  merge(other: Histogram): void {
    if (other.#first !== this.#first || other.#counts.length !== this.#counts.length)
      throw invalidOption('merge', 'a histogram of another range', 'one of the same range')
    for (let index = 0; index < this.#counts.length; index += 1)
      this.#counts[index] = (this.#counts[index] as number) + (other.#counts[index] as number)
    this.#count += other.#count
    this.#sum += other.#sum
    this.#min = Math.min(this.#min, other.#min)
    this.#max = Math.max(this.#max, other.#max)
  }

  /** Forgets everything. */
  reset(): void {
    this.#counts.fill(0)
    this.#count = 0
    this.#sum = 0
    this.#min = Number.POSITIVE_INFINITY
    this.#max = 0
  }

  snapshot(): HistogramSnapshot {
    const buckets: [number, number][] = []
    for (const [index, count] of this.#counts.entries())
      if (count > 0) buckets.push([this.#upper(index), count])
    const min = this.#count === 0 ? 0 : this.#min
    return { count: this.#count, sum: this.#sum, min, max: this.#max, buckets }
  }

  /** Values of the bucket lie below this. */
  #upper(index: number): number {
    if (index === this.#counts.length - 1) return Number.POSITIVE_INFINITY
    return startOf(this.#first + index + 1)
  }
}

const double = new Float64Array(1)
const halves = new Uint32Array(double.buffer)
/** Which half of a number has its exponent: the second on every machine that Node runs on but s390x. */
const high = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0
const SHIFT = 20 - SUB_BITS

/** The exponent of `value` and the upper bits of its mantissa, as one number. */
function bucketOf(value: number): number {
  double[0] = value
  return (halves[high] as number) >>> SHIFT
}

/** The smallest value of a bucket. */
function startOf(bucket: number): number {
  halves[1 - high] = 0
  halves[high] = bucket << SHIFT
  return double[0] as number
}

function powerBelow(value: number): number {
  return startOf((bucketOf(value) >>> SUB_BITS) << SUB_BITS)
}

function powerAbove(value: number): number {
  const below = powerBelow(value)
  return below === value ? value : below * 2
}
