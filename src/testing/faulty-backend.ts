import type { Backend, BackendCall, BackendLeases, BackendRecord } from '../contracts/backend.ts'
import { type Clock, systemClock } from '../contracts/clock.ts'
import { FaultWaits } from './fault-waits.ts'
import {
  type Fault,
  FaultPicker,
  type FaultyVerb,
  garbled,
  type PlannedFault,
  plannedError,
} from './faults.ts'

/** What goes wrong with a {@link faultyBackend}, and when. */
export interface FaultPlan {
  /** The first that fits a call is its fault. @default none */
  readonly faults?: readonly PlannedFault[] | undefined
  /** Times between which it is down, in milliseconds since the epoch: every call rejects that begins or would be done then. @default none */
  readonly outages?: readonly { readonly from: number; readonly to: number }[] | undefined
  /** What delays and outages go by. @default the machine's clock */
  readonly clock?: Clock | undefined
  /** Numbers from 0 to 1 that decide what is left to chance: with the same ones the same happens again. @default Math.random */
  readonly random?: (() => number) | undefined
}

/** A call that a faulty backend got. */
export interface FaultyCall {
  readonly verb: FaultyVerb
  /** Its keys, or the name of the lease. */
  readonly keys: readonly string[]
  /** When it came. */
  readonly at: number
  readonly fault: Fault['kind'] | 'outage' | undefined
  readonly state: 'running' | 'done' | 'rejected'
}

/** A backend with planned faults. */
export interface FaultyBackend extends Backend {
  /** Every call so far, in order. */
  readonly calls: readonly FaultyCall[]
  /** Plans one more fault, behind the others; it counts calls from now on. */
  plan(fault: PlannedFault): void
  /** Whether every call rejects. Set by hand, or by the plan's outages. */
  isDown: boolean
  /** Lets the calls that hang be done. */
  release(): void
  /** Resolves when all late writes have landed; the clock must come to their time. */
  settled(): Promise<void>
}

/**
 * `inner` with faults: for tests of what stands before a backend. The same plan, clock and random numbers bring the same faults.
 * @example
 * const backend = faultyBackend(memoryBackend({ clock }), {
 *   clock,
 *   faults: [{ verb: 'set', nth: 2, fault: { kind: 'late', ms: 100 } }],
 * })
 * // The second set rejects, and what it was to write is there 100 ms later.
 */
export function faultyBackend(inner: Backend, plan: FaultPlan = {}): FaultyBackend {
  return new FaultyDouble(inner, plan)
}

/** What is done to each record on its way. */
type Touch = (record: BackendRecord) => BackendRecord
type Work<T> = (call: BackendCall, touch: Touch) => Promise<T>

interface RunningCall extends FaultyCall {
  fault: FaultyCall['fault']
  state: FaultyCall['state']
}

const untouched: Touch = (record) => record

class FaultyDouble implements FaultyBackend {
  readonly kind: string
  readonly isRemote: boolean
  readonly isShared: boolean
  readonly setMany?: NonNullable<Backend['setMany']>
  readonly swap?: NonNullable<Backend['swap']>
  readonly deleteMany?: NonNullable<Backend['deleteMany']>
  readonly clear?: NonNullable<Backend['clear']>
  readonly now?: NonNullable<Backend['now']>
  readonly sizeOf?: NonNullable<Backend['sizeOf']>
  readonly leases?: BackendLeases
  readonly calls: RunningCall[] = []
  readonly #inner: Backend
  readonly #clock: Clock
  readonly #random: () => number
  readonly #outages: NonNullable<FaultPlan['outages']>
  readonly #picker: FaultPicker
  readonly #waits: FaultWaits
  readonly #late = new Set<Promise<unknown>>()
  #isDown = false

  constructor(inner: Backend, plan: FaultPlan) {
    this.#inner = inner
    this.#clock = plan.clock ?? systemClock
    this.#waits = new FaultWaits(this.#clock)
    this.#random = plan.random ?? Math.random
    this.#outages = plan.outages ?? []
    this.#picker = new FaultPicker(plan.faults ?? [], this.#random)
    this.kind = inner.kind
    this.isRemote = inner.isRemote
    this.isShared = inner.isShared
    // It has what the other one has, so that capabilities are found as they are there.
    if (inner.setMany) this.setMany = this.#setMany
    if (inner.swap) this.swap = this.#swap
    if (inner.deleteMany) this.deleteMany = this.#deleteMany
    if (inner.clear) this.clear = this.#clear
    if (inner.now) this.now = this.#now
    if (inner.sizeOf) this.sizeOf = (key) => inner.sizeOf?.(key)
    if (inner.leases) this.leases = this.#leasesOf(inner.leases)
  }

  get isDown(): boolean {
    const now = this.#clock.now()
    return this.#isDown || this.#outages.some(({ from, to }) => from <= now && now < to)
  }

  set isDown(isDown: boolean) {
    this.#isDown = isDown
  }

  plan(fault: PlannedFault): void {
    this.#picker.add(fault)
  }

  release(): void {
    this.#waits.release()
  }

