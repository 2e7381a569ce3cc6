import type { EncodedValue } from '../contracts/codec.ts'
import { isHoldfastError } from '../contracts/errors.ts'
import type { StoreEvent } from '../contracts/events.ts'
import { decryptError, decryptReason } from '../frame/encryption-error.ts'
import { type OpenFrame, unwrap } from '../frame/frame.ts'
import type { ValueFormat } from '../frame/value-format.ts'
import { isMapped, mapFrom } from './codec-column.ts'
import type { Ticket } from './coherence.ts'
import type { Row } from './driver.ts'
import type { EntryRows } from './entry-rows.ts'
import { type HotReads, notHot } from './hot-reads.ts'
import type { Signatures, Trust } from './signatures.ts'
import { toStoreError } from './sqlite-errors.ts'
import { keyed, type StoredKey, wholeKey } from './stored-key.ts'
import type { Tally } from './tally.ts'
import type { Damage, NamedFile, TooLarge, ValueReader } from './value-reader.ts'

/** A live entry that was found, with its value decoded. */
export interface Found {
  readonly flags: number
  readonly value: unknown
}

/** One that was read from the database. */
export interface FoundRow extends Found {
  readonly id: number
}

/** A live entry whose frame was read and judged. */
export interface FoundFrame {
  readonly id: number
  readonly flags: number
  readonly expires: number | null
  readonly isFile: boolean
  readonly frame: OpenFrame
}

/** A live entry whose value was decrypted and decompressed. */
export interface FoundEncoded {
  readonly id: number
  readonly flags: number
  readonly expires: number | null
  readonly encoded: EncodedValue
}

const empty = new Uint8Array(0)

/** Another process can replace a file value between our two looks at most this often before we call it damage. */
const fileAttempts = 8

export interface ReaderParts {
  readonly rows: EntryRows
  readonly values: ValueReader
  readonly format: ValueFormat
  readonly signatures: Signatures | undefined
  /** What this process keeps, if it does. */
  readonly hot: HotReads | undefined
  /** When checksums are compared. With `'always'` no value of a file is kept: every read is to look at the file. */
  readonly verify: 'first' | 'always' | 'never'
  /** Notes that an entry was used, if the store wants to know. */
  readonly noteUse: ((id: number) => void) | undefined
  readonly tally: Tally
  readonly emit: (event: StoreEvent) => void
  /** Whether what cannot be decrypted throws `ERR_DECRYPT` instead of being a miss, and stays as evidence. */
  readonly throwsAtDamage: boolean
  /** Removes the row of a damaged value, if it still holds or names it, and calls `done` then; perhaps later. */
  readonly repair: (
    key: Uint8Array,
    id: number,
    damaged: string | Uint8Array,
    done: () => void,
  ) => void
}

/** Finds live entries and brings their values. The one way by which a value leaves the store. */
export class Reader {
  readonly #parts: ReaderParts

  constructor(parts: ReaderParts) {
    this.#parts = parts
  }

  /** The live entry of `key`, kept here or read, and counted as a hit or a miss. */
  get(key: StoredKey): Found | undefined {
    const { hot } = this.#parts
    const entry = hot?.of(key)
    if (hot === undefined || entry === undefined) return this.read(key, hot?.ticket(key))
    const value = hot.hit(entry)
    if (value === notHot) return this.read(key, hot.ticket(key))
    return entry.state === 'absent' ? undefined : { flags: entry.flags, value }
  }

  /** The live entry of `key`, read and counted, and kept for the next time. */
  read(key: StoredKey, ticket: Ticket | undefined): FoundRow | undefined {
    const found = this.find(key, ticket)
    this.count(found?.id)
    if (found !== undefined) this.#parts.hot?.freeze(found.value)
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

  /** The live entry of `key`, not counted. @param ticket taken before; what is found is kept if it still holds. */
  find(key: StoredKey, ticket?: Ticket): FoundRow | undefined {
    const found = this.#findFrame(key, 'read', ticket)
    if (found === undefined) return undefined
    const { id, flags, frame } = found
    const { format, hot } = this.#parts
    const encoded = format.isBare(frame) ? undefined : this.#open(frame, key)
    if (encoded === null) return undefined
    try {
      const value = encoded === undefined ? format.decodeBare(frame) : format.decode(encoded)
      if (ticket !== undefined && this.#isKept(found))
        hot?.keep(ticket, key, { ...found, encoded, value })
      return { id, flags, value }
    } catch (error) {
      this.#parts.rows.report('corrupt', key, 'its value cannot be decoded', error)
      return undefined
    }
  }

  /** The live entry of `key` with the bytes that its codec made. @param how `map` maps value files of every codec. */
  findEncoded(key: StoredKey, how: 'read' | 'map' = 'read'): FoundEncoded | undefined {
    const found = this.#findFrame(key, how, undefined)
    if (found === undefined) return undefined
    const { id, flags, expires, frame } = found
    const encoded = this.#open(frame, key)
    return encoded === null ? undefined : { id, flags, expires, encoded }
  }

  #isKept({ isFile, frame }: FoundFrame): boolean {
    return !isFile || (this.#parts.verify !== 'always' && !isMapped(frame.codec, frame.payload))
  }

  /** `null` for a value that cannot be decrypted or decompressed, which is reported. */
  #open(frame: OpenFrame, key: StoredKey): EncodedValue | null {
    try {
      return this.#parts.format.open(frame, wholeKey(key))
    } catch (error) {
      this.reportClosed(key, error)
      return null
    }
  }

  /** The row of the live entry of `key` whose value is in a file: what is known of the file, if the row can be trusted. */
  findFile(key: StoredKey): { id: number; codec: number | string; file: NamedFile } | undefined {
    const row = this.#parts.rows.find(key)
    if (row === undefined || row[4] === null) return undefined
    const again = this.#parts.rows.withFile(row[0] as number, key)
    if (again === undefined || again[4] === null) return undefined
    const trust = this.#parts.rows.trust(again, key)
    if (trust === undefined) return undefined
    return {
      id: again[0] as number,
      codec: again[2] as number | string,
      file: fileOf(again, trust),
    }
  }

  #findFrame(
    key: StoredKey,
    how: 'read' | 'map',
    ticket: Ticket | undefined,
    attempt = 1,
  ): FoundFrame | undefined {
    const row = this.#parts.rows.look(key)
    if (row === undefined && ticket !== undefined) this.#parts.hot?.keepAbsence(ticket, key)
    if (row === undefined || row === null) return undefined
    const id = row[0] as number
    if (row[4] !== null) return this.#fromFile(id, key, how, attempt)
    const trust = this.#parts.rows.trust(row, key)
    if (trust === undefined) return undefined
    const bytes = row[5] instanceof Uint8Array ? row[5] : empty
    const { signatures, verify } = this.#parts
    if (signatures !== undefined && !isSigned(signatures, trust, bytes))
      return this.#parts.rows.distrust(key, row, signatures.forged)
    try {
      return this.#allowed(key, row, unwrap(bytes, verify !== 'never'))
    } catch (error) {
      if (!isHoldfastError(error, 'ERR_INVALID_FRAME', 'ERR_NEWER_FORMAT')) throw error
      // What a newer version wrote stays for those who can read it.
      if (error.code === 'ERR_NEWER_FORMAT')
        this.#parts.rows.report('corrupt', key, error.message, {})
      else this.#giveUp(id, key, bytes, error.message)
      return undefined
    }
  }

