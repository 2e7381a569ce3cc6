import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as holdfast from 'holdfast'
import { expect, test } from 'vitest'
import { openDatabase } from '../support/sqlite-driver.mjs'
import { filesUnder } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

type Migrate = (source: string, target: string) => Promise<unknown>

/** Key, value column, mode and file content of plain entries, as Python's diskcache stores them. */
const rows = [
  { key: 'text', value: 'line\r\nline' },
  { key: 1, value: 42 },
  { key: '1', value: 'one' },
  { key: 1.5, value: 0.25 },
  { key: Buffer.from([0, 255]), value: Buffer.from([1, 2, 3]) },
  { key: 'large', file: randomBytes(40_000) },
] as const

test('row 18: every entry of a diskcache directory arrives, and the source stays as it was', async (context) => {
  if (!('migrate' in holdfast)) context.skip('the importer is not part of this version')
  const migrate = (holdfast as unknown as { migrate: Migrate }).migrate
  const home = temporaryDirectory()
  const source = join(home, 'source')
  await writeDiskcache(source)
  const before = fingerprint(source)
  // The second run finds everything done.
  for (let run = 0; run < 2; run += 1) {
    await migrate(source, join(home, 'target'))
    expect(fingerprint(source)).toBe(before)
  }
  using cache = new holdfast.DiskCache(join(home, 'target'))
  for (const row of rows) {
    expect(cache.get(row.key)).toEqual('file' in row ? row.file : row.value)
  }
  expect(cache.size).toBe(rows.length)
  expect(cache.check()).toMatchObject({ ok: true, problems: [] })
})

async function writeDiskcache(directory: string): Promise<void> {
  mkdirSync(directory, { mode: 0o700 })
  const database = await openDatabase(join(directory, 'cache.db'))
  database.exec(`
    CREATE TABLE Settings (key TEXT NOT NULL UNIQUE, value);
    CREATE TABLE Cache (rowid INTEGER PRIMARY KEY, key BLOB, raw INTEGER, store_time REAL, expire_time REAL,
      access_time REAL, access_count INTEGER DEFAULT 0, tag BLOB, size INTEGER DEFAULT 0, mode INTEGER DEFAULT 0,
      filename TEXT, value BLOB);
    CREATE UNIQUE INDEX Cache_key_raw ON Cache (key, raw)`)
  const insert = database.prepare(`
    INSERT INTO Cache (key, raw, store_time, access_time, size, mode, filename, value)
    VALUES (?, 1, 1.5, 1.5, ?, ?, ?, ?)`)
  for (const row of rows) {
    if ('file' in row) {
      const name = join('ab', 'cd', `${'0'.repeat(28)}.val`)
      mkdirSync(dirname(join(directory, name)), { recursive: true })
      writeFileSync(join(directory, name), row.file)
      insert.run(row.key, row.file.length, 2, name, null)
    } else {
      insert.run(row.key, 0, 1, null, row.value)
    }
  }
  database.close()
}

function fingerprint(directory: string): string {
  const hash = createHash('sha256')
  for (const path of filesUnder(directory).sort()) hash.update(path).update(readFileSync(path))
  return hash.digest('hex')
}
