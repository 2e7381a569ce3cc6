import { HoldfastError } from '../contracts/errors.ts'
import type { Engine } from './engine.ts'
import type { Row } from './driver.ts'
import { findEntry, type NewEntry, type OldEntry, removeEntry, toOldEntry, writeEntry } from './entries.ts'
import { expiryOf, type ResolvedSetOptions } from './set-options.ts'
import { toStoreError } from './sqlite-errors.ts'
import type { StoredKey } from './stored-key.ts'
import type { Transaction } from './transactions.ts'
import type { Encoded } from './value-coding.ts'
import type { NewFile } from './value-files.ts'

/** A value ready to be stored: encoded, and already in its file if it is large. */
export interface Prepared {
  readonly codec: number | string
  readonly size: number
  readonly value: Uint8Array | NewFile
  /** Whether a transaction has taken over the file: then its end decides over it. */
  adopted: boolean
}

/** Replaces and removes rows, inside the caller's transaction. */
export class Writer {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Encodes `value`. @throws HoldfastError `ERR_UNSUPPORTED_VALUE`, `ERR_VALUE_TOO_LARGE`. */
  encode(value: unknown): Encoded {
    return this.#engine.coding.encode(value)
  }

  /**
   * Writes the file of a large value, before the write lock is taken. Whoever prepares must {@link abandon} in the end.
   * @throws HoldfastError `ERR_NO_SPACE`, `ERR_READONLY`, `ERR_IO`.
   */
  prepare(what: string, { codec, bytes }: Encoded): Prepared {
    const size = bytes.byteLength
    if (size <= this.#engine.options.inlineBytes) return { codec, size, value: bytes, adopted: true }
    try {
      return { codec, size, value: this.#engine.files.write(bytes), adopted: false }
    } catch (error) {
      throw toStoreError(error, what)
    }
  }

  /** Prepares `encoded` for `work`, and removes its file again if `work` did not store it. */
  using<T>(what: string, encoded: Encoded, work: (prepared: Prepared) => T): T {
    const prepared = this.prepare(what, encoded)
    try {
      return work(prepared)
    } finally {
      this.abandon(prepared)
    }
  }

  /** Removes the file of a prepared value that no transaction took over. */
  abandon({ value, adopted }: Prepared): void {
    if (!adopted && !(value instanceof Uint8Array)) this.#engine.files.abandon(value.name, value.slot)
  }

  /** The live entry of `key` as writes need it. An expired one is removed: it is absent on every path. */
  live(transaction: Transaction, key: StoredKey): OldEntry | undefined {
    const old = findEntry(this.#engine.connection, key)
    if (old === undefined || old.expires === null || old.expires > this.#engine.now()) return old
    removeEntry(this.#engine.connection, transaction, old, this.#engine.stamps.next())
    transaction.totals.expirations += 1
    return undefined
  }

  /** Stores under `key`, replacing what was there. Takes over the file of `prepared`. */
  store(transaction: Transaction, key: StoredKey, prepared: Prepared, options: ResolvedSetOptions, flags = 0): void {
    const old = this.live(transaction, key)
    const { expires, tags, description, meta } = options
    const stamp = this.#engine.stamps.next()
    this.#put(transaction, old, prepared, { key, ...prepared, flags, stamp, expires, tags, description, meta })
  }

  /** Stores a complete, registered file under `key`; removes the file if that fails. */
  storeFile(what: string, key: StoredKey, codec: number, file: NewFile, options: ResolvedSetOptions): void {
    const prepared: Prepared = { codec, size: file.size, value: file, adopted: false }
    try {
      this.#engine.transactions.write(what, (transaction) => this.store(transaction, key, prepared, options))
    } finally {
      this.abandon(prepared)
    }
  }

  /** Replaces the value of a live entry, and keeps all else that is known of it. */
  replaceValue(transaction: Transaction, key: StoredKey, old: OldEntry, prepared: Prepared): void {
    const sql = 'SELECT flags, tags, description, meta FROM entries WHERE id = ?'
    const row = this.#engine.connection.prepare(sql).get(old.id) as Row
    this.#put(transaction, old, prepared, {
      key,
      ...prepared,
      flags: row[0] as number,
      stamp: this.#engine.stamps.next(),
      expires: old.expires,
      tags: row[1] === null ? [] : (JSON.parse(row[1] as string) as string[]),
      description: row[2] as string | null,
      meta: row[3] as Uint8Array | null,
    })
  }

  /** Removes the entry of `key`. @returns whether there was a live one. */
  remove(transaction: Transaction, key: StoredKey): boolean {
    this.#engine.leases.outdate(transaction, key)
    const old = this.live(transaction, key)
    if (old === undefined) return false
    removeEntry(this.#engine.connection, transaction, old, this.#engine.stamps.next())
    transaction.totals.deletes += 1
    return true
  }

  /** Gives the live entry of `key` another end. @returns whether there is one. */
  touch(transaction: Transaction, key: StoredKey, ttl: number): boolean {
    const old = this.live(transaction, key)
    if (old === undefined) return false
    const now = this.#engine.now()
    const expires = expiryOf(ttl, now)
    if (expires !== null && expires <= now) return this.remove(transaction, key)
    this.#engine.connection.run(
      'UPDATE entries SET expires = ?, used = ? WHERE id = ?',
      expires,
      this.#engine.stamps.next(),
      old.id,
    )
    transaction.dirty = true
    return true
  }

  /** Removes every entry. @returns how many were live. */
  clear(transaction: Transaction): number {
    const { connection, leases, stamps, uses } = this.#engine
    const live = this.countLive()
    leases.outdateAll(transaction)
    const since = Math.floor(stamps.next() / 1_000)
    connection.run('INSERT OR IGNORE INTO trash SELECT file, size, ? FROM entries WHERE file IS NOT NULL', since)
    connection.run('DELETE FROM entries')
    connection.run('DELETE FROM tags')
    uses.clear()
    const { totals } = transaction
    totals.trashBytes += totals.fileBytes
    totals.deletes += live
    totals.entries = 0
    totals.bytes = 0
    totals.fileBytes = 0
    transaction.dirty = true
    return live
  }

  /** How many entries are live: the counter less those that expired and were not removed yet. */
  countLive(): number {
    const { connection } = this.#engine
    const sql = 'SELECT entries - (SELECT count(*) FROM entries WHERE expires <= ?) FROM counters'
    return (connection.row(sql, this.#engine.now())?.[0] as number | undefined) ?? 0
  }

  /** Stored bytes of the live entries. */
  liveBytes(): number {
    const { connection } = this.#engine
    const sql = 'SELECT bytes - (SELECT total(size) FROM entries WHERE expires <= ?) FROM counters'
    return (connection.row(sql, this.#engine.now())?.[0] as number | undefined) ?? 0
  }

  /** Removes the row of a damaged value file, if it still names that file. @returns whether it did. */
  readonly removeDamaged = (id: number, file: string): boolean => {
    const { connection, options, stamps, transactions } = this.#engine
    if (options.readonly) return false
    try {
      return transactions.write('repair', (transaction) => {
        const sql = 'SELECT id, size, file, tags, expires FROM entries WHERE id = ? AND file = ?'
        const old = toOldEntry(connection.prepare(sql).get(id, file) as Row | undefined)
        if (old === undefined) return false
        removeEntry(connection, transaction, old, stamps.next())
        return true
      })
    } catch (error) {
      // The read that found the damage is a miss in any case; the next one, or check(), repairs.
      if (error instanceof HoldfastError) return false
      throw error
    }
  }

  #put(transaction: Transaction, old: OldEntry | undefined, prepared: Prepared, entry: NewEntry): void {
    if (!(entry.value instanceof Uint8Array)) transaction.files.push(entry.value)
    prepared.adopted = true
    this.#engine.leases.outdate(transaction, entry.key)
    writeEntry(this.#engine.connection, transaction, entry, old)
  }
}
