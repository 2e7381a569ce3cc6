import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { HoldfastError } from '../contracts/errors.ts'
import { databaseNames, type FoundStore } from './detect.ts'
import { DiskcacheReader } from './diskcache-reader.ts'
import { looksLikeDeque, looksLikeIndex, looksLikeJsonDisk } from './diskcache-shape.ts'
import type { SourceKind } from './report.ts'
import { SciqlopReader } from './sciqlop-reader.ts'
import type { Snapshot } from './snapshot.ts'
import { SourceDatabase } from './source-database.ts'
import type { SourceReader } from './source-row.ts'

/** One store of the source, ready to be read. */
export interface OpenedStore {
  readonly kind: SourceKind
  readonly place: string
  readonly readers: readonly SourceReader[]
  readonly isFanout: boolean
  /** Whether it becomes a store without expiry and tags. */
  readonly isIndex: boolean
  /** Whether that is only a guess: an index of diskcache is a cache without limits that nobody gave a time or tag. */
  readonly isGuess: boolean
  readonly jsonDisk: boolean
}

export interface OpenSourceOptions {
  /** @default guessed */
  readonly jsonDisk: boolean | undefined
  /** @default guessed */
  readonly as: 'cache' | 'index' | undefined
}

/** A source whose databases were copied and opened. */
export interface OpenedSource extends Disposable {
  readonly stores: readonly OpenedStore[]
}

/**
 * Copies and opens the databases of a source, and says what they are.
 * @throws HoldfastError `ERR_FOREIGN_DIRECTORY`, `ERR_CORRUPT`, `ERR_BUSY`, `ERR_NO_SPACE`, `ERR_IO`.
 */
export function openSource(
  stores: readonly FoundStore[],
  snapshot: Snapshot,
  options: OpenSourceOptions,
): OpenedSource {
  const databases: SourceDatabase[] = []
  const closeAll = (): void => {
    for (const database of databases) database.close()
  }
  const open = (path: string): SourceDatabase => {
    checkHeader(path)
    const database = new SourceDatabase(path, snapshot.copy(path))
    databases.push(database)
    database.exec('PRAGMA query_only = ON')
    return database
  }
  try {
    const opened = stores.map((store) =>
      store.format === 'diskcache'
        ? openDiskcache(store, open, options)
        : openSciqlop(store, open, options),
    )
    return { stores: opened, [Symbol.dispose]: closeAll }
  } catch (error) {
    closeAll()
    throw error
  }
}

type Open = (path: string) => SourceDatabase

function openDiskcache(store: FoundStore, open: Open, options: OpenSourceOptions): OpenedStore {
  const sources = store.folders.map((directory) => {
    const path = join(directory, databaseNames.diskcache)
    const database = open(path)
    checkTables(path, database, ['Cache', 'Settings'])
    return { directory, path, database }
  })
  const databases = sources.map(({ database }) => database)
  const jsonDisk = options.jsonDisk ?? looksLikeJsonDisk(databases)
  const shape = shapeOf(store, databases)
  const isIndex = options.as === undefined ? shape !== 'cache' : options.as === 'index'
  const order = shape === 'deque' ? 'key' : 'row'
  return {
    kind: store.isFanout
      ? 'diskcache-fanout'
      : `diskcache-${shape === 'deque' ? shape : isIndex ? 'index' : 'cache'}`,
    place: store.place,
    readers: sources.map(({ database, directory, path }) => {
      return new DiskcacheReader(database, directory, path, { json: jsonDisk, order })
    }),
    isFanout: store.isFanout,
    isIndex,
    isGuess: options.as === undefined,
    jsonDisk,
  }
}

function shapeOf(
  store: FoundStore,
  databases: readonly SourceDatabase[],
): 'cache' | 'index' | 'deque' {
  if (store.isFanout || store.role === 'cache') return 'cache'
  if (!databases.every(looksLikeIndex)) return 'cache'
  if (store.role === 'index') return 'index'
  return databases.every(looksLikeDeque) ? 'deque' : 'index'
}

function openSciqlop(store: FoundStore, open: Open, options: OpenSourceOptions): OpenedStore {
  const sources = store.folders.map((directory) => {
    const path = join(directory, databaseNames.sciqlop)
    const database = open(path)
    checkTables(path, database, ['cache', 'meta'])
    return { directory, path, database }
  })
  // A fanout notes these in one of its shards, or nowhere.
  const meta = (key: string): string | undefined => {
    return sources.map(({ database }) => metaOf(database, key)).find((value) => value !== undefined)
  }
  const seemsIndex = sources.every(({ database }) => {
    return !database.rows('PRAGMA table_info(cache)').some((column) => column[1] === 'expire')
  })
  const facts = {
    serializer: meta('serializer'),
    encodedKeys: meta('encoded_keys') !== undefined,
    isIndex: seemsIndex,
  }
  const readers = sources.map(({ database, directory, path }) => {
    return new SciqlopReader(database, directory, path, facts)
  })
  const isIndex = options.as === undefined ? seemsIndex : options.as === 'index'
  return {
    kind: `sciqlop-${store.isFanout ? (isIndex ? 'fanout-index' : 'fanout') : isIndex ? 'index' : 'cache'}`,
    place: store.place,
    readers,
    isFanout: store.isFanout,
    isIndex,
    isGuess: false,
    jsonDisk: false,
  }
}

function metaOf(database: SourceDatabase, key: string): string | undefined {
  const value = database.row('SELECT CAST(value AS TEXT) FROM meta WHERE key = ?', key)?.[0]
  return typeof value === 'string' ? value : undefined
}

const magic = 'SQLite format 3\0'

/** @throws HoldfastError `ERR_FOREIGN_DIRECTORY` for a file that is no SQLite database. */
function checkHeader(path: string): void {
  const header = Buffer.alloc(magic.length)
  const descriptor = openSync(path, 'r')
  try {
    readSync(descriptor, header)
  } finally {
    closeSync(descriptor)
  }
  if (header.toString('latin1') !== magic) throw foreign(path, 'this file is no SQLite database')
}

/** Tables and not views, which could compute for ever; and text as UTF-8, which it is if these wrote it. */
function checkTables(path: string, database: SourceDatabase, names: readonly string[]): void {
  const found = database
    .rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .map((row) => row[0])
  const missing = names.find((name) => !found.includes(name))
  if (missing !== undefined)
    throw foreign(path, `this database has no table '${missing}', so it is not that of a cache`)
  for (const name of names) {
    // Generated columns, which compute as well.
    const computed = database
      .rows(`PRAGMA table_xinfo(${name})`)
      .some((column) => Number(column[6]) > 1)
    if (computed)
      throw foreign(path, `the table '${name}' has computed columns, so it is not that of a cache`)
  }
  if (database.row('PRAGMA encoding')?.[0] !== 'UTF-8')
    throw foreign(path, 'the text in this database is not UTF-8')
}

function foreign(path: string, why: string): HoldfastError {
  return new HoldfastError('ERR_FOREIGN_DIRECTORY', `${path}: ${why}. Nothing was written.`)
}