  #fromFile(
    id: number,
    key: StoredKey,
    how: 'read' | 'map',
    first: number,
  ): FoundFrame | undefined {
    for (let attempt = first; ; attempt += 1) {
      const row = this.#parts.rows.withFile(id, key)
      // Between the two looks it was deleted, stored anew under another id, or replaced by an inline value.
      if (row === undefined || row[4] === null)
        return attempt < fileAttempts
          ? this.#findFrame(key, how, undefined, attempt + 1)
          : undefined
      const trust = this.#parts.rows.trust(row, key)
      if (trust === undefined) return undefined
      const file = fileOf(row, trust)
      const read = this.#readFile(file, how === 'map' ? 0 : mapFrom(row[2] as number | string))
      if ('tooLarge' in read) return this.#refuse(key, read.tooLarge)
      if (!('damage' in read)) return foundFrame(row, read)
      const again = this.#parts.rows.withFile(id, key)?.[4]
      if (again !== file.name && attempt < fileAttempts) continue
      const { signatures } = this.#parts
      if (read.isForged === true && signatures !== undefined)
        return this.#parts.rows.distrust(key, row, signatures.forged)
      const reason = `its value file is ${read.damage}`
      if (read.isNewer === true || signatures?.forged.drop === false)
        this.#parts.rows.report('corrupt', key, reason, { file: file.name })
      else this.#giveUp(id, key, file.name, reason)
      return undefined
    }
  }

  #readFile(file: NamedFile, mapFrom: number): OpenFrame | Damage | TooLarge {
    try {
      return this.#parts.values.read(file, mapFrom)
    } catch (error) {
      throw toStoreError(error, 'get')
    }
  }

  /** Somebody with a higher limit may have stored it: then it is not read here, and stays. */
  #allowed(key: StoredKey, row: Row, frame: OpenFrame): FoundFrame | undefined {
    return this.#parts.format.allows(frame)
      ? foundFrame(row, frame)
      : this.#refuse(key, frame.rawSize)
  }

  #refuse(key: StoredKey, size: number): undefined {
    this.#parts.rows.report(
      'corrupt',
      key,
      `its value has ${size} bytes, more than maxValueBytes`,
      { size },
    )
    return undefined
  }

  #giveUp(id: number, key: StoredKey, damaged: string | Uint8Array, reason: string): void {
    const detail = typeof damaged === 'string' ? { file: damaged } : {}
    if (this.#parts.throwsAtDamage) throw decryptError('corrupt')
    this.#parts.rows.report('corrupt', key, reason, detail)
    this.#parts.repair(key.bytes, id, damaged, () => {
      const reason = 'the entry was removed'
      this.#parts.emit({ type: 'repair', ...keyed(key.bytes, key.long), reason, detail })
    })
  }

  /** A value that could not be decrypted or decompressed. It stays: with another key or package it may well be readable. */
  reportClosed(key: StoredKey, error: unknown): void {
    const reason = decryptReason(error)
    if (reason === undefined) {
      this.#parts.rows.report('corrupt', key, 'its value cannot be decompressed', error)
      return
    }
    this.#parts.rows.report('tamper', key, `it cannot be decrypted (${reason})`, { reason })
    if (this.#parts.throwsAtDamage) throw error
  }
}

function foundFrame(row: Row, frame: OpenFrame): FoundFrame {
  return {
    id: row[0] as number,
    flags: row[3] as number,
    expires: row[1] as number | null,
    isFile: row[4] !== null,
    frame,
  }
}

function isSigned(signatures: Signatures, { digest }: Trust, bytes: Uint8Array): boolean {
  return digest === undefined || Buffer.compare(digest, signatures.digest(bytes)) === 0
}

function fileOf(row: Row, { digest }: Trust): NamedFile {
  return {
    name: row[4] as string,
    size: row[6] as number,
    checksum: row[7] as Uint8Array,
    total: row[8] as number,
    digest,
  }
}
