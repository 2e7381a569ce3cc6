import { lstatSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isHoldfastError } from '../contracts/errors.ts'
import type { Connection } from './connection.ts'
import { type Layout, listFolder } from './directory.ts'
import { readSessions, type SessionRecord } from './session.ts'
import { isFileName, type ValueFiles } from './value-files.ts'

/** Whether a row or the trash names `file`. */
export function isNamed(connection: Connection, file: string): boolean {
  const sql =
    'SELECT 1 FROM entries WHERE file = ?1 UNION ALL SELECT 1 FROM trash WHERE file = ?1 LIMIT 1'
  return connection.row(sql, file) !== undefined
}

/**
 * Removes what ended processes had begun to write: the files that their sessions name and no row does. The work is bounded by
 * what was in flight when they ended, not by the size of the store.
 * @returns the sessions that are still open, other than `own`.
 */
export function recoverSessions(
  layout: Layout,
  connection: Connection,
  files: ValueFiles,
  own: string,
): SessionRecord[] {
  const open: SessionRecord[] = []
  for (const session of readSessions(layout.shared)) {
    if (session.id === own) continue
    if (!session.gone) {
      open.push(session)
      continue
    }
    for (const file of session.files.filter(isFileName)) {
      removeUnnamed(connection, files, file)
    }
    rmSync(session.path, { force: true })
  }
  return open
}

function removeUnnamed(connection: Connection, files: ValueFiles, file: string): void {
  try {
    files.unlinkTemporary(file)
    if (!isNamed(connection, file)) files.unlink(file)
  } catch (error) {
    // A link in its folder's place: what lies behind it is not ours.
    if (!isHoldfastError(error, 'ERR_UNSAFE_DIRECTORY')) throw error
  }
}

/** A file under `values/` that nothing names. */
export interface Orphan {
  readonly file: string
  readonly path: string
  readonly age: number
}

/**
 * The files in one of the 256 folders under `values/` that no row, trash row or open session names.
 *
 * Safe beside writers because of the order: files are listed first, then sessions are read, then rows. A writer registers a
 * name before it creates the file and gives the slot up after its row is committed; so a listed file that no session names
 * had its row committed before the rows were read, or never gets one.
 */
export function findOrphans(
  layout: Layout,
  connection: Connection,
  folder: string,
  now: number,
): Orphan[] {
  const found = listFolder(join(layout.values, folder)).filter((entry) => entry.isFile())
  if (found.length === 0) return []
  const inFlight = new Set(readSessions(layout.shared).flatMap((session) => session.files))
  const orphans: Orphan[] = []
  for (const { name } of found) {
    const file = `${folder}/${name.replace(/\.tmp$/, '')}`
    if (!isFileName(file) || inFlight.has(file)) continue
    if (!name.endsWith('.tmp') && isNamed(connection, file)) continue
    const path = join(layout.values, folder, name)
    const status = lstatSync(path, { throwIfNoEntry: false })
    if (status !== undefined) orphans.push({ file, path, age: now - status.mtimeMs })
  }
  return orphans
}

/** The names of the folders under `values/`, foreign ones left out. */
export function valueFolders(layout: Layout): string[] {
  return listFolder(layout.values)
    .filter((entry) => entry.isDirectory() && /^[0-9a-f]{2}$/.test(entry.name))
    .map((entry) => entry.name)
}
