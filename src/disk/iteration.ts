import type { Key } from '../contracts/key.ts'
import type { Engine } from './engine.ts'
import { readableKey, type StoredKey, storedKeyOf } from './stored-key.ts'

/** Entries read at a time: no read transaction stays open between pages, so the log can be emptied meanwhile. */
const pageSize = 128

/** The keys of live entries in the order of their insertion. Entries stored after the iteration began may be left out. */
export function* iterateKeys(engine: Engine): Generator<{ key: Key; stored: StoredKey }> {
  engine.checkOpen()
  const { connection } = engine
  const last = (connection.row('SELECT next_id FROM counters')?.[0] as number | undefined) ?? 0
  const sql = `SELECT id, key, long_key, expires FROM entries WHERE id > ? AND id < ? ORDER BY id LIMIT ${pageSize}`
  for (let position = 0; ; ) {
    engine.checkOpen()
    const rows = connection.rows(sql, position, last)
    for (const row of rows) {
      position = row[0] as number
      const expires = row[3] as number | null
      if (expires !== null && expires <= engine.now()) continue
      const stored = storedKeyOf(row[1], row[2])
      if (engine.signatures !== undefined && !engine.rows.has(stored)) continue
      const key = readableKey(row[1], row[2])
      if (key !== undefined) yield { key, stored }
    }
    if (rows.length < pageSize) return
  }
}

/** Keys and values of live entries; one that is deleted or damaged before its turn is left out. */
export function* iterateEntries<V>(engine: Engine): Generator<[Key, V]> {
  for (const { key, stored } of iterateKeys(engine)) {
    engine.checkOpen()
    const found = engine.reader.find(stored)
    if (found !== undefined) yield [key, found.value as V]
  }
}
