import type { Key } from '../contracts/key.ts'
import type { Row, SqlValue } from '../disk/driver.ts'
import { readJsonDisk, readJsonDiskFile } from './json-disk.ts'
import { NotConvertible } from './not-convertible.ts'
import { readPickle } from './pickle-reader.ts'
import { nameOfKey } from './python-repr.ts'
import { decodeText } from './python-text.ts'
import { PythonFloat, type PythonValue } from './python-value.ts'
import {
  type Cell,
  cellColumns,
  cellOf,
  integerOf,
  type SourceDatabase,
} from './source-database.ts'
import { checkSize, readSourceFile } from './source-file.ts'
import type { SourceReader, SourceRow } from './source-row.ts'
import { tagOf } from './source-tag.ts'
import { toKey } from './to-key.ts'
import { type PlainValue, toPlain } from './to-plain.ts'

const columns = `CAST(rowid AS TEXT), raw = 1, CAST(store_time AS REAL),
  CASE WHEN typeof(expire_time) IN ('integer', 'real', 'null') THEN CAST(expire_time AS REAL) ELSE 'odd' END,
  CAST(mode AS REAL), CAST(filename AS TEXT), CAST(size AS REAL),
  CASE typeof(value) WHEN 'text' THEN length(CAST(value AS BLOB)) ELSE length(value) END,
  ${cellColumns('key')}, ${cellColumns('tag')}`

/** In the order in which they were stored. */
const inOrder = `SELECT ${columns} FROM Cache WHERE rowid > CAST(? AS INTEGER) ORDER BY rowid LIMIT 1`
/** A deque's order is that of its keys, which are integers. */
const inKeyOrder = `SELECT ${columns} FROM Cache WHERE key > CAST(? AS INTEGER) ORDER BY key LIMIT 1`
const valueSql = `SELECT ${cellColumns('value')} FROM Cache WHERE rowid = CAST(? AS INTEGER)`

/** How diskcache keeps a value. */
const mode = { raw: 1, binary: 2, text: 3, pickle: 4 } as const

export interface DiskcacheOptions {
  /** Whether the source was written through JSONDisk. */
  readonly json: boolean
  readonly order: 'row' | 'key'
}

/** Reads one `cache.db` of Python's diskcache. */
export class DiskcacheReader implements SourceReader {
  readonly database: SourceDatabase
  readonly directory: string
  readonly path: string
  readonly dropSql: string =
    'DELETE FROM Cache WHERE rowid = CAST(? AS INTEGER) AND CAST(store_time AS REAL) IS ? AND CAST(filename AS TEXT) IS ?'
  readonly #options: DiskcacheOptions

  constructor(
    database: SourceDatabase,
    directory: string,
    path: string,
    options: DiskcacheOptions,
  ) {
    this.database = database
    this.directory = directory
    this.path = path
    this.#options = options
  }

  *rows(): Generator<SourceRow> {
    const byKey = this.#options.order === 'key'
    for (let position = '-9223372036854775808'; ; ) {
      const row = this.database.row(byKey ? inKeyOrder : inOrder, position)
      if (row === undefined) return
      yield this.#row(row)
      position = byKey ? Buffer.from(row[9] as Uint8Array).toString('latin1') : (row[0] as string)
    }
  }

  #row(row: Row): SourceRow {
    const [rowid, raw, storeTime, expireTime, modeNumber, filename, fileSize, length] = row
    const key = this.#key(cellOf(row, 8), raw === 1)
    const file = (filename as string | null) ?? undefined
    const size =
      file === undefined ? ((length as number | null) ?? 0) : ((fileSize as number | null) ?? 0)
    return {
      ...key,
      ...tagOf(cellOf(row, 10)),
      expiresAt: expireTime === null ? Number.POSITIVE_INFINITY : Number(expireTime) * 1_000,
      size,
      value: () => {
        if (file === undefined) checkSize(size)
        return this.#value(rowid as string, modeNumber as number | null, file)
      },
      identity: [rowid, storeTime, filename] as SqlValue[],
      file,
    }
  }

  #key(cell: Cell, raw: boolean): Pick<SourceRow, 'name' | 'key' | 'isText'> {
    let value: PythonValue
    try {
      value = this.#readKey(cell, raw)
    } catch (error) {
      if (!(error instanceof NotConvertible)) throw error
      const bytes =
        cell.type === 'blob' || cell.type === 'text' ? Buffer.from(cell.value).toString('hex') : ''
      const name = bytes.length > 400 ? `${bytes.slice(0, 400)}...` : bytes
      return { name: `<bytes ${name}>`, key: { reason: error }, isText: false }
    }
    const isText = typeof value === 'string' && raw && !this.#options.json
    return { name: nameOfKey(value), key: convertedKey(value, raw), isText }
  }

  #readKey(cell: Cell, raw: boolean): PythonValue {
    if (cell.type === 'null') throw new NotConvertible('the row has no key')
    if (this.#options.json) {
      if (cell.type !== 'blob') throw new NotConvertible('the key is not one of JSONDisk')
      return readJsonDisk(cell.value)
    }
    if (raw) return plainCell(cell)
    if (cell.type !== 'blob') throw new NotConvertible('the key is no pickle')
    return readPickle(cell.value, { markFloats: true })
  }

  #value(rowid: string, how: number | null, file: string | undefined): PlainValue {
    if (file === undefined) {
      const row = this.database.row(valueSql, rowid)
      if (row === undefined) throw new NotConvertible('its row is gone')
      return this.#inlineValue(cellOf(row, 0), how)
    }
    const bytes = readSourceFile(this.directory, file)
    if (this.#options.json) return readJsonDiskFile(bytes)
    if (how === mode.binary) return exactly(bytes)
    if (how === mode.text) return exactly(decodeText(bytes))
    if (how === mode.pickle) return toPlain(readPickle(bytes), bytes.length)
    throw new NotConvertible(
      `its value is kept in a way that diskcache does not have (mode ${how})`,
    )
  }

  #inlineValue(cell: Cell, how: number | null): PlainValue {
    if (this.#options.json) {
      if (cell.type !== 'blob') throw new NotConvertible('its value is not one of JSONDisk')
      return toPlain(readJsonDisk(cell.value), cell.value.length)
    }
    if (how === mode.raw) return toPlain(plainCell(cell), 0)
    if (how === mode.pickle && cell.type === 'blob')
      return toPlain(readPickle(cell.value), cell.value.length)
    throw new NotConvertible(
      `its value is kept in a way that diskcache does not have (mode ${how})`,
    )
  }
}

function convertedKey(value: PythonValue, raw: boolean): SourceRow['key'] {
  try {
    const key = toKey(value)
    if (raw || !isPlain(key.value)) return key
    return {
      reason: new NotConvertible('the key would be taken for a plain text, number or bytes'),
    }
  } catch (error) {
    if (error instanceof NotConvertible) return { reason: error }
    throw error
  }
}

/** Keys that diskcache stores as they are; a pickled one that becomes such is something else in Python. */
function isPlain(key: Key): boolean {
  return typeof key === 'string' || typeof key === 'number' || key instanceof Uint8Array
}

/** A cell as what Python put there. NaN arrives as NULL, and diskcache gives that back as None. */
function plainCell(cell: Cell): PythonValue {
  if (cell.type === 'null') return null
  if (cell.type === 'real') return new PythonFloat(cell.value)
  if (cell.type === 'integer') return integerOf(cell.value)
  return cell.type === 'text' ? decodeText(cell.value) : Buffer.from(cell.value)
}

function exactly(value: unknown): PlainValue {
  return { value, change: undefined }
}
