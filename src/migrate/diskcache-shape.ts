import { readJsonDisk } from './json-disk.ts'
import { type Cell, cellColumns, cellOf, type SourceDatabase } from './source-database.ts'

/** Rows looked at to guess how all were written. */
const sample = 100

/**
 * Whether the entries were written through JSONDisk, which diskcache does not record: it is so if somebody set its one
 * setting, or if the keys of the first rows of every shard are compressed JSON.
 */
export function looksLikeJsonDisk(shards: readonly SourceDatabase[]): boolean {
  if (shards.some((database) => settingOf(database, 'disk_compress_level') !== undefined))
    return true
  const keys = shards.flatMap(firstKeys)
  return keys.length > 0 && keys.every((key) => key.type === 'blob' && isJson(key.value))
}

function firstKeys(database: SourceDatabase): Cell[] {
  const shortOnes = 'length(key) < 1048576 AND raw = 1'
  const other = database.row('SELECT 1 FROM Cache WHERE raw <> 1 LIMIT 1')
  if (other !== undefined) return [{ type: 'null' }]
  return database
    .rows(
      `SELECT ${cellColumns('key')} FROM Cache WHERE ${shortOnes} ORDER BY rowid LIMIT ${sample}`,
    )
    .map((row) => cellOf(row, 0))
}

/** Whether it is an `Index` or `Deque`: a cache that never evicts, in which nothing has a time or a tag. */
export function looksLikeIndex(database: SourceDatabase): boolean {
  if (settingOf(database, 'eviction_policy') !== 'none') return false
  return (
    database.row('SELECT 1 FROM Cache WHERE expire_time IS NOT NULL OR tag IS NOT NULL LIMIT 1') ===
    undefined
  )
}

/** Whether every key is such as a `Deque` gives its entries, which grow to both sides of 500,000,000,000,000. */
export function looksLikeDeque(database: SourceDatabase): boolean {
  const other = `typeof(key) <> 'integer' OR raw <> 1 OR key NOT BETWEEN 400000000000000 AND 600000000000000`
  return (
    database.row('SELECT 1 FROM Cache LIMIT 1') !== undefined &&
    database.row(`SELECT 1 FROM Cache WHERE ${other} LIMIT 1`) === undefined
  )
}

function settingOf(database: SourceDatabase, key: string): string | undefined {
  const value = database.row('SELECT CAST(value AS TEXT) FROM Settings WHERE key = ?', key)?.[0]
  return typeof value === 'string' ? value : undefined
}

function isJson(bytes: Uint8Array): boolean {
  try {
    readJsonDisk(bytes)
    return true
  } catch {
    return false
  }
}
