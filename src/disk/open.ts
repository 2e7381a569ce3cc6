import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { HoldfastError } from '../contracts/errors.ts'
import type { StoreEvent } from '../contracts/events.ts'
import { Connection, retryUntil } from './connection.ts'
import { createFolders, inspectDirectory, type Layout, layoutOf, nothingHere } from './directory.ts'
import type { Row } from './driver.ts'
import { quarantine, withRecreateLock } from './quarantine.ts'
import {
  applicationId,
  createSchema,
  formatVersion,
  readSettings,
  type StoreKind,
} from './schema.ts'
import { readSessions } from './session.ts'
import { isDamage, toStoreError } from './sqlite-errors.ts'

export interface OpenOptions {
  readonly kind: StoreKind
  /** `''`, or `index/count` when this is a shard. */
  readonly shard: string
  readonly readonly: boolean
  readonly durability: 'process' | 'machine'
  readonly busyTimeout: number
  readonly onCorrupt: 'throw' | 'recreate'
  readonly emit: (event: StoreEvent) => void
}

export interface Opened {
  readonly layout: Layout
  readonly connection: Connection
}

/**
 * Opens the store in a prepared `directory`, creating it when the directory is empty. An existing store is only read.
 * @throws HoldfastError `ERR_FOREIGN_DIRECTORY`, `ERR_NEWER_FORMAT`, `ERR_STORE_KIND`, `ERR_SHARD_MISMATCH`, `ERR_CORRUPT`,
 * `ERR_BUSY`, `ERR_READONLY`.
 */
export function openStore(directory: string, options: OpenOptions): Opened {
  const layout = layoutOf(directory)
  try {
    return { layout, connection: connect(layout, options) }
  } catch (error) {
    const damage = damageOf(error)
    if (damage === undefined || options.readonly) throw toStoreError(error, directory)
    if (options.onCorrupt !== 'recreate') throw toStoreError(error, directory)
    return recreate(layout, options)
  }
}

function recreate(layout: Layout, options: OpenOptions): Opened {
  return withRecreateLock(layout, options.busyTimeout, () => {
    try {
      return { layout, connection: connect(layout, options) } // somebody else was faster
    } catch (error) {
      const damage = damageOf(error)
      if (damage === undefined) throw toStoreError(error, layout.directory)
      const folder = quarantine(layout)
      options.emit({ type: 'quarantine', reason: damage, detail: { folder } })
      return { layout, connection: connect(layout, options) }
    }
  })
}

function damageOf(error: unknown): string | undefined {
  if (error instanceof HoldfastError)
    return error.code === 'ERR_CORRUPT' ? error.message : undefined
  return isDamage(error) ? (error as Error).message : undefined
}

function connect(layout: Layout, options: OpenOptions): Connection {
  const found = inspectDirectory(layout.directory)
  if (found === 'shards') {
    throw new HoldfastError(
      'ERR_STORE_KIND',
      `${layout.directory}: this is a sharded store. Open it with ShardedDiskCache or ShardedDiskIndex.`,
    )
  }
  if (found === 'values-only')
    throw corrupt(layout, 'the database is missing or empty, but value files are there')
  if (found === 'empty' && options.readonly) throw nothingHere(layout.directory)
  if (found === 'empty') createFolders(layout)
  return retryUntil(performance.now() + options.busyTimeout, () => connectOnce(layout, options))
}

