import { setImmediate } from 'node:timers/promises'
import { serialize } from 'node:v8'
import type { Clock } from '../contracts/clock.ts'
import type { SetOptions } from '../contracts/entry.ts'
import { isHoldfastError } from '../contracts/errors.ts'
import type { Key } from '../contracts/key.ts'
import { toStoredKey } from '../disk/stored-key.ts'
import { SourceDropper } from './drop-from-source.ts'
import { NotConvertible } from './not-convertible.ts'
import type { OpenedStore } from './open-source.ts'
import type { Tally } from './report.ts'
import type { SeenKeys } from './seen-keys.ts'
import type { SourceRow } from './source-row.ts'
import type { TargetStore } from './target-store.ts'

/** What one transaction copies at most: others wait for the target meanwhile. */
const batchEntries = 256
const batchBytes = 8 * 2 ** 20

export interface CopyOptions {
  readonly drop: boolean
  readonly clock: Clock
  readonly signal: AbortSignal | undefined
}

interface Candidate {
  readonly row: SourceRow
  readonly key: Key
}

/**
 * Copies every live entry of `source` that the target does not have, in the order of the source, and notes in `tally` what
 * became of each. Each batch is committed before the next begins and before anything is deleted from the source, so a run
 * that is cut off at any point is continued by the next.
 */
export async function copyStore(
  source: OpenedStore,
  target: TargetStore,
  seen: SeenKeys,
  tally: Tally,
  options: CopyOptions,
): Promise<void> {
  let hasLate = false
  for (const late of [false, true]) {
    if (late && !hasLate) return
    for (const reader of source.readers) {
      using batch = new Batch(source, target, new SourceDropper(reader), tally, options)
      for (const row of reader.rows()) {
        if (isLate(row, source) !== late) {
          hasLate = true
          continue
        }
        const candidate = admit(row, source, seen, tally, options)
        if (candidate !== undefined) batch.add(candidate)
        if (batch.isFull) await batch.commit()
      }
      await batch.commit()
    }
  }
}

/**
 * Whether a row waits until the others are copied: one with a key such as 1.0, which must not take the place of 1. In a
 * single database of diskcache the two are one key already.
 */
function isLate(row: SourceRow, source: OpenedStore): boolean {
  if (!('hasWholeFloat' in row.key) || !row.key.hasWholeFloat) return false
  return (
    typeof row.key.value !== 'number' || source.isFanout || !source.kind.startsWith('diskcache')
  )
}

/** Entries on their way into the target, and then out of one database of the source. */
class Batch implements Disposable {
  readonly #source: OpenedStore
  readonly #target: TargetStore
  readonly #dropper: SourceDropper
  readonly #tally: Tally
  readonly #options: CopyOptions
  #candidates: Candidate[] = []
  #bytes = 0

  constructor(
    source: OpenedStore,
    target: TargetStore,
    dropper: SourceDropper,
    tally: Tally,
    options: CopyOptions,
  ) {
    this.#source = source
    this.#target = target
    this.#dropper = dropper
    this.#tally = tally
    this.#options = options
  }

  get isFull(): boolean {
    return this.#candidates.length >= batchEntries || this.#bytes >= batchBytes
  }

  add(candidate: Candidate): void {
    this.#candidates.push(candidate)
    this.#bytes += candidate.row.size
  }

