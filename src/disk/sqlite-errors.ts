import { type ErrorCode, HoldfastError } from '../contracts/errors.ts'

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html) that the store tells apart. */
const result = {
  busy: 5,
  locked: 6,
  readonly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  notADatabase: 26,
} as const

/** Extended codes of I/O errors met when a full disk cannot hold SQLite's shared-memory index. */
const sharedMemoryFull = new Set([4874 /* IOERR_SHMSIZE */, 5386 /* IOERR_SHMMAP */])

/** SQLite's extended result code of `error`, or of what caused it; 0 if it is not one of SQLite's. */
function extendedCode(error: unknown): number {
  if (error instanceof HoldfastError) return extendedCode(error.cause)
  const code = (error as { errcode?: unknown } | null)?.errcode
  return typeof code === 'number' ? code : 0
}

/** Whether `error` comes from the database, which may have rolled back by itself then. */
export function isFromDatabase(error: unknown): boolean {
  return extendedCode(error) !== 0
}

/** Whether another connection was in the way: worth trying again. */
export function isBusy(error: unknown): boolean {
  const primary = extendedCode(error) & 0xff
  return primary === result.busy || primary === result.locked
}

/** Whether the database itself is damaged: one of its pages, or a row, so that a number in it is none that we write. */
export function isDamage(error: unknown): boolean {
  if (isOutOfRange(error)) return true
  const primary = extendedCode(error) & 0xff
  return primary === result.corrupt || primary === result.notADatabase
}

/** What both drivers say of an integer beyond 2^53 in a row. */
function isOutOfRange(error: unknown): boolean {
  return error instanceof Error && /^Value is too large to be represented/.test(error.message)
}

const advice: readonly (readonly [ErrorCode, string])[] = [
  [
    'ERR_NO_SPACE',
    'no space is left on the device. Nothing of this call was stored; free some space and call again',
  ],
  [
    'ERR_READONLY',
    'the directory cannot be written. Check its permissions, or open the store with readonly: true',
  ],
  [
    'ERR_CLOSED',
    'the store was closed during the call. Nothing of this call was stored; open a new one',
  ],
  [
    'ERR_BUSY',
    'another process held the write lock for longer than busyTimeout. Call again, or raise busyTimeout',
  ],
  [
    'ERR_CORRUPT',
    "the database is damaged. Restore a backup, or open it once with onCorrupt: 'recreate' to set it aside and start empty",
  ],
  [
    'ERR_IO',
    'the operating system refused an operation on the store; see the cause. Nothing of this call was stored',
  ],
]

/**
 * `error` as the coded error that callers see. Errors that are not about storage (a caller's own, a coded one) pass unchanged.
 */
export function toStoreError(error: unknown, what: string): unknown {
  const code = codeOf(error)
  if (code === undefined) return error
  const message = advice.find(([candidate]) => candidate === code)?.[1] ?? 'failed'
  return new HoldfastError(code, `${what}: ${message}.`, { cause: error })
}

function codeOf(error: unknown): ErrorCode | undefined {
  if (error instanceof HoldfastError || typeof error !== 'object' || error === null)
    return undefined
  const extended = extendedCode(error)
  if (extended !== 0) return codeOfResult(extended)
  if (isOutOfRange(error)) return 'ERR_CORRUPT'
  const { code, syscall } = error as { code?: unknown; syscall?: unknown }
  // What both drivers say of a database or statement that was closed: by a callback of the very call, for instance.
  if (code === 'ERR_INVALID_STATE') return 'ERR_CLOSED'
  if (typeof code !== 'string' || typeof syscall !== 'string') return undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'ERR_NO_SPACE'
  return code === 'EROFS' || code === 'EACCES' || code === 'EPERM' ? 'ERR_READONLY' : 'ERR_IO'
}

function codeOfResult(extended: number): ErrorCode {
  if (sharedMemoryFull.has(extended)) return 'ERR_NO_SPACE'
  switch (extended & 0xff) {
    case result.busy:
    case result.locked:
      return 'ERR_BUSY'
    case result.readonly:
    case result.cantOpen:
      return 'ERR_READONLY'
    case result.corrupt:
    case result.notADatabase:
      return 'ERR_CORRUPT'
    case result.full:
      return 'ERR_NO_SPACE'
    default:
      return 'ERR_IO'
  }
}

/** Failures to store that need not stop a caller who has the value. */
export const storageCodes = [
  'ERR_BUSY',
  'ERR_CLOSED',
  'ERR_CORRUPT',
  'ERR_IO',
  'ERR_NO_SPACE',
  'ERR_READONLY',
  'ERR_VALUE_TOO_LARGE',
] as const
