import type { Engine } from './engine.ts'
import { readableKey } from './stored-key.ts'

/** A row that no version of holdfast wrote. */
export interface BadRow {
  readonly id: number
  readonly detail: string
}

const largest = Number.MAX_SAFE_INTEGER
const isNumber = (column: string): string =>
  `typeof(${column}) = 'integer' AND ${column} BETWEEN -${largest} AND ${largest}`

/** SQL: whether every column holds what it is for. Names are our own. */
const isSound = [
  "typeof(key) = 'blob'",
  "typeof(long_key) IN ('blob', 'null')",
  "typeof(codec) IN ('integer', 'text')",
  isNumber('size'),
  isNumber('flags'),
  isNumber('written'),
  isNumber('uses'),
  `(used IS NULL OR ${isNumber('used')})`,
  `(expires IS NULL OR ${isNumber('expires')})`,
  `CASE WHEN file IS NULL THEN typeof(value) = 'blob'
    ELSE typeof(file) = 'text' AND typeof(checksum) = 'blob' AND ${isNumber('file_size')} END`,
  '(tags IS NULL OR json_valid(tags))',
  "typeof(description) IN ('text', 'null')",
  "typeof(meta) IN ('blob', 'null')",
  "typeof(signature) IN ('blob', 'null')",
].join(' AND ')

const pageSize = 256

/** The rows whose columns do not hold what they are for. */
export function findUnsoundRows({ connection }: Engine): BadRow[] {
  const rows = connection.rows(`SELECT id FROM entries WHERE NOT coalesce(${isSound}, 0)`)
  return rows.map(([id]) => ({ id: id as number, detail: 'a row that no writer wrote' }))
}

/** The rows whose key nobody can read. */
export function* findUnreadableKeys({ connection }: Engine): Generator<BadRow> {
  const sql = `SELECT id, key, long_key FROM entries WHERE id > ? ORDER BY id LIMIT ${pageSize}`
  for (let position = 0; ; ) {
    const rows = connection.rows(sql, position)
    for (const [id, key, long] of rows) {
      position = id as number
      if (readableKey(key, long) === undefined) yield { id: position, detail: 'its key is none' }
    }
    if (rows.length < pageSize) return
  }
}
