import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '../support/seeded-random.mjs'
import { everyObject, objectsOf, type ProcessRole } from './fleet.ts'
import type { MutantOptions } from './mutants.mjs'
import { type Build, RoundCheck } from './round-check.ts'
import { Segment } from './segment.ts'

/** What is checked, and for how long. */
export interface CoherenceOptions {
  /** An empty directory for stores and logs. */
  readonly directory: string
  /** The build that is tested: the folder of its `index.js`. */
  readonly library: string
  /** The same, loaded. */
  readonly build: Build
  readonly seed: number
  readonly fleet: readonly ProcessRole[]
  /** Milliseconds in all. */
  readonly duration: number
  /** Shards of the stores, in turns: 0 is a `DiskCache`. @default [0, 3] */
  readonly shards?: readonly number[]
  /** Milliseconds with one store, before the next one begins anew. @default 60,000 */
  readonly segment?: number
  /** Milliseconds between two looks at what was recorded. @default 1,500 */
  readonly round?: number
  /** Kills in a round, about. @default 2 */
  readonly kills?: number
  readonly objects?: Parameters<typeof objectsOf>[0]
  /** A bug to plant in every process; see `mutants.mjs`. */
  readonly mutant?: string
  readonly mutantOptions?: MutantOptions
  /** Where logs go when something is wrong. @default nowhere */
  readonly keep?: string
  /** Told after every round. */
  readonly onRound?: (result: CoherenceResult) => void
}

/** What was found. */
export interface CoherenceResult {
  /** Calls that were checked; one on several objects counts for each. */
  operations: number
  rounds: number
  /** Processes that ended by `kill -9`. */
  kills: number
  /** Milliseconds in which the clients ran: without those in which the checker did. */
  running: number
  violations: string[]
}

/**
 * Lets many processes work on the same few keys of a store and kills some of them now and then, and checks everything that
 * they saw. Ends at the first round with a violation.
 */
export async function checkCoherence(options: CoherenceOptions): Promise<CoherenceResult> {
  const result: CoherenceResult = {
    operations: 0,
    rounds: 0,
    kills: 0,
    running: 0,
    violations: [],
  }
  const end = performance.now() + options.duration
  const random = seededRandom(options.seed)
  const clients = { last: 0 }
  const { shards = [0, 3], segment = 60_000 } = options
  for (let turn = 0; performance.now() < end && result.violations.length === 0; turn += 1) {
    const store = { turn, shards: shards[turn % shards.length] ?? 0, random, clients }
    await runSegment(options, result, store, Math.min(end, performance.now() + segment))
  }
  return result
}

interface StoreOptions {
  readonly turn: number
  readonly shards: number
  readonly random: () => number
  readonly clients: { last: number }
}

/** Works on a new store until `end`. */
async function runSegment(
  options: CoherenceOptions,
  result: CoherenceResult,
  store: StoreOptions,
  end: number,
): Promise<void> {
  const directory = join(options.directory, `store-${store.turn}`)
  const logs = join(options.directory, `logs-${store.turn}`)
  const objects = objectsOf(options.objects ?? everyObject, store.shards)
  const origin = process.hrtime.bigint()
  const now = () => Number(process.hrtime.bigint() - origin)
  const toCheck = { directory, build: options.build, objects, shards: store.shards }
  let check = new RoundCheck(toCheck, now)
  const segment = await Segment.open({
    directory,
    library: options.library,
    objects,
    shards: store.shards,
    logs,
    fleet: options.fleet,
    seed: options.seed,
    random: store.random,
    nextClient: () => {
      store.clients.last += 1
      return store.clients.last
    },
    origin,
    kills: options.kills ?? 2,
    mutant: options.mutant,
    mutantOptions: options.mutantOptions,
  })
  try {
    while (performance.now() < end && result.violations.length === 0)
      await runRound(options, result, segment, check)
    if (result.violations.length === 0) {
      result.violations.push(...(await segment.finish()))
      check.close()
      // As whoever comes next: what the killed ones left is put right when a store is opened.
      check = new RoundCheck(toCheck, now)
      result.violations.push(...check.problems())
    }
  } finally {
    await segment.kill()
    check.close()
  }
  if (result.violations.length > 0) keepEvidence(options, result, logs)
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  rmSync(logs, { recursive: true, force: true })
}

async function runRound(
  options: CoherenceOptions,
  result: CoherenceResult,
  segment: Segment,
  check: RoundCheck,
): Promise<void> {
  const start = performance.now()
  const trace = await segment.round(result.rounds, options.round ?? 1_500)
  result.running += performance.now() - start
  result.rounds += 1
  result.kills += trace.kills
  const { operations, violations } = check.check(trace.logs, segment.names)
  result.operations += operations
  result.violations.push(...violations, ...trace.failures)
  options.onRound?.(result)
}

/** Keeps the logs of the last two rounds, and says in words what was wrong. */
function keepEvidence(
  { keep, seed }: CoherenceOptions,
  { violations }: CoherenceResult,
  logs: string,
): void {
  if (keep === undefined) return
  mkdirSync(keep, { recursive: true })
  cpSync(logs, join(keep, 'logs'), { recursive: true })
  writeFileSync(
    join(keep, 'violations.txt'),
    `seed ${seed}, logs in ${join(keep, 'logs')}\n\n${violations.join('\n\n')}\n`,
  )
}
