import { copyFile, mkdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import type { Entry, EntryInfo, MappedValue, SetOptions } from '../contracts/entry.ts'
import type { Key } from '../contracts/key.ts'
import { ownBytes } from '../frame/own-bytes.ts'
import type { AnyFunction } from '../keys/memo-key.ts'
import { hashContent } from '../keys/pending-content.ts'
import { groupBy } from '../util/group-by.ts'
import { checkIterable } from '../util/options.ts'
import { prepareTarget } from './backup.ts'
import type { CheckOptions, CheckReport } from './check.ts'
import type { CountOptions } from './counting.ts'
import { shardsFileName } from './directory.ts'
import type { DiskStore } from './disk-store.ts'
import { getHot, notHot } from './hot-reads.ts'
import type { HotSet } from './hot-set.ts'
import { type ListFilter, listShards } from './listing.ts'
import type { StoreLoadOptions } from './loads.ts'
import type { Lock, LockOptions } from './lock.ts'
import { type Memoized, type MemoizeOptions, memoize } from './memoize.ts'
import { shardOf } from './shards.ts'
import { toStoreError } from './sqlite-errors.ts'
import { type StoredKey, toStoredKey } from './stored-key.ts'

/**
 * The verbs of a store over several, each key always in the same one: as many processes can write at once as there are
 * shards. A verb for one key does what the shard's does; one for many keys is atomic in each shard by itself.
 */
export class ShardedStore<V, S extends DiskStore<V>> implements Disposable {
  /** Absolute path of the directory. */
  readonly directory: string
  /** @internal */
  protected readonly shards: readonly S[]

  readonly #hotSet: HotSet | undefined

  /** @param hotSet what the shards keep their entries in together. */
  protected constructor(directory: string, shards: readonly S[], hotSet: HotSet | undefined) {
    this.directory = directory
    this.shards = shards
    this.#hotSet = hotSet
  }

  /** Live entries. */
  get size(): number {
    return this.sum((shard) => shard.size)
  }

  /** See `DiskCache.get`. */
  get<T = V>(key: Key): T | undefined {
    // Which shard it is of, a hot entry knows.
    const hot = getHot(this.#hotSet, key)
    if (hot !== notHot) return hot as T | undefined
    return this.of(key).get<T>(key)
  }

  /** See `DiskCache.getEntry`. */
  getEntry<T = V>(key: Key): Entry<T> | undefined {
    return this.of(key).getEntry<T>(key)
  }

  /** See `DiskCache.getOrSet`. */
  getOrSet<T = V>(key: Key, compute: () => T, options?: SetOptions): T {
    return this.of(key).getOrSet(key, compute, options)
  }

  /** See `DiskCache.load`. */
  async load<T = V>(
    key: Key,
    loader: (signal: AbortSignal) => Promise<T>,
    options?: StoreLoadOptions<T>,
  ): Promise<T> {
    // Which shard it is depends on what the files hold that the key stands for.
    const hashed = hashContent(key, options?.signal)
    const ready = hashed === undefined ? key : await hashed
    return await this.of(ready).load(ready, loader, options)
  }

  /** See `DiskCache.set`. */
  set(key: Key, value: V, options?: SetOptions): void {
    this.of(key).set(key, value, options)
  }

  /** See `DiskCache.setAsync`. */
  async setAsync(key: Key, value: V, options?: SetOptions): Promise<void> {
    this.first.engine.checkOpen()
    const hashed = hashContent(key)
    if (hashed === undefined) {
      await this.of(key).setAsync(key, value, options)
      return
    }
    // Which shard it is depends on what the files hold that the key stands for; the value is taken as it is now.
    const { format } = this.first.engine
    const encoded = ownBytes(format.encode(value))
    const ready = await hashed
    await this.of(ready).setAsync(ready, format.decode(encoded) as V, options)
  }

  /** See `DiskCache.add`. */
  add(key: Key, value: V, options?: SetOptions): boolean {
    return this.of(key).add(key, value, options)
  }

  /** See `DiskCache.update`. */
  update<T = V>(key: Key, change: (old: T | undefined) => T, options?: SetOptions): T {
    return this.of(key).update(key, change, options)
  }

  /** See `DiskCache.has`. */
  has(key: Key): boolean {
    return this.of(key).has(key)
  }

  /** See `DiskCache.delete`. */
  delete(key: Key): boolean {
    return this.of(key).delete(key)
  }

  /** See `DiskCache.pop`. */
  pop<T = V>(key: Key): T | undefined {
    return this.of(key).pop<T>(key)
  }

  /** The values of those `keys` that have one, in their order; those of one shard as of one moment. */
  getMany<T = V>(keys: Iterable<Key>): Map<Key, T> {
    this.first.engine.checkOpen()
    const asked = [...checkIterable('keys', keys)]
    const found = new Map<Key, T>()
    for (const [shard, some] of groupBy(asked, (key) => this.of(key))) {
      for (const [key, value] of shard.getMany<T>(some)) found.set(key, value)
    }
    return new Map(asked.filter((key) => found.has(key)).map((key) => [key, found.get(key) as T]))
  }

  /** Stores `entries`; in each shard all or none. What is wrong with any of them is found before the first is stored. */
  setMany(entries: Iterable<readonly [Key, V, SetOptions?]>): void {
    this.first.engine.checkOpen()
    const encoded = this.first.encodeMany(entries)
    for (const [shard, some] of groupBy(encoded, ({ stored }) => this.#at(stored)))
      shard.storeMany(some)
  }

  /** Removes the entries of `keys`, in one transaction a shard. @returns how many were live. */
  deleteMany(keys: Iterable<Key>): number {
    this.first.engine.checkOpen()
    let count = 0
    for (const [shard, some] of groupBy([...checkIterable('keys', keys)], (key) => this.of(key)))
      count += shard.deleteMany(some)
    return count
  }

  /** See `DiskCache.incr`. */
  incr(key: Key, delta: number = 1, options?: CountOptions): number {
    return this.of(key).incr(key, delta, options)
  }

  /** See `DiskCache.decr`. */
  decr(key: Key, delta: number = 1, options?: CountOptions): number {
    return this.of(key).decr(key, delta, options)
  }

  /** Runs `work` atomically in the shard of `key`; writes to keys of other shards are not part of it. */
  transact<T>(key: Key, work: () => T): T {
    return this.of(key).transact(work)
  }

  /** See `DiskCache.lock`. */
  async lock(name: string, options?: LockOptions): Promise<Lock> {
    // A name that is none is refused by whichever shard.
    const shard = typeof name === 'string' && name.isWellFormed() ? this.of(name) : this.first
    return await shard.lock(name, options)
  }

  /** See `DiskCache.memoize`. */
  memoize<F extends AnyFunction>(fn: F, options?: MemoizeOptions<F>): Memoized<F> {
    this.first.engine.checkOpen()
    return memoize((key) => this.#at(key), fn, options)
  }

  /** The keys of live entries, shard by shard, in each in the order of their insertion. */
  *keys(): IterableIterator<Key> {
    for (const shard of this.shards) yield* shard.keys()
  }

  /** The values of live entries, as {@link keys}. */
  *values(): IterableIterator<V> {
    for (const shard of this.shards) yield* shard.values()
  }

  /** `[key, value]` of live entries, as {@link keys}. */
  *entries(): IterableIterator<[Key, V]> {
    for (const shard of this.shards) yield* shard.entries()
  }

  [Symbol.iterator](): IterableIterator<[Key, V]> {
    return this.entries()
  }

  /** Removes every entry, shard by shard. @returns how many were live. */
  clear(): number {
    return this.sum((shard) => shard.clear())
  }

  /** What is known of live entries, page by page, in one order over all shards. */
  list(filter?: ListFilter): EntryInfo[] {
    this.first.engine.checkOpen()
    return listShards(
      this.shards.map((shard) => shard.engine),
      filter,
    )
  }

  /** Stored bytes of all live values. */
  bytes(): number {
    return this.sum((shard) => shard.bytes())
  }

  /** Bytes on disk: databases, logs and value files. */
  volume(): number {
    return this.sum((shard) => shard.volume())
  }

  /** See `DiskCache.check`; one report over all shards. */
  check(options?: CheckOptions): CheckReport {
    const reports = this.shards.map((shard) => shard.check(options))
    return {
      ok: reports.every((report) => report.ok),
      problems: reports.flatMap((report) => report.problems),
      entries: reports.reduce((sum, report) => sum + report.entries, 0),
      bytes: reports.reduce((sum, report) => sum + report.bytes, 0),
    }
  }

  /** See `DiskCache.map`. */
  map(key: Key): MappedValue | undefined {
    return this.of(key).map(key)
  }

  /** See `DiskCache.readStream`. */
  readStream(key: Key): Readable | undefined {
    return this.of(key).readStream(key)
  }

  /** See `DiskCache.writeStream`. */
  writeStream(key: Key, options?: SetOptions): Writable {
    return this.of(key).writeStream(key, options)
  }

  /** Copies the store into a new or empty directory; each shard as it is at one moment, one after the other. */
  async backup(path: string): Promise<void> {
    this.first.engine.checkOpen()
    const target = await prepareTarget(path)
    try {
      for (const shard of this.shards) {
        const folder = join(target, basename(shard.directory))
        await mkdir(folder, { mode: 0o700 })
        await shard.backup(folder)
      }
      // Last, so that a copy that was cut off is no store.
      await copyFile(join(this.directory, shardsFileName), resolve(target, shardsFileName))
    } catch (error) {
      throw toStoreError(error, 'backup')
    }
  }

  /** Closes every shard. Twice is harmless. */
  close(): void {
    for (const shard of this.shards) shard.engine.checkClosable()
    for (const shard of this.shards) shard.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** The shard of a key, for what is built on stores. @internal */
  static shardOf<S extends DiskStore>(store: ShardedStore<unknown, S>, key: StoredKey): S {
    return store.#at(key)
  }

  /** @internal */
  protected get first(): S {
    return this.shards[0] as S
  }

  /** @internal */
  protected of(key: Key): S {
    return this.#at(toStoredKey(key))
  }

  /** @internal */
  protected sum(count: (shard: S) => number): number {
    return this.shards.reduce((sum, shard) => sum + count(shard), 0)
  }

  #at(key: StoredKey): S {
    return this.shards[shardOf(key, this.shards.length)] as S
  }
}
