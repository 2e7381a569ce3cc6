import type { BackendRecord } from '../contracts/backend.ts'
import { HoldfastError } from '../contracts/errors.ts'

/** Calls of a backend that can be disturbed; the last three are those of its leases. */
export type FaultyVerb =
  | 'get'
  | 'getMany'
  | 'set'
  | 'setMany'
  | 'swap'
  | 'add'
  | 'delete'
  | 'deleteMany'
  | 'clear'
  | 'now'
  | 'acquire'
  | 'renew'
  | 'release'

/**
 * What goes wrong with a call. Errors are an `ERR_IO` unless another is given.
 *
 * - `fail`: it rejects, and nothing was done.
 * - `hang`: it waits until it is aborted, and rejects with the reason; or until it is released, and is done then.
 * - `delay`: it is done `ms` milliseconds later, unless it is aborted before.
 * - `drop`: it says that it was done, and nothing was: reads find nothing.
 * - `lose`: it is done and rejects, as where the answer is lost.
 * - `late`: it rejects at once, or with `answer: 'hang'` when it is aborted, and is done after `ms` milliseconds all the same.
 * - `garble`: a byte of each record that is read or written is another one.
 */
export type Fault =
  | { readonly kind: 'fail'; readonly error?: unknown }
  | { readonly kind: 'hang' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'drop' }
  | { readonly kind: 'lose'; readonly error?: unknown }
  | {
      readonly kind: 'late'
      readonly ms: number
      readonly answer?: 'reject' | 'hang'
      readonly error?: unknown
    }
  | { readonly kind: 'garble' }

/** Which calls a fault is for: those that fit all that is said. */
export interface PlannedFault {
  readonly fault: Fault
  /** @default every one */
  readonly verb?: FaultyVerb | undefined
  /** One of the call's keys, or the name of the lease. @default any */
  readonly key?: string | undefined
  /** Of the calls that fit verb and key the so-manieth, from 1. @default each */
  readonly nth?: number | undefined
  /** The share of the remaining ones, from 0 to 1, by the plan's random numbers. @default 1 */
  readonly chance?: number | undefined
}

/** Finds the fault of each call. */
export class FaultPicker {
  readonly #random: () => number
  readonly #planned: { readonly planned: PlannedFault; seen: number }[] = []

  constructor(planned: readonly PlannedFault[], random: () => number) {
    this.#random = random
    for (const one of planned) this.add(one)
  }

  add(planned: PlannedFault): void {
    this.#planned.push({ planned, seen: 0 })
  }

  /** The first planned fault that is for this call; the others count the call too. */
  pick(verb: FaultyVerb, keys: readonly string[]): Fault | undefined {
    let found: Fault | undefined
    for (const entry of this.#planned) {
      const { fault, nth, chance = 1, ...which } = entry.planned
      const isMeant =
        (which.verb ?? verb) === verb && (which.key === undefined || keys.includes(which.key))
      if (!isMeant) continue
      entry.seen += 1
      if (nth !== undefined && nth !== entry.seen) continue
      // One number a call and chance, whatever was found before: a plan with one fault more goes on as it did.
      const isHit = chance >= 1 || this.#random() < chance
      if (isHit) found ??= fault
    }
    return found
  }
}

/** `record` with one byte that is another. */
export function garbled(record: BackendRecord, random: () => number): BackendRecord {
  const bytes = new Uint8Array(record.bytes)
  const at = Math.floor(random() * bytes.length)
  bytes[at] = (bytes[at] ?? 0) ^ (1 + Math.floor(random() * 255))
  return { ...record, bytes }
}

/** The error of a fault that brings none of its own. */
export function plannedError(what: string, error: unknown): unknown {
  return error ?? new HoldfastError('ERR_IO', `${what}: a planned fault.`)
}
