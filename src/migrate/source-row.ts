import type { SqlValue } from '../disk/driver.ts'
import type { NotConvertible } from './not-convertible.ts'
import type { SourceDatabase } from './source-database.ts'
import type { ConvertedKey } from './to-key.ts'
import type { PlainValue } from './to-plain.ts'

/** One row of a source. */
export interface SourceRow {
  /** The key as reports name it. */
  readonly name: string
  /** The key here, or why it cannot be one. */
  readonly key: ConvertedKey | { readonly reason: NotConvertible }
  /** Whether the key is a text of the source as it is. No two of these are ever the same key here; others may be. */
  readonly isText: boolean
  /** Milliseconds since the epoch, `Infinity` = never; NaN if the source says nothing that makes sense. */
  readonly expiresAt: number
  readonly tag: string | undefined
  /** Why the entry comes without its tag; `undefined` if it has none or keeps it. */
  readonly tagChange: string | undefined
  /** About how many bytes the value has. */
  readonly size: number
  /** Reads the value. @throws NotConvertible */
  value(): PlainValue
  /** Parameters of the reader's `dropSql`, by which exactly this state of the row is found again. */
  readonly identity: readonly SqlValue[]
  /** The value file, as the row names it. */
  readonly file: string | undefined
}

/** Reads one database of a source. */
export interface SourceReader {
  readonly database: SourceDatabase
  /** Real path of the folder that holds database and value files. */
  readonly directory: string
  /** Path of the database itself; what is read is a copy. */
  readonly path: string
  /** Deletes a row, if it is still as it was read. */
  readonly dropSql: string
  rows(): Generator<SourceRow>
}