  async settled(): Promise<void> {
    while (this.#late.size > 0) await Promise.all(this.#late)
  }

  async get(key: string, call: BackendCall): Promise<BackendRecord | undefined> {
    return await this.#run('get', [key], call, undefined, async (call, touch) => {
      const record = await this.#inner.get(key, call)
      return record && touch(record)
    })
  }

  async getMany(
    keys: readonly string[],
    call: BackendCall,
  ): Promise<readonly (BackendRecord | undefined)[]> {
    const nothing = keys.map(() => undefined)
    return await this.#run('getMany', keys, call, nothing, async (call, touch) => {
      const records = await this.#inner.getMany(keys, call)
      return records.map((record) => record && touch(record))
    })
  }

  async set(key: string, record: BackendRecord, call: BackendCall): Promise<void> {
    await this.#run('set', [key], call, undefined, (call, touch) =>
      this.#inner.set(key, touch(record), call),
    )
  }

  async add(key: string, record: BackendRecord, call: BackendCall): Promise<boolean> {
    return await this.#run('add', [key], call, true, (call, touch) =>
      this.#inner.add(key, touch(record), call),
    )
  }

  readonly #swap: NonNullable<Backend['swap']> = async (key, expected, record, call) =>
    await this.#run('swap', [key], call, true, async (call, touch) => {
      const swapped = this.#inner.swap?.(key, expected, touch(record), call)
      return (await swapped) === true
    })

  async delete(key: string, call: BackendCall): Promise<boolean> {
    return await this.#run('delete', [key], call, true, (call) => this.#inner.delete(key, call))
  }

  async close(): Promise<void> {
    await this.#inner.close()
  }

  readonly #setMany: NonNullable<Backend['setMany']> = async (entries, call) => {
    const keys = entries.map(([key]) => key)
    await this.#run('setMany', keys, call, undefined, async (call, touch) => {
      const touched = entries.map(([key, record]) => [key, touch(record)] as const)
      await this.#inner.setMany?.(touched, call)
    })
  }

  readonly #deleteMany: NonNullable<Backend['deleteMany']> = async (keys, call) =>
    await this.#run('deleteMany', keys, call, keys.length, async (call) => {
      return (await this.#inner.deleteMany?.(keys, call)) ?? 0
    })

  readonly #clear: NonNullable<Backend['clear']> = async (prefix, call) =>
    await this.#run('clear', [prefix], call, undefined, async (call) => {
      await this.#inner.clear?.(prefix, call)
    })

  readonly #now: NonNullable<Backend['now']> = async (call) =>
    await this.#run('now', [], call, this.#clock.now(), async (call) => {
      return (await this.#inner.now?.(call)) ?? this.#clock.now()
    })

  #leasesOf(inner: BackendLeases): BackendLeases {
    return {
      acquire: async (name, ttl, call) =>
        await this.#run('acquire', [name], call, 'dropped', (call) =>
          inner.acquire(name, ttl, call),
        ),
      renew: async (name, token, ttl, call) =>
        await this.#run('renew', [name], call, true, (call) => inner.renew(name, token, ttl, call)),
      release: async (name, token, call) =>
        await this.#run('release', [name], call, undefined, (call) =>
          inner.release(name, token, call),
        ),
    }
  }

  async #run<T>(
    verb: FaultyVerb,
    keys: readonly string[],
    call: BackendCall,
    dropped: T,
    work: Work<T>,
  ): Promise<T> {
    const entry: RunningCall = {
      verb,
      keys,
      at: this.#clock.now(),
      fault: undefined,
      state: 'running',
    }
    this.calls.push(entry)
    try {
      this.#checkUp(entry)
      const fault = this.#picker.pick(verb, keys)
      entry.fault = fault?.kind
      const answer =
        fault === undefined
          ? await work(call, untouched)
          : await this.#disturbed(entry, fault, call, dropped, work)
      entry.state = 'done'
      return answer
    } catch (error) {
      entry.state = 'rejected'
      throw error
    }
  }

  async #disturbed<T>(
    entry: RunningCall,
    fault: Fault,
    call: BackendCall,
    dropped: T,
    work: Work<T>,
  ): Promise<T> {
    switch (fault.kind) {
      case 'fail':
        throw plannedError(entry.verb, fault.error)
      case 'drop':
        return dropped
      case 'garble':
        return await work(call, (record) => garbled(record, this.#random))
      case 'lose':
        await work(call, untouched)
        throw plannedError(entry.verb, fault.error)
      case 'late':
        this.#doLater(fault.ms, work)
        if (fault.answer === 'hang') await this.#waits.wait(undefined, call.signal)
        throw plannedError(entry.verb, fault.error)
      default:
        await this.#waits.wait(fault.kind === 'delay' ? fault.ms : undefined, call.signal)
        this.#checkUp(entry)
        return await work(call, untouched)
    }
  }

  #checkUp(entry: RunningCall): void {
    if (!this.isDown) return
    entry.fault = 'outage'
    throw plannedError(`${entry.verb} while the backend is down`, undefined)
  }

  /** Whatever happened to the call: nobody can take it back any more. */
  #doLater<T>(ms: number, work: Work<T>): void {
    const landing = new Promise<void>((resolve) => {
      this.#clock.setTimeout(() => {
        const land = () => {
          this.#late.delete(landing)
          resolve()
        }
        work({ signal: new AbortController().signal }, untouched).then(land, land)
      }, ms)
    })
    this.#late.add(landing)
  }
}
