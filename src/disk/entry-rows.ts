import type { StoreEvent } from '../contracts/events.ts'
import type { Connection } from './connection.ts'
import type { Row } from './driver.ts'
import { parseTags } from './entries.ts'
import type { ResolvedSetOptions } from './set-options.ts'
import type { Distrust, Signatures, Trust } from './signatures.ts'
import { isBusy, isDamage, toStoreError } from './sqlite-errors.ts'
import { keyed, type StoredKey, wholeKey } from './stored-key.ts'

// One order for all: what every read needs, what a value file needs, what a signature covers.
const forAll = 'id, expires, codec, flags, file'
const forFiles = 'size, checksum, file_size'
const forSignatures = 'written, tags, description, meta, signature'

/** What a row says of its entry beside the value. */
export type Facts = ResolvedSetOptions & { readonly flags: number }

export interface EntryRowsParts {
  readonly connection: Connection
  readonly signatures: Signatures | undefined
  readonly now: () => number
  readonly emit: (event: StoreEvent) => void
  /** Removes a row that somebody else than this store's writers wrote, if it still has that signature; perhaps later. */
  readonly removeForged: (key: Uint8Array, id: number, signature: Uint8Array) => void
}

/** Finds the rows of live entries, and says which of them may be believed. */
export class EntryRows {
  readonly #parts: EntryRowsParts
  readonly #select: string
  readonly #selectFile: string

  constructor(parts: EntryRowsParts) {
    this.#parts = parts
    // A row and what its signature covers are read at once: between two looks it may be replaced.
    const signed = parts.signatures === undefined ? '' : `, ${forFiles}, ${forSignatures}`
    this.#select = `SELECT ${forAll}, value${signed} FROM entries WHERE key = ?`
    const more = parts.signatures === undefined ? '' : `, ${forSignatures}`
    this.#selectFile = `SELECT ${forAll}, NULL, ${forFiles}${more} FROM entries WHERE id = ? AND key = ?`
  }

  /** The row of the live entry of `key`, not judged yet; `null` where there is a row that expired, or is not readable. */
  look(key: StoredKey): Row | null | undefined {
    const row = this.#row(key)
    return row === undefined || row === null ? row : this.#isExpired(row) ? null : row
  }

  /** The row of the live entry of `key`, not judged yet. */
  find(key: StoredKey): Row | undefined {
    return this.look(key) ?? undefined
  }

  /** The row again, with what it says of its value file. */
  withFile(id: number, key: StoredKey): Row | undefined {
    return this.#parts.connection.row(this.#selectFile, id, key.bytes)
  }

  /**
   * What the row of `key` says beside its value. For use inside a transaction.
   * @param wasLive whether its value was read in this call: then it does not matter that it ended since.
   */
  facts(key: StoredKey, wasLive: boolean): Facts | undefined {
    const row = this.#factsRow(key, wasLive)
    if (row === undefined) return undefined
    const [, expires, , flags, , , , , , , tags, description, meta] = row
    return {
      flags: flags as number,
      expires: expires as number | null,
      tags: parseTags(tags),
      description: description as string | null,
      meta: meta as Uint8Array | null,
    }
  }

  /**
   * The signature that the row of `key` needs when it ends at `expires`, `undefined` if there is no such row.
   * For use inside a transaction of a store that signs.
   */
  signedAnew(key: StoredKey, expires: number | null): { signature: Uint8Array | null } | undefined {
    const row = this.#factsRow(key, false)
    const signature =
      row === undefined ? undefined : this.#parts.signatures?.resign(wholeKey(key), row, expires)
    return signature === undefined ? undefined : { signature }
  }

  #factsRow(key: StoredKey, wasLive: boolean): Row | undefined {
    const row = this.#lookUp(
      `SELECT ${forAll}, NULL, ${forFiles}, ${forSignatures} FROM entries WHERE key = ?`,
      key,
    )
    if (row === undefined || row === null || (!wasLive && this.#isExpired(row))) return undefined
    return this.trust(row, key) === undefined ? undefined : row
  }

  /** Whether `key` has a live entry. */
  has(key: StoredKey): boolean {
    if (this.#parts.signatures !== undefined) {
      const row = this.find(key)
      return row !== undefined && this.trust(row, key) !== undefined
    }
    const row = this.#lookUp('SELECT NULL, expires FROM entries WHERE key = ?', key)
    return row !== undefined && row !== null && !this.#isExpired(row)
  }

  #isExpired(row: Row): boolean {
    const expires = row[1] as number | null
    return expires !== null && expires <= this.#parts.now()
  }

  #row(key: StoredKey): Row | null | undefined {
    try {
      return this.#parts.connection.prepare(this.#select).get(key.bytes) as Row | undefined
    } catch (error) {
      if (isBusy(error)) return this.#lookUp(this.#select, key)
      return this.#missIfDamaged(error, key)
    }
  }

  #lookUp(sql: string, key: StoredKey): Row | null | undefined {
    try {
      return this.#parts.connection.row(sql, key.bytes)
    } catch (error) {
      return this.#missIfDamaged(error, key)
    }
  }

  /** A damaged page is a miss and an event; any other failure to read is an error. */
  #missIfDamaged(error: unknown, key: StoredKey): null {
    if (!isDamage(error)) throw toStoreError(error, 'get')
    this.report('corrupt', key, 'a page of the database is damaged', error)
    return null
  }

  /** Whether the row is what this store's writers wrote, and the digest that its value must have then. */
  trust(row: Row, key: StoredKey): Trust | undefined {
    const { signatures } = this.#parts
    if (signatures === undefined) return trusted
    const judged = signatures.judge(wholeKey(key), row)
    return 'verdict' in judged ? this.distrust(key, row, judged) : judged
  }

  distrust(key: StoredKey, row: Row, { verdict, drop }: Distrust): undefined {
    this.report('tamper', key, distrusted[verdict], { verdict })
    if (drop) this.#parts.removeForged(key.bytes, row[0] as number, row[13] as Uint8Array)
    return undefined
  }

  report(type: 'corrupt' | 'tamper', key: StoredKey, reason: string, detail: unknown): void {
    this.#parts.emit({ type, ...keyed(key.bytes, key.long), reason, detail })
  }
}

/** What a store without signatures thinks of every row. */
const trusted: Trust = { digest: undefined }

const distrusted: Readonly<Record<Distrust['verdict'], string>> = {
  unsigned: 'it is not signed',
  'unknown-key': 'it is signed with a key that is not given',
  invalid: 'it is not what was signed',
}
