import type { Writable } from 'node:stream'
import type { EncodedValue } from '../contracts/codec.ts'
import type { SetOptions } from '../contracts/entry.ts'
import { HoldfastError } from '../contracts/errors.ts'
import type { Key } from '../contracts/key.ts'
import { ownBytes } from '../frame/own-bytes.ts'
import { ignoreRejection, isThenable } from '../util/is-thenable.ts'
import { checkIterable, invalidOption } from '../util/options.ts'
import { asyncError } from './async-error.ts'
import { addToCounter, type CountOptions } from './counting.ts'
import { DeferredEntry } from './deferred-entry.ts'
import { GroupCommit } from './group-commit.ts'
import type { HotSet } from './hot-set.ts'
import { Loads } from './loads.ts'
import type { ResolvedOptions } from './options.ts'
import { ReadableStore } from './readable-store.ts'
import type { StoreKind } from './schema.ts'
import {
  checkSetOptionNames,
  defaultSetOptions,
  type ResolvedSetOptions,
  resolveSetOptions,
} from './set-options.ts'
import { type StoredKey, toStoredKey } from './stored-key.ts'
import { openWriteStream } from './write-stream.ts'

/** The verbs that change entries, of every embedded store. */
export class WritableStore<V = unknown> extends ReadableStore<V> implements Disposable {
  /** @internal */
  readonly group: GroupCommit
  /** @internal */
  readonly loads: Loads

  protected constructor(
    directory: string,
    kind: StoreKind,
    shard: string,
    options: ResolvedOptions,
    hotSet: HotSet | undefined,
  ) {
    super(directory, kind, shard, options, hotSet)
    this.group = new GroupCommit(this.engine)
    this.loads = new Loads(this.engine, this.group)
  }

  /** Stores `value` under `key`, in place of what was there with its times, tags and metadata. */
  set(key: Key, value: V, options?: SetOptions): void {
    this.engine.checkOpen()
    checkSetOptionNames('set', options)
    const stored = toStoredKey(key)
    this.storeEncoded('set', stored, this.engine.format.encode(value), this.resolve(options))
  }

  /**
   * As {@link set}, in one transaction with the other `setAsync` calls of this turn of the event loop. The value is taken as
   * it is at the call. Resolves when it is stored.
   */
  async setAsync(key: Key, value: V, options?: SetOptions): Promise<void> {
    this.engine.checkOpen()
    checkSetOptionNames('setAsync', options)
    if (this.engine.transactions.isOpen) {
      throw asyncError('setAsync')
    }
    const resolved = this.resolve(options)
    const encoded = this.engine.format.encode(value)
    const isOver = resolved.expires !== null && resolved.expires <= this.engine.now()
    const entry = new DeferredEntry(this.engine, key, encoded, (stored) =>
      this.loads.detach(stored),
    )
    await this.group.add(entry, isOver ? undefined : resolved)
  }

  /** Stores `value` if `key` has no live entry; atomic across processes. @returns whether it was stored. */
  add(key: Key, value: V, options?: SetOptions): boolean {
    this.engine.checkOpen()
    checkSetOptionNames('add', options)
    const stored = toStoredKey(key)
    const encoded = this.engine.format.encode(value)
    const resolved = this.resolve(options)
    this.beforeWrite(stored)
    if (this.engine.rows.has(stored)) return false
    if (resolved.expires !== null && resolved.expires <= this.engine.now()) return true
    return this.engine.writer.using('add', stored, encoded, (prepared) =>
      this.engine.writer.add('add', stored, prepared, resolved),
    )
  }

  /**
   * Stores what `change` makes of the value of `key`; atomic across processes, which all wait meanwhile. Without options the
   * entry keeps its times, tags and metadata. @returns the new value.
   */
  update<T = V>(key: Key, change: (old: T | undefined) => T, options?: SetOptions): T {
    this.engine.checkOpen()
    checkSetOptionNames('update', options)
    if (typeof change !== 'function') throw invalidOption('change', change, 'a function')
    const stored = toStoredKey(key)
    const resolved = this.resolve(options)
    this.loads.detach(stored)
    return this.transact(() => {
      const found = this.engine.reader.find(stored)
      const wasLive = found !== undefined
      const value = change(found?.value as T | undefined)
      const encoded = this.engine.format.encode(refusePromise(value))
      if (options !== undefined) this.storeEncoded('update', stored, encoded, resolved)
      else {
        this.engine.writer.using('update', stored, encoded, (prepared) => {
          this.engine.writer.replaceValue('update', stored, prepared, { ...resolved, wasLive })
        })
      }
      return value
    })
  }

  /** Removes the entry of `key`. @returns whether there was a live one. */
  delete(key: Key): boolean {
    this.engine.checkOpen()
    return this.deleteStored(toStoredKey(key))
  }

  /** Removes the entry of `key`; atomic across processes. @returns its value. */
  pop<T = V>(key: Key): T | undefined {
    this.engine.checkOpen()
    const stored = toStoredKey(key)
    this.beforeWrite(stored)
    return this.engine.transactions.write('pop', () => {
      const found = this.engine.reader.find(stored)
      // What cannot be read stays: with another key or codec it may well be readable.
      if (found === undefined) this.engine.leases.outdate(stored)
      else this.engine.writer.remove('pop', stored)
      return found?.value as T | undefined
    })
  }

  /** Stores all `entries` or, if that fails, none; in one transaction. */
  setMany(entries: Iterable<readonly [Key, V, SetOptions?]>): void {
    this.engine.checkOpen()
    this.storeMany(this.encodeMany(entries))
  }

