import type { EncodedValue } from '../contracts/codec.ts'
import { isHoldfastError } from '../contracts/errors.ts'
import { wrap, wrapApart } from '../frame/frame.ts'
import type { SealedValue } from '../frame/value-format.ts'
import { announced } from './coherence.ts'
import type { Engine } from './engine.ts'
import {
  entryParameters,
  type NewEntry,
  type PutStatements,
  plainParameters,
  putAlone,
  putInside,
} from './entries.ts'
import { deleteTriggers, dropDeleteTriggers } from './schema.ts'
import { expiryOf, type ResolvedSetOptions } from './set-options.ts'
import { toStoreError } from './sqlite-errors.ts'
import { type StoredKey, wholeKey } from './stored-key.ts'
import { countLive } from './totals.ts'
import type { NewFile } from './value-files.ts'

/** A value ready to be stored: encoded, and already in its file if it is large. */
export interface Prepared {
  readonly codec: number | string
  readonly size: number
  /** The frame, or the file that holds it. */
  readonly value: Uint8Array | NewFile
  /** SHA-256 of the frame, where the store signs. */
  readonly digest: Uint8Array | undefined
  /** Whether a row names the file now, or a transaction that is to decide has taken it over. */
  adopted: boolean
}

/** SQL: whether a row is live at the time of the parameter. */
const live = '(expires IS NULL OR expires > ?)'