  async commit(): Promise<void> {
    this.#options.signal?.throwIfAborted()
    const done = copyBatch(this.#source, this.#target, this.#candidates, this.#tally, this.#options)
    if (this.#options.drop) this.#tally.dropped += this.#dropper.drop(done)
    this.#candidates = []
    this.#bytes = 0
    // The caller's event loop gets its turn.
    await setImmediate()
  }

  [Symbol.dispose](): void {
    this.#dropper[Symbol.dispose]()
  }
}

/** Counts a row, and says whether it is to be copied. */
function admit(
  row: SourceRow,
  source: OpenedStore,
  seen: SeenKeys,
  tally: Tally,
  options: CopyOptions,
): Candidate | undefined {
  tally.entries += 1
  if (row.expiresAt <= options.clock.now()) {
    tally.expired += 1
    return undefined
  }
  const reason = Number.isNaN(row.expiresAt)
    ? 'its expiry time makes no sense'
    : keyProblem(row, source, seen)
  if (reason !== undefined) tally.skipped.push({ key: row.name, reason })
  else if ('value' in row.key) return { row, key: row.key.value }
  return undefined
}

function keyProblem(row: SourceRow, source: OpenedStore, seen: SeenKeys): string | undefined {
  if ('reason' in row.key) return row.key.reason.message
  try {
    const stored = toStoredKey(row.key.value)
    // A fanout opened with different numbers of shards may have one key twice.
    if (row.isText && !source.isFanout) return undefined
    return seen.add(stored)
      ? undefined
      : 'an entry of the source that came before has the same key here'
  } catch (error) {
    return refusal(error)
  }
}

/** @returns the rows that the target has now. */
function copyBatch(
  source: OpenedStore,
  target: TargetStore,
  batch: readonly Candidate[],
  tally: Tally,
  options: CopyOptions,
): SourceRow[] {
  const done: SourceRow[] = []
  const parts = new Map<number, Candidate[]>()
  for (const candidate of batch) {
    const part = target.partOf(candidate.key)
    const some = parts.get(part)
    if (some === undefined) parts.set(part, [candidate])
    else some.push(candidate)
  }
  for (const some of parts.values()) {
    target.transact((some[0] as Candidate).key, () => {
      for (const candidate of some) {
        if (copyEntry(candidate, source, target, tally, options)) done.push(candidate.row)
      }
    })
  }
  return done
}

/** @returns whether the target has this entry now. */
function copyEntry(
  { row, key }: Candidate,
  source: OpenedStore,
  target: TargetStore,
  tally: Tally,
  options: CopyOptions,
): boolean {
  try {
    if (target.has(key)) {
      if (options.drop && !isSame(row.value().value, target.get(key))) {
        throw new NotConvertible('the target has another value under this key; left in the source')
      }
      tally.existing += 1
      return true
    }
    const { value, change } = row.value()
    const { setOptions, tagChange } = setOptionsOf(row, source)
    target.add(key, value, setOptions)
    tally.copied += 1
    for (const reason of [change, tagChange]) {
      if (reason !== undefined) tally.changed.push({ key: row.name, reason })
    }
    return true
  } catch (error) {
    tally.skipped.push({ key: row.name, reason: refusal(error) })
    return false
  }
}

function setOptionsOf(
  row: SourceRow,
  source: OpenedStore,
): { setOptions: SetOptions; tagChange: string | undefined } {
  const { expiresAt, tag } = row
  if (!source.isIndex) {
    return {
      setOptions: { expiresAt, ...(tag === undefined ? {} : { tag }) },
      tagChange: row.tagChange,
    }
  }
  if (expiresAt !== Number.POSITIVE_INFINITY)
    throw new NotConvertible('it expires, which entries of an index do not')
  return {
    setOptions: {},
    tagChange: tag === undefined ? row.tagChange : 'its tag was left out: an index has none',
  }
}

/** Compared as they are stored: `undefined` differs from `null`, and what is shared within a value is compared once. */
function isSame(a: unknown, b: unknown): boolean {
  return serialize(a).equals(serialize(b))
}

/** Why an entry was refused. @throws what is not about this one entry. */
function refusal(error: unknown): string {
  const isAboutEntry =
    error instanceof NotConvertible ||
    isHoldfastError(
      error,
      'ERR_INVALID_KEY',
      'ERR_UNSUPPORTED_KEY',
      'ERR_UNSUPPORTED_VALUE',
      'ERR_VALUE_TOO_LARGE',
    ) ||
    // A text too long for one string, an array too long for one array.
    error instanceof RangeError ||
    (error as NodeJS.ErrnoException).code === 'ERR_STRING_TOO_LONG'
  if (isAboutEntry) return (error as Error).message
  throw error
}
