import type { Backend, BackendCall, BackendLeases, BackendRecord } from '../contracts/backend.ts'
import { type ErrorCode, HoldfastError, isHoldfastError } from '../contracts/errors.ts'
import { isBytesCodec } from '../disk/codec-column.ts'
import { DiskCache } from '../disk/disk-cache.ts'
import type { Engine } from '../disk/engine.ts'
import { ShardedDiskCache } from '../disk/sharded-disk-cache.ts'
import { type StoredKey, toStoredKey } from '../disk/stored-key.ts'
import { groupBy } from '../util/group-by.ts'
import { checkOptionNames, invalidOption } from '../util/options.ts'
import { beginsWith } from './begins-with.ts'
import { pin, pinOf, unpin } from './disk-pins.ts'

/** Options of {@link diskBackend}. */
export interface DiskBackendOptions {
  /** Whether `close` closes the store too. @default false */
  readonly owns?: boolean | undefined
}

/**
 * The embedded store as a backend: records are entries whose values are bytes, under the same text and with the same end; leases
 * are the store's. Open it with `codec: raw()` and, since a memory tier stands before it, `hot: false`.
 *
 * Nothing of it blocks the event loop while another process writes. A write that was resolved survives what the store's
 * `durability` says; many at once are one transaction.
 * @throws HoldfastError `ERR_INVALID_OPTION` for a store that does not keep bytes as they are.
 */
export function diskBackend(
  store: DiskCache | ShardedDiskCache,
  options: DiskBackendOptions = {},
): Backend {
  checkOptionNames('diskBackend', options, ['owns'])
  const { owns = false } = options
  if (typeof owns !== 'boolean') throw invalidOption('owns', owns, 'true or false')
  if (!(store instanceof DiskCache || store instanceof ShardedDiskCache))
    throw invalidOption('store', store, 'a DiskCache or a ShardedDiskCache')
  const backend = new DiskBackend(store, owns)
  backend.checkCodec()
  return backend
}

class DiskBackend implements Backend {
  readonly kind = 'disk'
  readonly isRemote = false
  readonly isShared = true
  readonly leases: BackendLeases
  readonly #store: DiskCache | ShardedDiskCache
  readonly #owns: boolean
  #isClosed = false

  constructor(store: DiskCache | ShardedDiskCache, owns: boolean) {
    this.#store = store
    this.#owns = owns
    this.leases = {
      acquire: (name, ttl, call) => this.#acquire(name, ttl, call),
      renew: (name, token, ttl, call) => this.#renew(name, token, ttl, call),
      release: (name, token, call) => this.#release(name, token, call),
    }
  }

  /** @throws HoldfastError `ERR_INVALID_OPTION` unless the store's codec keeps bytes as they are. */
  checkCodec(): void {
    const { format, options } = this.#engineOf(toStoredKey(''))
    try {
      if (isBytesCodec(format.encode(Uint8Array.of(0)).codec)) return
    } catch (error) {
      if (!isHoldfastError(error, 'ERR_UNSUPPORTED_VALUE')) throw error
    }
    throw invalidOption('store', options.codec.id, 'a store with codec: raw()')
  }

  async get(key: string, call: BackendCall): Promise<BackendRecord | undefined> {
    this.#begin(call)
    const stored = toStoredKey(key)
    return read(this.#engineOf(stored), stored, key)
  }

  async getMany(
    keys: readonly string[],
    call: BackendCall,
  ): Promise<readonly (BackendRecord | undefined)[]> {
    this.#begin(call)
    const found = new Array<BackendRecord | undefined>(keys.length)
    const asked = keys.map((key, index) => ({ index, stored: toStoredKey(key) }))
    for (const [engine, some] of groupBy(asked, ({ stored }) => this.#engineOf(stored))) {
      // One state of the store, and one read transaction for all.
      engine.snapshot(() => {
        for (const { index, stored } of some)
          found[index] = read(engine, stored, keys[index] as string)
      })
    }
    return found
  }

  async set(key: string, record: BackendRecord, call: BackendCall): Promise<void> {
    this.#begin(call)
    await this.#set(key, record)
  }

  async setMany(
    entries: readonly (readonly [string, BackendRecord])[],
    call: BackendCall,
  ): Promise<void> {
    this.#begin(call)
    await Promise.all(entries.map(([key, record]) => this.#set(key, record)))
  }

  async add(key: string, record: BackendRecord, call: BackendCall): Promise<boolean> {
    this.#begin(call)
    const stored = toStoredKey(key)
    return await this.#write('add', key, () => {
      const isFree = read(this.#engineOf(stored), stored, key) === undefined
      if (isFree) this.#put(key, record)
      return isFree
    })
  }

  async swap(
    key: string,
    expected: Uint8Array | undefined,
    record: BackendRecord,
    call: BackendCall,
  ): Promise<boolean> {
    this.#begin(call)
    const stored = toStoredKey(key)
    const engine = this.#engineOf(stored)
    return await this.#write('swap', key, () => {
      if (!beginsWith(read(engine, stored, key)?.bytes, expected)) return false
      this.#put(key, record)
      return true
    })
  }

  /** Keeps a record in place of what was there, pinned or not; inside a transaction. */
  #put(key: string, { bytes, expiresAt, isPinned }: BackendRecord): void {
    const engine = this.#engineOf(toStoredKey(key))
    if (isPinned === true && expiresAt > engine.now()) {
      this.#store.delete(key)
      pin(engine, key, bytes)
    } else {
      unpin(engine, key)
      this.#store.set(key, bytes, { expiresAt })
    }
  }