/** Replaces and removes rows: each call is one write, a transaction of its own or part of the open one. */
export class Writer {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /**
   * Compresses, encrypts and frames a value, and writes the file of a large one, before the write lock is taken. Whoever
   * prepares must {@link abandon} in the end.
   * @throws HoldfastError `ERR_VALUE_TOO_LARGE`, `ERR_NO_SPACE`, `ERR_READONLY`, `ERR_IO`.
   */
  prepare(what: string, key: StoredKey, encoded: EncodedValue): Prepared {
    return this.place(what, this.#engine.format.seal(encoded, wholeKey(key)))
  }

  /** As {@link prepare}; a large value is compressed by other threads. */
  async prepareAsync(what: string, key: StoredKey, encoded: EncodedValue): Promise<Prepared> {
    return this.place(what, await this.#engine.format.sealAsync(encoded, wholeKey(key)))
  }

  /** Frames a sealed value and writes the file of a large one. */
  place(what: string, { fields, payload }: SealedValue): Prepared {
    const { files, options, signatures } = this.#engine
    const size = payload.byteLength
    const { codec } = fields
    if (size <= options.inlineBytes) {
      const value = wrap(fields, payload)
      return { codec, size, value, digest: signatures?.digest(value), adopted: true }
    }
    const frame = wrapApart(fields, payload)
    const digest = signatures?.digest(frame.head, payload)
    try {
      return { codec, size, value: files.write(frame, payload), digest, adopted: false }
    } catch (error) {
      throw toStoreError(error, what)
    }
  }

  /** Prepares `encoded` for `work`, and removes its file again if `work` did not store it. */
  using<T>(
    what: string,
    key: StoredKey,
    encoded: EncodedValue,
    work: (prepared: Prepared) => T,
  ): T {
    const prepared = this.prepare(what, key, encoded)
    if (prepared.adopted) return work(prepared)
    try {
      return work(prepared)
    } finally {
      this.abandon(prepared)
    }
  }

  /** Removes the file of a prepared value that was not stored. */
  abandon({ value, adopted }: Prepared): void {
    if (!adopted && !(value instanceof Uint8Array))
      this.#engine.files.abandon(value.name, value.slot)
  }

  /** Stores under `key`, replacing what was there. */
  store(
    what: string,
    key: StoredKey,
    prepared: Prepared,
    options: ResolvedSetOptions,
    flags = 0,
  ): void {
    this.#put(what, prepared, this.#entry(key, prepared, options, flags))
  }

  /** Stores under `key` if it has no live entry. @returns whether it did. */
  add(what: string, key: StoredKey, prepared: Prepared, options: ResolvedSetOptions): boolean {
    const { coherence, maintenance, now, rows, signatures, transactions } = this.#engine
    if (signatures !== undefined) {
      // A row that is not ours is no entry, and only a look at all of it tells.
      return transactions.write(what, () => {
        if (rows.has(key)) return false
        this.store(what, key, prepared, options)
        return true
      })
    }
    this.#removeExpired(what, key)
    const entry = this.#entry(key, prepared, options, 0)
    maintenance.notePut(entry.size)
    const commit = coherence.commits + 1
    transactions.touch(key.bytes)
    if (transactions.runNow(what, this.#sql.add, () => [...entryParameters(entry), now()]) !== 1)
      return false
    this.#keepHot(entry, commit)
    transactions.count('sets')
    this.#adopt(prepared)
    return true
  }

  /**
   * Replaces the value of `key`, and keeps all else that is known of it; stores it with `options` if there is no live entry.
   * For use inside a transaction.
   * @param options.wasLive whether its value was read in this call: what ends while it runs is not begun anew.
   */
  replaceValue(
    what: string,
    key: StoredKey,
    prepared: Prepared,
    {
      wasLive,
      ttl,
      ...options
    }: ResolvedSetOptions & { wasLive: boolean; ttl?: number | undefined },
  ): void {
    const { now, rows } = this.#engine
    const facts = rows.facts(key, wasLive)
    if (facts === undefined) {
      this.store(what, key, prepared, options)
      return
    }
    const { flags, ...rest } = facts
    const expires = ttl === undefined ? facts.expires : expiryOf(ttl, now())
    this.store(what, key, prepared, { ...rest, expires }, flags)
  }

  /** Removes the entry of `key`. @returns whether there was a live one. */
  remove(what: string, key: StoredKey): boolean {
    const { leases, now, transactions } = this.#engine
    const sql = `DELETE FROM entries WHERE key = ? AND ${live} AND ${announced} = 0`
    transactions.touch(key.bytes)
    if (this.#makingRoom(() => transactions.runNow(what, sql, () => [key.bytes, now()])) === 0) {
      leases.outdate(key)
      return false
    }
    transactions.count('deletes')
    return true
  }

  /** Gives the live entry of `key` another end. @returns whether there is one. */
  touch(what: string, key: StoredKey, ttl: number): boolean {
    const { now, rows, signatures, stamps, transactions } = this.#engine
    if (ttl <= 0) return this.remove(what, key)
    const sql = `UPDATE entries SET expires = ?, used = ? WHERE key = ? AND ${live} AND ${announced} = 0`
    const extend = (): boolean => {
      transactions.touch(key.bytes)
      const changes = transactions.runNow(what, sql, () => {
        const time = now()
        return [expiryOf(ttl, time), stamps.next(), key.bytes, time]
      })
      return changes === 1
    }
    if (signatures === undefined) return extend()
    return transactions.write(what, () => {
      const expires = expiryOf(ttl, now())
      const signed = rows.signedAnew(key, expires)
      if (signed === undefined) return false
      transactions.touch(key.bytes)
      const resigned = 'UPDATE entries SET expires = ?, used = ?, signature = ? WHERE key = ?'
      return (
        transactions.run(what, resigned, expires, stamps.next(), signed.signature, key.bytes) === 1
      )
    })
  }

  /** Removes every entry. @returns how many were live. */
  clear(): number {
    const { coherence, connection, hot, leases, transactions, uses } = this.#engine
    const remove = (): number => {
      const count = countLive(connection, this.#engine.now())
      coherence.touchAll()
      leases.outdateAll()
      connection.run(
        'INSERT OR IGNORE INTO trash (file, size) SELECT file, coalesce(file_size, 0) FROM entries WHERE file IS NOT NULL',
      )
      // Without triggers SQLite drops the pages as they are instead of visiting every row.
      connection.database.exec(
        `${dropDeleteTriggers} DELETE FROM entries; DELETE FROM tags; ${deleteTriggers}`,
      )
      connection.run(
        'UPDATE counters SET entries = 0, bytes = 0, file_bytes = 0, deletes = deletes + ?',
        count,
      )
      uses.clear()
      hot?.uses.clear()
      return count
    }
    return this.#makingRoom(() => transactions.write('clear', remove))
  }

  #entry(key: StoredKey, prepared: Prepared, options: ResolvedSetOptions, flags: number): NewEntry {
    const { codec, size, value, digest } = prepared
    const { expires, tags, description, meta } = options
    const { signatures, stamps } = this.#engine
    const stamp = stamps.next()
    const entry: NewEntry = {
      key,
      codec,
      size,
      value,
      flags,
      stamp,
      expires,
      tags,
      description,
      meta,
      signature: null,
    }
    if (signatures === undefined || digest === undefined) return entry
    return { ...entry, signature: signatures.sign(entry, digest) }
  }

  #put(what: string, prepared: Prepared, entry: NewEntry): void {
    const { coherence, maintenance, transactions } = this.#engine
    maintenance.notePut(entry.size)
    const plain = plainParameters(entry)
    let commit = coherence.commits + 1
    transactions.touch(entry.key.bytes)
    if (plain !== undefined && transactions.run(what, this.#sql.putPlain, ...plain) === 1) {
      transactions.count('sets')
      this.#keepHot(entry, commit)
      return
    }
    this.#removeExpired(what, entry.key)
    commit = coherence.commits + 1
    transactions.touch(entry.key.bytes)
    transactions.run(what, this.#sql.put, ...entryParameters(entry))
    transactions.count('sets')
    this.#keepHot(entry, commit)
    this.#adopt(prepared)
  }

  get #sql(): PutStatements {
    return this.#engine.transactions.isOpen ? putInside : putAlone
  }

  /** What was just stored is known without reading it. Large values are left to the first who reads them. */
  #keepHot({ key, value, flags, expires }: NewEntry, commit: number): void {
    if (value instanceof Uint8Array)
      this.#engine.hot?.wrote({ key, frame: value, flags, expires }, commit)
  }

  /** Runs a removal, which needs some room too; on a full disk the room that is reserved for that. */
  #makingRoom<T>(remove: () => T): T {
    try {
      return remove()
    } catch (error) {
      if (!isHoldfastError(error, 'ERR_NO_SPACE') || this.#engine.transactions.isOpen) throw error
      return this.#engine.maintenance.withReserve(remove)
    }
  }

  /** An expired entry is absent, so what is stored in its place is new: it comes last in the order of insertion. */
  #removeExpired(what: string, key: StoredKey): void {
    const { connection, now, transactions } = this.#engine
    const expired = 'entries WHERE key = ? AND expires <= ?'
    if (connection.row(`SELECT 1 FROM ${expired}`, key.bytes, now()) === undefined) return
    transactions.touch(key.bytes)
    transactions.runNow(what, `DELETE FROM ${expired} AND ${announced} = 0`, () => [
      key.bytes,
      now(),
    ])
  }

  /** Now that a row names the file, it is the store's; or the open transaction's, whose end decides. */
  #adopt(prepared: Prepared): void {
    if (prepared.value instanceof Uint8Array) return
    const { files, transactions } = this.#engine
    prepared.adopted = true
    if (transactions.isOpen) transactions.adopt(prepared.value)
    else files.release(prepared.value.slot)
  }
}
