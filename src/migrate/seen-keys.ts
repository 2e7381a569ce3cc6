import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Database, type Statement, sqlite } from '../disk/driver.ts'
import { toStoreError } from '../disk/sqlite-errors.ts'
import type { StoredKey } from '../disk/stored-key.ts'

/**
 * The keys that were met in this run, by which two keys of the source that are one here are noticed: `1` and `1.0`, a list
 * and a tuple. On disk, because there may be more of them than memory.
 */
export class SeenKeys implements Disposable {
  readonly #database: Database
  readonly #insert: Statement
  readonly #name: string

  constructor(folder: string) {
    this.#name = join(folder, `seen-${randomBytes(4).toString('hex')}.db`)
    const { DatabaseSync } = sqlite()
    this.#database = new DatabaseSync(this.#name)
    // One transaction, never committed: a commit for each key would cost more than all the rest of the import.
    this.#database.exec(`
      PRAGMA journal_mode = OFF;
      PRAGMA synchronous = OFF;
      CREATE TABLE seen (key BLOB PRIMARY KEY) WITHOUT ROWID;
      BEGIN;
    `)
    this.#insert = this.#database.prepare('INSERT OR IGNORE INTO seen VALUES (?)')
  }

  /** Notes `key`. @returns whether it is new. */
  add(key: StoredKey): boolean {
    try {
      return Number(this.#insert.run(key.bytes).changes) === 1
    } catch (error) {
      throw toStoreError(error, this.#name)
    }
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}