  async delete(key: string, call: BackendCall): Promise<boolean> {
    this.#begin(call)
    return (await this.#remove([key])) === 1
  }

  async deleteMany(keys: readonly string[], call: BackendCall): Promise<number> {
    this.#begin(call)
    const shards = groupBy(keys, (key) => this.#engineOf(toStoredKey(key)))
    const counts = await Promise.all(Array.from(shards.values(), (some) => this.#remove(some)))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  sizeOf(key: string): number | undefined {
    const stored = toStoredKey(key)
    const engine = this.#engineOf(stored)
    const row = engine.rows.find(stored)
    return row === undefined ? undefined : engine.info(row[0] as number)?.size
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#owns) this.#store.close()
  }

  /** With the others of this turn of the event loop in one transaction. */
  async #set(key: string, record: BackendRecord): Promise<void> {
    const { bytes, expiresAt, isPinned } = record
    if (isPinned === true || pinOf(this.#engineOf(toStoredKey(key)), key) !== undefined) {
      await this.#write('set', key, () => this.#put(key, record))
      return
    }
    try {
      await this.#store.setAsync(key, bytes, { expiresAt })
    } catch (error) {
      throw permanently(error)
    }
  }

  /** @param keys of one shard. @returns how many were live. */
  async #remove(keys: readonly string[]): Promise<number> {
    try {
      return await this.#write('delete', keys[0] ?? '', () => this.#removeNow(keys))
    } catch (error) {
      if (!isHoldfastError(error, 'ERR_NO_SPACE')) throw error
      // A removal needs some room too. What the store reserves for it, it gives to those that are no part of a transaction.
      return keys.filter((key) => this.#store.delete(key)).length
    }
  }

  #removeNow(keys: readonly string[]): number {
    const unique = [...new Set(keys)]
    const pinned = unique.filter((key) => unpin(this.#engineOf(toStoredKey(key)), key))
    return this.#store.deleteMany(unique) + pinned.length
  }

  /** A write of the store's own, in a transaction that is waited for without blocking. */
  async #write<T>(what: string, key: string, work: () => T): Promise<T> {
    try {
      return await this.#engineOf(toStoredKey(key)).transactions.writeAsync(what, work)
    } catch (error) {
      throw permanently(error)
    }
  }

  async #acquire(name: string, ttl: number, call: BackendCall): Promise<string | undefined> {
    this.#begin(call)
    const engine = this.#engineOf(toStoredKey(name))
    return (await engine.leases.tryAcquire(leaseName(name), ttl))?.owner
  }

  async #renew(name: string, token: string, ttl: number, call: BackendCall): Promise<boolean> {
    this.#begin(call)
    const engine = this.#engineOf(toStoredKey(name))
    return await engine.leases.renew({ name: leaseName(name), owner: token }, ttl)
  }

  async #release(name: string, token: string, call: BackendCall): Promise<void> {
    this.#begin(call)
    const { leases } = this.#engineOf(toStoredKey(name))
    // In a transaction that is waited for: by itself the store gives a lease back when it can, perhaps after this call.
    await this.#write('lock', name, () => leases.release({ name: leaseName(name), owner: token }))
  }

  #engineOf(key: StoredKey): Engine {
    const store = this.#store
    return (store instanceof DiskCache ? store : ShardedDiskCache.shardOf(store, key)).engine
  }

  #begin({ signal }: BackendCall): void {
    if (this.#isClosed)
      throw new HoldfastError('ERR_CLOSED', 'disk backend: it was closed. Open the cache anew.')
    signal.throwIfAborted()
  }
}

/** Apart from the locks and loads of the store's own users, and without NUL, at which SQLite's comparison of text may end. */
function leaseName(name: string): string {
  return `tier:${JSON.stringify(name)}`
}

/** The record of a key, past the hot set, in which nothing is to take the place of what the tier before this one keeps. */
function read(engine: Engine, stored: StoredKey, key: string): BackendRecord | undefined {
  engine.checkOpen()
  const found = engine.reader.findEncoded(stored)
  // What somebody else stored here, as a value, is no record.
  const record = found !== undefined && isBytesCodec(found.encoded.codec) ? found : undefined
  engine.reader.count(record?.id)
  if (record === undefined) return pinOf(engine, key)
  return {
    bytes: record.encoded.bytes,
    expiresAt: record.expires ?? Number.POSITIVE_INFINITY,
  }
}

/** Errors of the store that the same call would meet again, and that say nothing against reading. */
const permanentCodes: readonly ErrorCode[] = [
  'ERR_CLOSED',
  'ERR_INVALID_KEY',
  'ERR_INVALID_OPTION',
  'ERR_NO_SPACE',
  'ERR_READONLY',
  'ERR_UNSUPPORTED_KEY',
  'ERR_UNSUPPORTED_VALUE',
  'ERR_VALUE_TOO_LARGE',
]

/** `error`, marked where to try again is in vain. */
function permanently(error: unknown): unknown {
  return isHoldfastError(error, ...permanentCodes)
    ? Object.assign(error, { permanent: true })
    : error
}
