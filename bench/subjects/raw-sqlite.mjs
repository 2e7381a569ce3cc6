/** Prepared statements through the same driver: the floor no store over SQLite can go below. */
import { join } from 'node:path'
import { loadSqlite } from '../lib/sqlite-driver.mjs'
import { STORE_PRAGMAS } from './sqlite-pragmas.mjs'

const SCHEMA = `CREATE TABLE IF NOT EXISTS entries (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value BLOB NOT NULL) STRICT`

export async function rawSqlite() {
  const { DatabaseSync } = await loadSqlite()
  return {
    name: 'raw SQLite',
    isAsync: false,
    open: (path) => open(new DatabaseSync(join(path, 'raw.db'))),
  }
}

function open(db) {
  for (const pragma of STORE_PRAGMAS) db.exec(pragma)
  db.exec(SCHEMA)
  const select = db.prepare('SELECT value FROM entries WHERE key = ?')
  const upsert = db.prepare(`INSERT INTO entries (key, value) VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value`)
  const remove = db.prepare('DELETE FROM entries WHERE key = ?')
  const transact = (work) => {
    db.exec('BEGIN IMMEDIATE')
    work()
    db.exec('COMMIT')
  }
  return {
    get: (key) => select.get(key)?.value,
    set: (key, value) => upsert.run(key, value),
    delete: (key) => remove.run(key),
    setObject: (key, value) => upsert.run(key, Buffer.from(JSON.stringify(value))),
    getObject: (key) => JSON.parse(Buffer.from(select.get(key).value).toString()),
    setMany: (entries) =>
      transact(() => {
        for (const [key, value] of entries) upsert.run(key, value)
      }),
    getMany: (keys) => readMany(db, select, keys),
    close: () => db.close(),
  }
}

/** One read transaction, as `getMany` of the store. */
function readMany(db, select, keys) {
  const found = new Map()
  db.exec('BEGIN')
  for (const key of keys) {
    const row = select.get(key)
    if (row !== undefined) found.set(key, row.value)
  }
  db.exec('COMMIT')
  return found
}
