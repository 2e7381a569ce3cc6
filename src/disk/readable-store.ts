import type { Readable } from 'node:stream'
import type { Entry, EntryInfo, MappedValue } from '../contracts/entry.ts'
import type { Key } from '../contracts/key.ts'
import { checkIterable } from '../util/options.ts'
import { Engine } from './engine.ts'
import type { HotEntry } from './hot-entry.ts'
import { getHot, notHot } from './hot-reads.ts'
import type { HotSet } from './hot-set.ts'
import { iterateEntries, iterateKeys } from './iteration.ts'
import { type ListFilter, listEntries } from './listing.ts'
import { openMapped } from './mapped-value.ts'
import type { ResolvedOptions } from './options.ts'
import { openReadStream } from './read-stream.ts'
import type { StoreKind } from './schema.ts'
import { type StoredKey, toStoredKey } from './stored-key.ts'
import { countLive, liveBytes } from './totals.ts'
import { storeVolume } from './volume.ts'

/** The verbs that only read, of every embedded store. */
export class ReadableStore<V = unknown> {
  /** Absolute path of the directory. */
  readonly directory: string
  /** @internal */
  readonly engine: Engine

  protected constructor(
    directory: string,
    kind: StoreKind,
    shard: string,
    options: ResolvedOptions,
    hotSet: HotSet | undefined,
  ) {
    const what = shard === '' ? new.target.name : `Sharded${new.target.name}`
    this.engine = new Engine(directory, { what, kind, shard }, options, hotSet)
    this.directory = this.engine.layout.directory
  }

  /** Live entries; kept, not counted. */
  get size(): number {
    this.engine.checkOpen()
    return countLive(this.engine.connection, this.engine.now())
  }

  /** The value of `key`; `undefined` if there is none. */
  get<T = V>(key: Key): T | undefined {
    // A closed store has none.
    const hot = getHot(this.engine.hot?.set, key)
    if (hot !== notHot) return hot as T | undefined
    this.engine.checkOpen()
    return this.engine.reader.get(toStoredKey(key))?.value as T | undefined
  }

  /** The value of `key` with all that is known of it. Tells a stored `undefined` from a miss. */
  getEntry<T = V>(key: Key): Entry<T> | undefined {
    this.engine.checkOpen()
    const stored = toStoredKey(key)
    return this.engine.snapshot(() => {
      const found = this.engine.reader.read(stored, undefined)
      const info = found === undefined ? undefined : this.engine.info(found.id)
      if (found === undefined || info === undefined) return undefined
      const { id: _, codec: __, ...facts } = info
      return { ...facts, value: found.value as T }
    })
  }

  /** Whether `key` has a live entry. */
  has(key: Key): boolean {
    this.engine.checkOpen()
    const stored = toStoredKey(key)
    const entry = this.engine.hot?.of(stored)
    return entry === undefined ? this.engine.rows.has(stored) : entry.state !== 'absent'
  }

  /** The values of those `keys` that have one, in their order; as of one moment. */
  getMany<T = V>(keys: Iterable<Key>): Map<Key, T> {
    this.engine.checkOpen()
    const asked = Array.from(checkIterable('keys', keys), (key) => [key, toStoredKey(key)] as const)
    return this.#getHot<T>(asked) ?? this.#getRows<T>(asked)
  }

  /** The values, if all of them are hot at one moment. */
  #getHot<T>(asked: readonly (readonly [Key, StoredKey])[]): Map<Key, T> | undefined {
    const { hot } = this.engine
    if (hot === undefined) return undefined
    const entries: HotEntry[] = []
    for (const [, stored] of asked) {
      const entry = hot.of(stored)
      if (entry === undefined) return undefined
      entries.push(entry)
    }
    // One may have changed while another was looked at; all that are true now were true at once when the first look ended.
    if (!entries.every((entry) => hot.isTrue(entry))) return undefined
    const values = new Map<Key, T>()
    for (const [index, [key]] of asked.entries()) {
      const entry = entries[index] as HotEntry
      const value = hot.hit(entry)
      if (value === notHot) return undefined
      if (entry.state !== 'absent') values.set(key, value as T)
    }
    return values
  }

  #getRows<T>(asked: readonly (readonly [Key, StoredKey])[]): Map<Key, T> {
    // Before the snapshot: what is written between the two must not count as seen.
    const tickets = asked.map(([, stored]) => this.engine.hot?.ticket(stored))
    return this.engine.snapshot(() => {
      const values = new Map<Key, T>()
      for (const [index, [key, stored]] of asked.entries()) {
        const found = this.engine.reader.read(stored, tickets[index])
        if (found !== undefined) values.set(key, found.value as T)
      }
      return values
    })
  }

  /** The keys of live entries in the order of their insertion. Safe while anybody writes. */
  *keys(): IterableIterator<Key> {
    for (const { key } of iterateKeys(this.engine)) yield key
  }

  /** The values of live entries in the order of their insertion. Safe while anybody writes. */
  *values(): IterableIterator<V> {
    for (const [, value] of iterateEntries<V>(this.engine)) yield value
  }

  /** `[key, value]` of live entries in the order of their insertion. Safe while anybody writes. */
  entries(): IterableIterator<[Key, V]> {
    return iterateEntries<V>(this.engine)
  }

  [Symbol.iterator](): IterableIterator<[Key, V]> {
    return this.entries()
  }

  /** What is known of live entries, page by page. */
  list(filter?: ListFilter): EntryInfo[] {
    this.engine.checkOpen()
    return listEntries(this.engine, filter)
  }

  /** Stored bytes of all live values; kept, not counted. */
  bytes(): number {
    this.engine.checkOpen()
    return liveBytes(this.engine.connection, this.engine.now())
  }

  /** Bytes on disk: database, log and value files, also those that wait to be removed. */
  volume(): number {
    this.engine.checkOpen()
    return storeVolume(this.engine)
  }

  /**
   * The bytes of a value, apart from the store: they stay readable whatever happens to the entry. Those of a value file that
   * is neither compressed nor encrypted are mapped: its pages come in when they are touched, and the caller's changes stay his.
   */
  map(key: Key): MappedValue | undefined {
    this.engine.checkOpen()
    return openMapped(this.engine, toStoredKey(key))
  }

  /** A stream of the bytes under `key`. @throws HoldfastError `ERR_UNSUPPORTED_VALUE` for a value that is not bytes. */
  readStream(key: Key): Readable | undefined {
    this.engine.checkOpen()
    return openReadStream(this.engine, toStoredKey(key))
  }
}
