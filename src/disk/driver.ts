import { createRequire } from 'node:module'
import { HoldfastError } from '../contracts/errors.ts'

/** What a statement accepts and gives back: 64-bit integers beyond 2^53 never occur in our schema. */
export type SqlValue = number | string | Uint8Array | null

/** A row as an array of columns: cheaper to make than an object. */
export type Row = readonly SqlValue[]

/** The part of `StatementSync` (`node:sqlite`) that the store uses. */
export interface Statement {
  run(...parameters: SqlValue[]): { changes: number | bigint }
  get(...parameters: SqlValue[]): unknown
  all(...parameters: SqlValue[]): unknown[]
  setReturnArrays(enabled: boolean): void
}

/** The part of `DatabaseSync` (`node:sqlite`) that the store uses. */
export interface Database {
  exec(sql: string): void
  prepare(sql: string): Statement
  function(name: string, run: () => SqlValue): void
  close(): void
}

interface SqliteModule {
  DatabaseSync: new (path: string, options?: { readOnly?: boolean; timeout?: number }) => Database
  backup(source: Database, path: string): Promise<unknown>
}

const require = createRequire(import.meta.url)
let loaded: SqliteModule | undefined

/**
 * The `node:sqlite` module: built in from Node 22.16, from the API-compatible package on older Node.
 * @throws HoldfastError `ERR_DRIVER_MISSING`.
 */
export function sqlite(): SqliteModule {
  const found =
    loaded ?? (hasBuiltin() ? withoutExperimentalWarning(requireBuiltin) : requirePackage())
  loaded = found
  return found
}

/** From 22.16 on, the built-in can return rows as arrays and make backups; before, it could not. */
function hasBuiltin(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 16)
}

function requireBuiltin(): SqliteModule {
  return require('node:sqlite')
}

function requirePackage(): SqliteModule {
  try {
    return require('@photostructure/sqlite')
  } catch (error) {
    throw new HoldfastError(
      'ERR_DRIVER_MISSING',
      `Node ${process.versions.node} has no built-in SQLite. Install the optional dependency (npm install @photostructure/sqlite@1), or run Node 22.16 or newer.`,
      { cause: error },
    )
  }
}

/** Node 22 announces at first use that its SQLite is experimental; users of a cache need not read that. */
function withoutExperimentalWarning<T>(work: () => T): T {
  const emitWarning = process.emitWarning
  process.emitWarning = () => {}
  try {
    return work()
  } finally {
    process.emitWarning = emitWarning
  }
}