function connectOnce(layout: Layout, options: OpenOptions): Connection {
  // SQLite would create the file readable by all; the log and the index inherit its mode.
  if (!options.readonly && !existsSync(layout.database))
    closeSync(openSync(layout.database, 'a', 0o600))
  const hasLog = sizeOf(`${layout.database}-wal`) > 0
  if (hasLog && isLeftAlone(layout)) checkAfterCrash(layout, options)
  const connection = new Connection(layout.database, options)
  try {
    if (isBlank(connection)) create(connection, options)
    checkFormat(connection, layout)
    checkShape(connection, layout, options)
    if (!hasLog) checkLength(connection, layout)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

function pragma(connection: Connection, name: string): number {
  return Number((connection.prepare(`PRAGMA ${name}`).get() as Row)[0])
}

function isBlank(connection: Connection): boolean {
  if (pragma(connection, 'application_id') !== 0 || pragma(connection, 'user_version') !== 0)
    return false
  return Number((connection.prepare('SELECT count(*) FROM sqlite_schema').get() as Row)[0]) === 0
}

function create(connection: Connection, options: OpenOptions): void {
  connection.database.exec('PRAGMA journal_mode = WAL')
  connection.database.exec('BEGIN IMMEDIATE')
  try {
    // Whoever had the lock before may have created it.
    if (isBlank(connection)) {
      const storeId = randomBytes(16).toString('hex')
      createSchema(connection.database, { storeId, kind: options.kind, shard: options.shard })
    }
    connection.database.exec('COMMIT')
  } catch (error) {
    connection.database.exec('ROLLBACK')
    throw error
  }
}

function checkFormat(connection: Connection, layout: Layout): void {
  if (pragma(connection, 'application_id') !== applicationId) {
    throw new HoldfastError(
      'ERR_FOREIGN_DIRECTORY',
      `${layout.database}: this database was not made by holdfast. Give a new or empty directory; nothing here was changed.`,
    )
  }
  const version = pragma(connection, 'user_version')
  if (version <= formatVersion) {
    checkTables(connection, layout)
    return
  }
  throw new HoldfastError(
    'ERR_NEWER_FORMAT',
    `${layout.directory}: the store has format ${version}, this version of holdfast knows ${formatVersion}. Update holdfast, or use another directory.`,
  )
}

/** Format 1 changed until its release: a store that was made before has other tables, and values without frames. */
function checkTables(connection: Connection, layout: Layout): void {
  const sql = `SELECT count(*) FROM pragma_table_info('entries') WHERE name IN ('file_size', 'signature')`
  if (Number((connection.prepare(sql).get() as Row)[0]) === 2) return
  throw corrupt(
    layout,
    'its tables are not those of this format; a version before the release made it',
  )
}

function checkShape(connection: Connection, layout: Layout, options: OpenOptions): void {
  const settings = readSettings(connection.database)
  const counters = connection.prepare('SELECT store_id FROM counters').all() as Row[]
  if (settings.storeId === '' || counters.length !== 1) {
    throw corrupt(layout, 'its settings are lost')
  }
  if (counters[0]?.[0] !== settings.storeId) throw corrupt(layout, foreignLog)
  if (settings.kind !== options.kind) {
    const [is, asked] =
      settings.kind === 'cache' ? ['a cache', 'an index'] : ['an index', 'a cache']
    throw new HoldfastError(
      'ERR_STORE_KIND',
      `${layout.directory}: this is ${is}, not ${asked}. Open it as what it is, or use another directory.`,
    )
  }
  if (settings.shard !== options.shard) {
    throw new HoldfastError(
      'ERR_SHARD_MISMATCH',
      `${layout.directory}: this is ${settings.shard === '' ? 'no shard' : `shard ${settings.shard}`}, not ${options.shard === '' ? 'a store of its own' : `shard ${options.shard}`}. Open the store with the shard count it was created with.`,
    )
  }
  checkIdentity(layout, settings.storeId, options.readonly)
}

/** A log of another store laid beside this database brings that store's settings with it; the file beside them does not lie. */
function checkIdentity(layout: Layout, storeId: string, readonly: boolean): void {
  const path = join(layout.shared, 'store-id')
  const beside = existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined
  if (beside === storeId || (beside === undefined && readonly)) return
  if (beside !== undefined) throw corrupt(layout, foreignLog)
  createFolders(layout)
  const temporary = join(layout.shared, `${randomBytes(8).toString('hex')}.tmp`)
  writeFileSync(temporary, `${storeId}\n`, { mode: 0o600, flag: 'wx' })
  try {
    linkSync(temporary, path) // unlike a rename, never replaces what another process put there
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(temporary)
  }
}

/** Without a log every page must be in the file. */
function checkLength(connection: Connection, layout: Layout): void {
  const needed = pragma(connection, 'page_count') * pragma(connection, 'page_size')
  // Read before the length: a writer that has come since makes the file longer, never shorter.
  if (sizeOf(layout.database) < needed && sizeOf(`${layout.database}-wal`) === 0)
    throw corrupt(layout, 'the database is cut short')
}

/** Databases up to this size are read through after a crash; larger ones would take too long for an open. */
const quickCheckBytes = 48 * 2 ** 20

/**
 * A log that nobody has open was left by a crash, or was put there. SQLite replays one that is whole in itself, also if it
 * belongs to another state of the database, so the result is looked at while that is cheap.
 */
function checkAfterCrash(layout: Layout, options: OpenOptions): void {
  // Read-only: the last connection to close copies the log into the database, and a log that is not ours must not get there.
  const connection = new Connection(layout.database, { ...options, readonly: true })
  try {
    if (isBlank(connection)) return // a creation that was cut off, to be done again
    checkFormat(connection, layout)
    checkShape(connection, layout, { ...options, readonly: true })
    if (sizeOf(layout.database) > quickCheckBytes) return
    const verdict = String((connection.prepare('PRAGMA quick_check(1)').get() as Row)[0])
    if (verdict !== 'ok') throw corrupt(layout, verdict)
  } finally {
    connection.close()
  }
}

/** Whether no running process has the store open. */
function isLeftAlone(layout: Layout): boolean {
  return readSessions(layout.shared).every((session) => session.gone)
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

const foreignLog = 'the database or its log belongs to another store'

function corrupt(layout: Layout, why: string): HoldfastError {
  return new HoldfastError(
    'ERR_CORRUPT',
    `${layout.directory}: ${why}. Restore a backup, or open it once with onCorrupt: 'recreate' to set it aside and start empty.`,
  )
}
