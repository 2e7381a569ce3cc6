import type { Row, SqlValue } from '../disk/driver.ts'
import { readMsgpack } from './msgpack-reader.ts'
import { NotConvertible } from './not-convertible.ts'
import { readPickle } from './pickle-reader.ts'
import { nameOfKey } from './python-repr.ts'
import { decodeText } from './python-text.ts'
import type { PythonValue } from './python-value.ts'
import { readSciqlopKey } from './sciqlop-key.ts'
import { cellColumns, cellOf, type SourceDatabase } from './source-database.ts'
import { checkSize, readSourceFile } from './source-file.ts'
import type { SourceReader, SourceRow } from './source-row.ts'
import { tagOf } from './source-tag.ts'
import { toKey } from './to-key.ts'
import { type PlainValue, toPlain } from './to-plain.ts'

/** What the `meta` table of a SciQLop database says. */
export interface SciqlopFacts {
  /** How values are encoded; a fanout of 0.1.3 does not say. */
  readonly serializer: string | undefined
  /** Whether keys that begin with NUL stand for others than texts: from 0.3 on, once there is such a key. */
  readonly encodedKeys: boolean
  /** An index has neither expiry nor tags. */
  readonly isIndex: boolean
}

/** Reads one `sciqlop-cache.db`, whose order is that of the keys. */
export class SciqlopReader implements SourceReader {
  readonly database: SourceDatabase
  readonly directory: string
  readonly path: string
  /** Rows have no time or number by which a change could be told, so the value itself is compared. */
  readonly dropSql: string =
    'DELETE FROM cache WHERE key = CAST(? AS TEXT) AND path IS ? AND CAST(size AS REAL) IS ? AND value IS ?'
  readonly #facts: SciqlopFacts
  readonly #sql: string

  constructor(database: SourceDatabase, directory: string, path: string, facts: SciqlopFacts) {
    this.database = database
    this.directory = directory
    this.path = path
    this.#facts = facts
    const more = facts.isIndex
      ? `NULL, 'null', NULL`
      : `CAST(expire AS REAL), ${cellColumns('tag')}`
    this.#sql = `SELECT CAST(key AS BLOB), CAST(path AS TEXT), CAST(size AS REAL), length(value), ${more} FROM cache`
  }

  *rows(): Generator<SourceRow> {
    let row = this.database.row(`${this.#sql} ORDER BY key LIMIT 1`)
    while (row !== undefined) {
      yield this.#row(row)
      row = this.database.row(
        `${this.#sql} WHERE key > CAST(? AS TEXT) ORDER BY key LIMIT 1`,
        keyOf(row),
      )
    }
  }

  #row(row: Row): SourceRow {
    const key = keyOf(row)
    const [, path, size, length, expire] = row
    const file = path === null || path === '' ? undefined : (path as string)
    let inline: SqlValue = null
    return {
      ...this.#key(key),
      ...tagOf(cellOf(row, 5)),
      expiresAt: expire === null ? Number.POSITIVE_INFINITY : Number(expire) * 1_000,
      size: Number(file === undefined ? length : size),
      value: () => {
        if (file !== undefined) return this.#decode(readSourceFile(this.directory, file))
        checkSize(Number(length))
        inline = this.#inline(key)
        return this.#decode(inline)
      },
      get identity() {
        return [key, path as SqlValue, size as SqlValue, inline]
      },
      file,
    }
  }

  #key(bytes: Uint8Array): Pick<SourceRow, 'name' | 'key' | 'isText'> {
    try {
      const text = decodeText(bytes)
      if (!this.#facts.encodedKeys || !text.startsWith('\0'))
        return { name: text, key: { value: text, hasWholeFloat: false }, isText: true }
      const value = readSciqlopKey(text)
      return { name: nameOfKey(value), key: converted(value), isText: false }
    } catch (error) {
      if (!(error instanceof NotConvertible)) throw error
      return {
        name: Buffer.from(bytes).toString('utf8').slice(0, 400),
        key: { reason: error },
        isText: false,
      }
    }
  }

  #inline(key: Uint8Array): Uint8Array {
    const row = this.database.row(
      `SELECT ${cellColumns('value')} FROM cache WHERE key = CAST(? AS TEXT)`,
      key,
    )
    const cell = row === undefined ? undefined : cellOf(row, 0)
    if (cell?.type === 'blob') return cell.value
    throw new NotConvertible('its value is no blob')
  }

  #decode(bytes: Uint8Array): PlainValue {
    if (looksPickled(bytes)) return toPlain(readPickle(bytes), bytes.length)
    if (Buffer.from(bytes.subarray(0, outOfBand.length)).equals(outOfBand)) {
      throw new NotConvertible('a pickle with separate buffers, as of numpy arrays')
    }
    if (this.#facts.serializer === 'msgspec') return toPlain(readMsgpack(bytes), bytes.length)
    // What `incr` of SciQLop's own core counts is no pickle but an integer.
    const counter = bytes.length === 8 ? counterOf(bytes) : undefined
    if (counter !== undefined) return { value: counter, change: undefined }
    if (this.#facts.serializer === undefined) return toPlain(readMsgpack(bytes), bytes.length)
    throw new NotConvertible('its value is no pickle of protocol 2 to 5')
  }
}

const outOfBand = Buffer.from('\0SQCOOB1', 'latin1')

function keyOf(row: Row): Uint8Array {
  return (row[0] as Uint8Array | null) ?? new Uint8Array(0)
}

function looksPickled(bytes: Uint8Array): boolean {
  const protocol = bytes[1] ?? 0
  return bytes[0] === 0x80 && protocol >= 2 && protocol <= 5 && bytes.at(-1) === 0x2e
}

/** 8 bytes, little-endian; `undefined` if the number is so large that they are hardly a counter. */
function counterOf(bytes: Uint8Array): number | undefined {
  const number = Number(Buffer.from(bytes).readBigInt64LE())
  return Number.isSafeInteger(number) ? number : undefined
}

function converted(value: PythonValue): SourceRow['key'] {
  try {
    return toKey(value)
  } catch (error) {
    if (error instanceof NotConvertible) return { reason: error }
    throw error
  }
}