  /** The first half of {@link setMany}: everything that can be wrong with the entries. @internal */
  encodeMany(entries: Iterable<readonly [Key, V, SetOptions?]>): EncodedEntry[] {
    return Array.from(checkIterable('entries', entries), (entry) => {
      const [key, value, options] = checkPair(entry)
      checkSetOptionNames('setMany', options)
      const encoded = ownBytes(this.engine.format.encode(value))
      return { stored: toStoredKey(key), encoded, resolved: this.resolve(options) }
    })
  }

  /** The other half: stores all or none. @internal */
  storeMany(entries: readonly EncodedEntry[]): void {
    this.transact(() => {
      for (const { stored, encoded, resolved } of entries)
        this.storeEncoded('setMany', stored, encoded, resolved)
    })
  }

  /** Removes the entries of `keys` in one transaction. @returns how many were live. */
  deleteMany(keys: Iterable<Key>): number {
    this.engine.checkOpen()
    const asked = Array.from(checkIterable('keys', keys), toStoredKey)
    return this.transact(() =>
      asked.reduce((count, stored) => count + Number(this.deleteStored(stored)), 0),
    )
  }

  /** Adds `delta` to the number under `key`; atomic across processes. @returns the new number. */
  incr(key: Key, delta: number = 1, options?: CountOptions): number {
    this.engine.checkOpen()
    const stored = toStoredKey(key)
    this.beforeWrite(stored)
    return addToCounter(this.engine, 'incr', stored, delta, options)
  }

  /** Takes `delta` off the number under `key`; see {@link incr}. */
  decr(key: Key, delta: number = 1, options?: CountOptions): number {
    this.engine.checkOpen()
    const stored = toStoredKey(key)
    this.beforeWrite(stored)
    return addToCounter(this.engine, 'decr', stored, delta, options)
  }

  /**
   * Runs `work` atomically: every process sees all of its writes or none. Other writers wait, so keep it short.
   * A nested call that throws undoes its own writes; if the outer one throws, all are undone.
   * @throws HoldfastError `ERR_ASYNC_TRANSACTION` if `work` is asynchronous; what `work` throws.
   */
  transact<T>(work: () => T): T {
    this.engine.checkOpen()
    if (typeof work !== 'function') throw invalidOption('work', work, 'a function')
    if (!this.engine.transactions.isOpen) this.group.flush()
    return this.engine.transactions.transact(work)
  }

  /** Removes every entry, at once and for every process. @returns how many were live. */
  clear(): number {
    this.engine.checkOpen()
    this.group.flush()
    this.loads.detachAll()
    return this.engine.clear()
  }

  /** A stream whose bytes become the value of `key`, as a `Buffer`, when it ends. Until then the old value stays. */
  writeStream(key: Key, options?: SetOptions): Writable {
    this.engine.checkOpen()
    checkSetOptionNames('writeStream', options)
    const stored = toStoredKey(key)
    this.resolve(options)
    return openWriteStream(this.engine, stored, () => {
      this.engine.checkOpen()
      this.group.flush()
      this.loads.detach(stored)
      return this.resolve(options)
    })
  }

  /** Commits what is waiting and closes this handle; other processes' are not disturbed. Twice is harmless. */
  close(): void {
    this.engine.checkClosable()
    this.engine.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Before a write to `key`: commits the `setAsync` calls that came before it, and leaves loads that began before it. @internal */
  protected beforeWrite(key: StoredKey): void {
    this.loads.detach(key)
    if (!this.engine.transactions.isOpen) this.group.flush()
  }

  /** @internal */
  protected resolve(options: SetOptions | undefined): ResolvedSetOptions {
    const { kind } = this.engine.shape
    const { ttl } = this.engine.options
    if (options === undefined) return defaultSetOptions(ttl, this.engine.now())
    return resolveSetOptions(options, ttl, this.engine.now(), kind)
  }

  /** @internal */
  protected storeEncoded(
    what: string,
    key: StoredKey,
    encoded: EncodedValue,
    options: ResolvedSetOptions,
  ): void {
    this.beforeWrite(key)
    if (options.expires !== null && options.expires <= this.engine.now()) {
      this.engine.writer.remove(what, key)
      return
    }
    this.engine.writer.using(what, key, encoded, (prepared) =>
      this.engine.writer.store(what, key, prepared, options),
    )
  }

  /** @internal */
  deleteStored(key: StoredKey): boolean {
    this.beforeWrite(key)
    const { rows, signatures, writer } = this.engine
    if (signatures === undefined) return writer.remove('delete', key)
    // A row that is not believed is removed too, but it was no entry.
    const wasThere = rows.has(key)
    return writer.remove('delete', key) && wasThere
  }
}

/** An entry of `setMany` that is ready to be stored. */
export interface EncodedEntry {
  readonly stored: StoredKey
  readonly encoded: EncodedValue
  readonly resolved: ResolvedSetOptions
}

function checkPair<T>(entry: T): T {
  if (Array.isArray(entry)) return entry
  throw invalidOption('entries', entry, '[key, value] or [key, value, options] for each entry')
}

function refusePromise<T>(value: T): T {
  if (!isThenable(value)) return value
  ignoreRejection(value)
  throw new HoldfastError(
    'ERR_ASYNC_TRANSACTION',
    'update: the change must be synchronous. Await first, then update; nothing was changed.',
  )
}
