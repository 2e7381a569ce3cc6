import { rmdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { HoldfastError } from '../contracts/errors.ts'
import { NotConvertible } from './not-convertible.ts'
import { SourceDatabase } from './source-database.ts'
import { sourceFilePath } from './source-file.ts'
import type { SourceReader, SourceRow } from './source-row.ts'

/** Deletes entries from a source that the target certainly has. */
export class SourceDropper implements Disposable {
  readonly #reader: SourceReader
  #database: SourceDatabase | undefined

  constructor(reader: SourceReader) {
    this.#reader = reader
  }

  /**
   * Deletes those of `rows` that are still as they were read, in one transaction; then their files.
   * @returns how many it deleted.
   */
  drop(rows: readonly SourceRow[]): number {
    if (rows.length === 0) return 0
    this.#database ??= new SourceDatabase(this.#reader.path, this.#reader.path)
    const database = this.#database
    database.exec('BEGIN IMMEDIATE')
    let dropped: readonly SourceRow[]
    try {
      dropped = rows.filter((row) => database.run(this.#reader.dropSql, ...row.identity) === 1)
      database.exec('COMMIT')
    } catch (error) {
      rollBack(database)
      throw error
    }
    for (const { file } of dropped) if (file !== undefined) this.#removeFile(file)
    return dropped.length
  }

  [Symbol.dispose](): void {
    if (this.#database === undefined) return
    // The driver may keep the connection, and with it the log, until it is collected.
    this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    this.#database.close()
  }

  #removeFile(name: string): void {
    try {
      const path = sourceFilePath(this.#reader.directory, name)
      rmSync(path, { force: true })
      // As diskcache does: a folder that is not empty stays.
      rmdirSync(dirname(path))
      rmdirSync(dirname(dirname(path)))
    } catch (error) {
      const isExpected =
        error instanceof NotConvertible || (error as NodeJS.ErrnoException).code !== undefined
      if (!isExpected || error instanceof HoldfastError) throw error
    }
  }
}

function rollBack(database: SourceDatabase): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // SQLite did it by itself.
  }
}
