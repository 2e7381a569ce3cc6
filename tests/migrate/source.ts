import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openDatabase } from '../support/sqlite-driver.mjs'

/** A row of diskcache; what is left out is as Python leaves it. */
export interface DiskcacheRow {
  readonly key: unknown
  readonly raw?: 0 | 1
  readonly value?: unknown
  readonly mode?: number
  readonly filename?: string
  /** Seconds since the epoch. */
  readonly expires?: unknown
  readonly tag?: unknown
  /** SQL in place of the key's parameter. */
  readonly keySql?: string
}

/** Writes a directory as Python's diskcache does, for what its own tests cannot make it write. */
export async function writeDiskcache(
  directory: string,
  rows: readonly DiskcacheRow[],
  settings: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const database = await openDatabase(join(directory, 'cache.db'))
  database.exec(`
    CREATE TABLE Settings (key TEXT NOT NULL UNIQUE, value);
    CREATE TABLE Cache (rowid INTEGER PRIMARY KEY, key BLOB, raw INTEGER, store_time REAL, expire_time REAL,
      access_time REAL, access_count INTEGER DEFAULT 0, tag BLOB, size INTEGER DEFAULT 0, mode INTEGER DEFAULT 0,
      filename TEXT, value BLOB);
    CREATE UNIQUE INDEX Cache_key_raw ON Cache (key, raw);
    CREATE TRIGGER Settings_count_delete AFTER DELETE ON Cache FOR EACH ROW BEGIN
      UPDATE Settings SET value = value - 1 WHERE key = 'count'; END`)
  for (const [key, value] of Object.entries({ count: rows.length, ...settings })) {
    database.prepare('INSERT INTO Settings VALUES (?, ?)').run(key, value)
  }
  for (const row of rows) {
    const {
      key,
      raw = 1,
      value = null,
      mode = 1,
      filename = null,
      expires = null,
      tag = null,
    } = row
    database
      .prepare(`INSERT INTO Cache (key, raw, store_time, expire_time, tag, mode, filename, value)
        VALUES (${row.keySql ?? '?'}, ?, 1.5, ?, ?, ?, ?, ?)`)
      .run(key, raw, expires, tag, mode, filename, value)
  }
  database.close()
}

/** Writes a value file of a source. @returns its name as rows have it. */
export function writeValueFile(directory: string, bytes: Uint8Array | string): string {
  const name = join('ab', 'cd', `${'0'.repeat(28)}.val`)
  mkdirSync(dirname(join(directory, name)), { recursive: true })
  writeFileSync(join(directory, name), bytes)
  return name
}
