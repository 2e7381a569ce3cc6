import assert from 'node:assert/strict'
import type { Backend, BackendCall, BackendLeases, BackendRecord } from '../contracts/backend.ts'
import { systemClock } from '../contracts/clock.ts'
import type { ManualClock } from './manual-clock.ts'

/** A client of a store that is tested, and how it ends. */
export interface OpenedBackend {
  readonly backend: Backend
  /** Ends the client and what was opened for it. */
  close(): Promise<void>
}

/** What a backend may lack; `sharing` means that another client of the same store can be opened. */
export type BackendCapability =
  | 'setMany'
  | 'swap'
  | 'deleteMany'
  | 'clear'
  | 'leases'
  | 'now'
  | 'sizeOf'
  | 'sharing'

/** What a trial needs of the suite's options. */
export interface TrialOptions {
  readonly open: () => Promise<OpenedBackend>
  readonly clock?: ManualClock | undefined
  readonly precision: number
}

/** Texts of a store that is used again and again: a suite that runs twice does not meet the records of the first time. */
const run = Math.random().toString(36).slice(2, 10)
let trials = 0

/** One case while it runs: clients, keys of its own, and time. */
export class Trial {
  /** What was said of how exactly records end, in milliseconds. */
  readonly precision: number
  readonly clock: ManualClock | undefined
  /** What no other case's keys begin with. */
  readonly prefix: string
  readonly backend: Backend
  /** What every call is given that the suite does not abort. */
  readonly call: BackendCall = { signal: new AbortController().signal }
  readonly #options: TrialOptions
  readonly #clients: OpenedBackend[]

  private constructor(options: TrialOptions, first: OpenedBackend) {
    this.#options = options
    this.#clients = [first]
    this.backend = first.backend
    this.precision = options.precision
    this.clock = options.clock
    trials += 1
    this.prefix = `suite-${run}-${trials}:`
  }

  /** Runs `check` with a client of its own, and closes what it opened. */
  static async run(options: TrialOptions, check: (trial: Trial) => Promise<void>): Promise<void> {
    const trial = new Trial(options, await options.open())
    try {
      await check(trial)
    } finally {
      await Promise.all(trial.#clients.map((client) => client.close()))
    }
  }

  /** Another client of the same store. */
  async another(): Promise<Backend> {
    const client = await this.#options.open()
    this.#clients.push(client)
    return client.backend
  }

  /** A key that no other case has. */
  key(name: string = 'key'): string {
    return `${this.prefix}${name}`
  }

  /** The time that the store goes by. */
  async now(): Promise<number> {
    const { backend, call } = this
    return Math.floor((await backend.now?.(call)) ?? (this.clock ?? systemClock).now())
  }

  /** Lets `ms` pass. */
  async pass(ms: number): Promise<void> {
    if (this.clock !== undefined) await this.clock.advance(ms)
    else await new Promise((resolve) => setTimeout(resolve, ms))
  }

  /** The leases of a backend that has some. */
  leases(backend: Backend = this.backend): BackendLeases {
    assert.ok(backend.leases, 'the backend has no leases: implement them, or name them in `lacks`')
    return backend.leases
  }

  async get(key: string, backend: Backend = this.backend): Promise<BackendRecord | undefined> {
    return await backend.get(key, this.call)
  }

  async set(key: string, record: BackendRecord, backend: Backend = this.backend): Promise<void> {
    await backend.set(key, record, this.call)
  }

  /** Fails unless `key` has just that record, for `get` and for `getMany`. */
  async expect(key: string, record: BackendRecord, backend: Backend = this.backend): Promise<void> {
    this.same(await this.get(key, backend), record, key)
    this.same((await backend.getMany([key], this.call))[0], record, key)
  }

  /** Fails if `key` has a record, for `get` or for `getMany`. */
  async expectNone(key: string, why: string, backend: Backend = this.backend): Promise<void> {
    assert.equal(await this.get(key, backend), undefined, why)
    assert.deepEqual(await backend.getMany([key], this.call), [undefined], why)
  }

  /** Fails unless `found` is `record`. */
  same(found: BackendRecord | undefined, record: BackendRecord, key: string): void {
    assert.ok(found, `${shown(key)} has no record`)
    assert.ok(found.bytes instanceof Uint8Array, 'the bytes are no Uint8Array')
    if (Buffer.compare(found.bytes, record.bytes) !== 0)
      assert.fail(`${shown(key)} has other bytes: ${shownBytes(found.bytes)}`)
    const { expiresAt } = found
    const isEnd =
      expiresAt === record.expiresAt || Math.abs(expiresAt - record.expiresAt) <= this.precision
    assert.ok(isEnd, `${shown(key)} ends at ${expiresAt}, not at ${record.expiresAt}`)
  }
}

/** A record that never ends, of bytes, of text as UTF-8, or of one byte. */
export function lasting(bytes: Uint8Array | string | number): BackendRecord {
  return { bytes: toBytes(bytes), expiresAt: Number.POSITIVE_INFINITY }
}

/** Bytes of a number (one of that value), of text, or as they are. */
export function toBytes(bytes: Uint8Array | string | number): Uint8Array {
  if (typeof bytes === 'number') return Uint8Array.of(bytes)
  return typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
}

function shown(key: string): string {
  const text = JSON.stringify(key)
  return text.length > 120 ? `${text.slice(0, 100)}… (${key.length} characters)` : text
}

function shownBytes(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 32)).toString('hex')
  return `${bytes.length} that begin with ${start}`
}
