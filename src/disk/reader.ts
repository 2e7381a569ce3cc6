import type { StoreEvent } from '../contracts/events.ts'
import type { Key } from '../contracts/key.ts'
import type { Connection } from './connection.ts'
import type { Row } from './driver.ts'
import { isBusy, isDamage, toStoreError } from './sqlite-errors.ts'
import { keyOfRow, type StoredKey } from './stored-key.ts'
import type { Tally } from './tally.ts'
import type { ValueCoding } from './value-coding.ts'
import type { Damage, ValueFiles } from './value-files.ts'

/** A live entry that was found, with its value decoded. */
export interface Found {
  readonly id: number
  readonly codec: number | string
  readonly flags: number
  readonly value: unknown
}

/** The bytes of a live entry. */
export interface FoundBytes {
  readonly id: number
  readonly codec: number | string
  readonly flags: number
  readonly bytes: Uint8Array
}

const select = 'SELECT id, expires, codec, flags, file, value FROM entries WHERE key = ?'
const selectFile = 'SELECT file, size, checksum, codec, flags FROM entries WHERE id = ? AND key = ?'
const empty = new Uint8Array(0)

/** Another process can replace a file value between our two looks at most this often before we call it damage. */
const fileAttempts = 8

export interface ReaderParts {
  readonly connection: Connection
  readonly files: ValueFiles
  readonly coding: ValueCoding
  /** Notes that an entry was used, if the store wants to know. */
  readonly noteUse: ((id: number) => void) | undefined
  readonly tally: Tally
  readonly now: () => number
  readonly emit: (event: StoreEvent) => void
  /** Removes the row of a damaged file, if it still names it, and calls `done` then; perhaps later. */
  readonly repair: (id: number, file: string, done: () => void) => void
}

/** Finds live entries and brings their values. The one way by which a value leaves the store. */
export class Reader {
  readonly #parts: ReaderParts

  constructor(parts: ReaderParts) {
    this.#parts = parts
  }

  /** The live entry of `key`, counted as a hit or a miss. */
  get(key: StoredKey): Found | undefined {
    const found = this.find(key)
    this.count(found?.id)
    return found
  }

  /** Counts a read: a hit that used the entry `id`, or a miss. */
  count(id: number | undefined): void {
    if (id === undefined) {
      this.#parts.tally.misses += 1
      return
    }
    this.#parts.tally.hits += 1
    this.#parts.noteUse?.(id)
  }

  /** The live entry of `key`, not counted. */
  find(key: StoredKey): Found | undefined {
    const found = this.findBytes(key)
    return found === undefined ? undefined : this.#decode(found, key)
  }

  /** The stored bytes of the live entry of `key`. */
  findBytes(key: StoredKey): FoundBytes | undefined {
    const row = this.#row(key)
    if (row === undefined) return undefined
    const expires = row[1] as number | null
    if (expires !== null && expires <= this.#parts.now()) return undefined
    const id = row[0] as number
    if (row[4] !== null) return this.#fromFile(id, key)
    const inline = (row[5] as Uint8Array | null) ?? empty
    if (!this.#parts.coding.allows(inline.byteLength)) return this.#refuse(key, inline.byteLength)
    return {
      id,
      codec: row[2] as number | string,
      flags: row[3] as number,
      bytes: inline,
    }
  }

  /** Whether `key` has a live entry. */
  has(key: StoredKey): boolean {
    const row = this.#lookUp('SELECT expires FROM entries WHERE key = ?', key)
    if (row === undefined) return false
    const expires = row[0] as number | null
    return expires === null || expires > this.#parts.now()
  }

  #row(key: StoredKey): Row | undefined {
    try {
      return this.#parts.connection.prepare(select).get(key.bytes) as Row | undefined
    } catch (error) {
      if (isBusy(error)) return this.#lookUp(select, key)
      return this.#missIfDamaged(error, key)
    }
  }

  #lookUp(sql: string, key: StoredKey): Row | undefined {
    try {
      return this.#parts.connection.row(sql, key.bytes)
    } catch (error) {
      return this.#missIfDamaged(error, key)
    }
  }

  /** A damaged page is a miss and an event; any other failure to read is an error. */
  #missIfDamaged(error: unknown, key: StoredKey): undefined {
    if (!isDamage(error)) throw toStoreError(error, 'get')
    this.#report(key, 'a page of the database is damaged', error)
    return undefined
  }

  #fromFile(id: number, key: StoredKey): FoundBytes | undefined {
    for (let attempt = 1; ; attempt += 1) {
      const row = this.#parts.connection.row(selectFile, id, key.bytes)
      if (row === undefined) return undefined // deleted between the two looks
      const file = row[0] as string | null
      if (file === null) return this.findBytes(key) // replaced by an inline value
      const size = row[1] as number
      if (!this.#parts.coding.allows(size)) return this.#refuse(key, size)
      const read = this.#readFile(file, size, row[2] as Uint8Array)
      if (read instanceof Uint8Array)
        return { id, codec: row[3] as number | string, flags: row[4] as number, bytes: read }
      const again = this.#parts.connection.row(selectFile, id, key.bytes)?.[0]
      if (again === file || attempt >= fileAttempts) {
        this.#giveUp(id, key, file, read)
        return undefined
      }
    }
  }

  #readFile(file: string, size: number, checksum: Uint8Array): Uint8Array | Damage {
    try {
      return this.#parts.files.read(file, size, checksum)
    } catch (error) {
      throw toStoreError(error, 'get')
    }
  }

  /** Somebody with a higher limit stored it: it is not read here, and stays. */
  #refuse(key: StoredKey, size: number): undefined {
    this.#report(key, `its value has ${size} bytes, more than maxValueBytes`, { size })
    return undefined
  }

  #giveUp(id: number, key: StoredKey, file: string, { damage }: Damage): void {
    this.#report(key, `its value file is ${damage}`, { file })
    this.#parts.repair(id, file, () => {
      this.#parts.emit({
        type: 'repair',
        key: this.#keyOf(key),
        reason: 'the entry was removed',
        detail: { file },
      })
    })
  }

  #decode(found: FoundBytes, key: StoredKey): Found | undefined {
    try {
      const { id, codec, flags } = found
      return { id, codec, flags, value: this.#parts.coding.decode(codec, found.bytes) }
    } catch (error) {
      this.#report(key, 'its value cannot be decoded', error)
      return undefined
    }
  }

  #report(key: StoredKey, reason: string, detail: unknown): void {
    this.#parts.emit({ type: 'corrupt', key: this.#keyOf(key), reason, detail })
  }

  #keyOf(key: StoredKey): Key {
    return keyOfRow(key.bytes, key.long)
  }
}
