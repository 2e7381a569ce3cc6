import type { BackendRecord } from '../contracts/backend.ts'
import type { Engine } from '../disk/engine.ts'

/*
 * Records that must not be evicted are kept beside the entries, among the store's settings: no limit counts them, and nothing
 * but their own removal takes them away.
 */

const find = 'SELECT value FROM settings WHERE name = ?'
const put =
  'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value'
const drop = 'DELETE FROM settings WHERE name = ?'

/** The pinned record of `key`. */
export function pinOf({ connection }: Engine, key: string): BackendRecord | undefined {
  const value = connection.row(find, nameOf(key))?.[0]
  if (typeof value !== 'string') return undefined
  const bytes = new Uint8Array(Buffer.from(value, 'base64'))
  return { bytes, expiresAt: Number.POSITIVE_INFINITY, isPinned: true }
}

/** Pins a record; inside a transaction. */
export function pin({ connection }: Engine, key: string, bytes: Uint8Array): void {
  connection.run(put, nameOf(key), Buffer.from(bytes).toString('base64'))
}

/** @returns whether there was one; inside a transaction. */
export function unpin({ connection }: Engine, key: string): boolean {
  return connection.run(drop, nameOf(key)) === 1
}

/** Apart from the other settings, and without NUL, at which SQLite's comparison of text may end. */
function nameOf(key: string): string {
  return `pin:${JSON.stringify(key)}`
}
