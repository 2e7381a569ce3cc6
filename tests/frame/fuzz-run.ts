import { appendFileSync } from 'node:fs'
import { caseOf, type FuzzCase, FuzzFailure, type Outcome, run } from './fuzz-case.ts'
import type { CorpusFrame } from './fuzz-corpus.ts'
import { arePrototypes, collectGarbage, guarded, prototypes, Watchdog } from './fuzz-guard.ts'

export interface FuzzSettings {
  readonly seed: number
  /** Number of the first case. */
  readonly from: number
  readonly cases: number
  /** Where a run that crashes leaves how far it came. */
  readonly progressFile: string | undefined
}

export interface FuzzReport {
  /** How many cases ran, counted one by one. */
  readonly done: number
  readonly outcomes: ReadonlyMap<Outcome, number>
  readonly slowest: { readonly number: number; readonly milliseconds: number }
  /** Bytes by which the process grew. */
  readonly rss: number
  /** All of this in a few lines. */
  readonly text: string
}

/** Cases between two looks at what must not change. */
const batch = 1_000

const mebibyte = 2 ** 20

/** What an input may need, and one that is decompressed, which may grow a thousandfold. */
const plain = { fixed: 6 * mebibyte, ratio: 256 }
const compressed = { fixed: 6 * mebibyte, ratio: 1_100 }

/** @throws FuzzFailure, with all that repeats the case. */
export async function fuzz(
  frames: readonly CorpusFrame[],
  settings: FuzzSettings,
): Promise<FuzzReport> {
  const { seed, from, cases, progressFile } = settings
  const watchdog = new Watchdog(seed)
  const before = prototypes()
  const start = performance.now()
  const startRss = settledRss()
  const outcomes = new Map<Outcome, number>()
  let slowest = { number: from, milliseconds: 0 }
  let done = 0
  try {
    for (let number = from; number < from + cases; number += 1) {
      if (number % batch === 0) {
        if (progressFile !== undefined) appendFileSync(progressFile, `${number}\n`)
        // The other thread, and whoever waits for this one, need a turn.
        await new Promise(setImmediate)
      }
      watchdog.note(number)
      const { result, milliseconds } = runCase(frames, seed, number)
      outcomes.set(result, (outcomes.get(result) ?? 0) + 1)
      if (milliseconds > slowest.milliseconds) slowest = { number, milliseconds }
      done += 1
      const isBatchOver = done % batch === 0 || done === cases
      if (isBatchOver && !arePrototypes(before))
        throw new FuzzFailure(
          `seed ${seed}: a prototype was changed by one of the ${batch} cases up to ${number}`,
        )
    }
  } finally {
    await watchdog.stop()
  }
  const seconds = (performance.now() - start) / 1_000
  const rss = settledRss() - startRss
  const text = summary({ seed, from, done, seconds, rss, slowest, outcomes })
  return { done, outcomes, slowest, rss, text }
}

function runCase(frames: readonly CorpusFrame[], seed: number, number: number) {
  const fuzzCase = caseOf(frames, seed, number)
  const { of, input } = fuzzCase
  const size = input instanceof Uint8Array ? input.length : input.bytes.length + input.meta.length
  const isGrowing = of.fields.compression !== 0 && input instanceof Uint8Array
  try {
    return guarded(size, isGrowing ? compressed : plain, () => run(fuzzCase))
  } catch (error) {
    throw described(fuzzCase, seed, error)
  }
}

function described(fuzzCase: FuzzCase, seed: number, cause: unknown): FuzzFailure {
  const { number, of, how, input, reader } = fuzzCase
  const bytes = input instanceof Uint8Array ? input : Buffer.from(input.bytes)
  const lines = [
    cause instanceof Error ? cause.message : String(cause),
    `case ${number} of seed ${seed}: ${how} of '${of.name}', read as ${reader}`,
    `repeat it: npm run fuzz -- --seed ${seed} --from ${number} --cases 1`,
    `base64: ${bytes.toString('base64')}`,
  ]
  if (!(input instanceof Uint8Array))
    lines.push(
      `codec: ${input.codec}, version ${input.version}, meta ${Buffer.from(input.meta).toString('base64')}`,
    )
  return new FuzzFailure(lines.join('\n'), { cause })
}

/** Resident bytes after a garbage collection. */
function settledRss(): number {
  collectGarbage()
  collectGarbage()
  return process.memoryUsage.rss()
}

function summary(figures: {
  seed: number
  from: number
  done: number
  seconds: number
  rss: number
  slowest: { number: number; milliseconds: number }
  outcomes: ReadonlyMap<Outcome, number>
}): string {
  const { seed, from, done, seconds, rss, slowest, outcomes } = figures
  const counts = [...outcomes].sort((a, b) => b[1] - a[1])
  return [
    `fuzz: ${done} cases of seed ${seed} from ${from} in ${seconds.toFixed(1)} s (${((seconds / done) * 1e6).toFixed(0)} us each)`,
    `  slowest: case ${slowest.number}, ${slowest.milliseconds.toFixed(1)} ms; resident memory ${(rss / mebibyte).toFixed(1)} MiB more`,
    `  ${counts.map(([outcome, count]) => `${outcome} ${count}`).join(', ')}`,
  ].join('\n')
}
