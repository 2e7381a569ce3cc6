import type { Backend, BackendCall, BackendLeases, BackendRecord } from '../contracts/backend.ts'
import type { Clock } from '../contracts/clock.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { checkOptionNames, invalidOption } from '../util/options.ts'
import { beginsWith } from './begins-with.ts'
import { MemoryStore } from './memory-store.ts'

/** Options of {@link memoryBackend}. */
export interface MemoryBackendOptions {
  /** Where time comes from; that of `store`, where one is given. @default the machine's clock */
  readonly clock?: Clock | undefined
  /** What it shares with others, as machines share a server. @default one of its own */
  readonly store?: MemoryStore | undefined
  /** Whether it counts as one that leaves the process, and so gets a deadline and a breaker. @default false */
  readonly isRemote?: boolean | undefined
}

/**
 * A backend that keeps its records in this process: for tests, and for caches of one process that are to share a tier.
 * @throws HoldfastError `ERR_INVALID_OPTION`.
 * @example
 * const store = new MemoryStore({ clock })
 * const [a, b] = [memoryBackend({ store }), memoryBackend({ store })] // two machines, one server
 */
export function memoryBackend(options: MemoryBackendOptions = {}): Backend {
  checkOptionNames('memoryBackend', options, ['clock', 'store', 'isRemote'])
  const { clock, store, isRemote = false } = options
  if (store !== undefined && !(store instanceof MemoryStore))
    throw invalidOption('store', store, 'a MemoryStore')
  if (store !== undefined && clock !== undefined)
    throw new HoldfastError(
      'ERR_INVALID_OPTION',
      'clock: a store has its own. Give it to the MemoryStore, or leave `store` out.',
    )
  return new MemoryBackend(store ?? new MemoryStore({ clock }), isRemote, store !== undefined)
}

class MemoryBackend implements Backend {
  readonly kind = 'memory'
  readonly isRemote: boolean
  readonly isShared: boolean
  readonly leases: BackendLeases
  readonly #store: MemoryStore
  #isClosed = false

  constructor(store: MemoryStore, isRemote: boolean, isShared: boolean) {
    this.#store = store
    this.isRemote = isRemote
    this.isShared = isShared
    this.leases = {
      acquire: async (name, ttl, call) => this.#begin(call).acquire(name, ttl),
      renew: async (name, token, ttl, call) => this.#begin(call).renew(name, token, ttl),
      release: async (name, token, call) => this.#begin(call).release(name, token),
    }
  }

  async get(key: string, call: BackendCall): Promise<BackendRecord | undefined> {
    return this.#begin(call).get(key)
  }

  async getMany(
    keys: readonly string[],
    call: BackendCall,
  ): Promise<readonly (BackendRecord | undefined)[]> {
    const store = this.#begin(call)
    return keys.map((key) => store.get(key))
  }

  async set(key: string, record: BackendRecord, call: BackendCall): Promise<void> {
    this.#begin(call).set(key, record)
  }

  async setMany(
    entries: readonly (readonly [string, BackendRecord])[],
    call: BackendCall,
  ): Promise<void> {
    const store = this.#begin(call)
    for (const [key, record] of entries) store.set(key, record)
  }

  async add(key: string, record: BackendRecord, call: BackendCall): Promise<boolean> {
    const store = this.#begin(call)
    if (store.find(key) !== undefined) return false
    store.set(key, record)
    return true
  }

  async swap(
    key: string,
    expected: Uint8Array | undefined,
    record: BackendRecord,
    call: BackendCall,
  ): Promise<boolean> {
    const store = this.#begin(call)
    if (!beginsWith(store.find(key)?.bytes, expected)) return false
    store.set(key, record)
    return true
  }

  async delete(key: string, call: BackendCall): Promise<boolean> {
    return this.#begin(call).delete(key)
  }

  async deleteMany(keys: readonly string[], call: BackendCall): Promise<number> {
    const store = this.#begin(call)
    return keys.filter((key) => store.delete(key)).length
  }

  async clear(prefix: string, call: BackendCall): Promise<void> {
    this.#begin(call).clear(prefix)
  }

  async now(call: BackendCall): Promise<number> {
    return this.#begin(call).clock.now()
  }

  sizeOf(key: string): number | undefined {
    return this.#store.find(key)?.bytes.byteLength
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #begin({ signal }: BackendCall): MemoryStore {
    if (this.#isClosed)
      throw new HoldfastError('ERR_CLOSED', 'memory backend: it was closed. Make another one.')
    signal.throwIfAborted()
    return this.#store
  }
}
