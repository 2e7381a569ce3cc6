import type { BackendRecord } from '../contracts/backend.ts'
import { type Clock, systemClock } from '../contracts/clock.ts'

/** For {@link MemoryStore}. */
export interface MemoryStoreOptions {
  /** The time that decides what has expired, as that of a server does. @default the machine's clock */
  readonly clock?: Clock | undefined
}

interface HeldLease {
  readonly token: string
  readonly until: number
}

/** Fewer records than this are not worth looking for expired ones. */
const smallest = 1_024

/**
 * What several backends of one process share, as those of several machines share a server. It grows as long as records are put in
 * that do not end: `memory()` is the tier with a budget.
 */
export class MemoryStore {
  readonly clock: Clock
  readonly #records = new Map<string, BackendRecord>()
  readonly #leases = new Map<string, HeldLease>()
  #nextSweep = smallest
  #tokens = 0

  constructor({ clock = systemClock }: MemoryStoreOptions = {}) {
    this.clock = clock
  }

  /** Records that are kept, also those that have expired since and were not met. */
  get size(): number {
    return this.#records.size
  }

  /** The live record of `key`, as it is kept. */
  find(key: string): BackendRecord | undefined {
    const record = this.#records.get(key)
    if (record === undefined || record.expiresAt > this.clock.now()) return record
    this.#records.delete(key)
    return undefined
  }

  /** A copy of the live record of `key`. */
  get(key: string): BackendRecord | undefined {
    const record = this.find(key)
    return record && { ...record, bytes: new Uint8Array(record.bytes) }
  }

  set(key: string, { bytes, expiresAt }: BackendRecord): void {
    if (expiresAt <= this.clock.now()) this.#records.delete(key)
    else this.#records.set(key, { bytes: new Uint8Array(bytes), expiresAt })
    if (this.#records.size >= this.#nextSweep) this.#sweep()
  }

  /** @returns whether there was a live record. */
  delete(key: string): boolean {
    return this.find(key) !== undefined && this.#records.delete(key)
  }

  clear(prefix: string): void {
    for (const key of this.#records.keys()) if (key.startsWith(prefix)) this.#records.delete(key)
  }

  /** @returns a token, `undefined` while somebody holds the lease. */
  acquire(name: string, ttl: number): string | undefined {
    if (this.#held(name) !== undefined) return undefined
    this.#tokens += 1
    const token = String(this.#tokens)
    this.#leases.set(name, { token, until: this.clock.now() + ttl })
    return token
  }

  renew(name: string, token: string, ttl: number): boolean {
    if (this.#held(name)?.token !== token) return false
    this.#leases.set(name, { token, until: this.clock.now() + ttl })
    return true
  }

  release(name: string, token: string): void {
    if (this.#held(name)?.token === token) this.#leases.delete(name)
  }

  #held(name: string): HeldLease | undefined {
    const lease = this.#leases.get(name)
    return lease !== undefined && lease.until > this.clock.now() ? lease : undefined
  }

  /** Records that nobody asks for again would stay for ever. Done when their number has doubled, it costs next to nothing a write. */
  #sweep(): void {
    const now = this.clock.now()
    for (const [key, { expiresAt }] of this.#records)
      if (expiresAt <= now) this.#records.delete(key)
    for (const [name, { until }] of this.#leases) if (until <= now) this.#leases.delete(name)
    this.#nextSweep = Math.max(smallest, this.#records.size * 2)
  }
}
