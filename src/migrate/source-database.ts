import { HoldfastError } from '../contracts/errors.ts'
import { type Database, type Row, type SqlValue, type Statement, sqlite } from '../disk/driver.ts'
import { isDamage } from '../disk/sqlite-errors.ts'

/** A cell with the type that SQLite keeps it under. Text and integers are their bytes, so that nothing is cut or rounded. */
export type Cell =
  | { readonly type: 'null' }
  | { readonly type: 'real'; readonly value: number }
  | { readonly type: 'text' | 'integer' | 'blob'; readonly value: Uint8Array }

/** SQL of the two columns from which {@link cellOf} makes a cell. */
export function cellColumns(column: string): string {
  return `typeof(${column}), CASE WHEN typeof(${column}) IN ('text', 'integer') THEN CAST(${column} AS BLOB) ELSE ${column} END`
}

/** The cell in columns `at` and `at + 1` of `row`. */
export function cellOf(row: Row, at: number): Cell {
  const type = row[at]
  if (type === 'real') return { type, value: row[at + 1] as number }
  if (type !== 'text' && type !== 'integer' && type !== 'blob') return { type: 'null' }
  // The driver gives an empty blob as null or as no bytes, depending on its version.
  return { type, value: (row[at + 1] as Uint8Array | null) ?? new Uint8Array(0) }
}

/** An integer cell: a number where it is exact, else a bigint. */
export function integerOf(bytes: Uint8Array): number | bigint {
  const text = Buffer.from(bytes).toString('latin1')
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

/** The database of a source, or its copy. Rows come as arrays. */
export class SourceDatabase {
  readonly #database: Database
  readonly #statements = new Map<string, Statement>()
  readonly #name: string

  /** @param name what errors call it. @param path of the file that is opened. */
  constructor(name: string, path: string) {
    this.#name = name
    const { DatabaseSync } = sqlite()
    // The triggers of diskcache have text in double quotes, which SQLite otherwise takes for names of columns.
    const options: object = { enableDoubleQuotedStringLiterals: true }
    this.#database = this.#attempt(() => new DatabaseSync(path, options))
    this.exec(
      'PRAGMA busy_timeout = 5000; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON',
    )
  }

  row(sql: string, ...parameters: SqlValue[]): Row | undefined {
    return this.#attempt(() => this.#prepare(sql).get(...parameters) as Row | undefined)
  }

  rows(sql: string, ...parameters: SqlValue[]): Row[] {
    return this.#attempt(() => this.#prepare(sql).all(...parameters) as Row[])
  }

  /** How many rows `sql` changed. */
  run(sql: string, ...parameters: SqlValue[]): number {
    return this.#attempt(() => Number(this.#prepare(sql).run(...parameters).changes))
  }

  exec(sql: string): void {
    this.#attempt(() => this.#database.exec(sql))
  }

  close(): void {
    this.#statements.clear()
    this.#database.close()
  }

  #prepare(sql: string): Statement {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    statement.setReturnArrays(true)
    this.#statements.set(sql, statement)
    return statement
  }

  #attempt<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (!isDamage(error)) throw sourceError(error, this.#name)
      throw new HoldfastError(
        'ERR_CORRUPT',
        `${this.#name}: the database of the source is damaged. What was copied so far stays in the target. Repair the source (sqlite3 '.recover') and run migrate again.`,
        { cause: error },
      )
    }
  }
}

/** SQLite's complaint about a source as a coded error. */
function sourceError(error: unknown, name: string): unknown {
  const result = (error as { errcode?: unknown } | null)?.errcode
  if (typeof result !== 'number') return error
  const primary = result & 0xff
  if (primary === 5 || primary === 6) {
    return new HoldfastError(
      'ERR_BUSY',
      `${name}: another process is writing to the source. Stop it and run migrate again.`,
      {
        cause: error,
      },
    )
  }
  return new HoldfastError('ERR_IO', `${name}: SQLite could not read the source; see the cause.`, {
    cause: error,
  })
}
