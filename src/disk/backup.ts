import { constants, copyFile, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { HoldfastError } from '../contracts/errors.ts'
import { makeFolders } from '../util/make-folders.ts'
import { invalidOption } from '../util/options.ts'
import { asyncError } from './async-error.ts'
import { createFolders, type Layout, layoutOf } from './directory.ts'
import { sqlite } from './driver.ts'
import type { Engine } from './engine.ts'
import { tryHold } from './lock.ts'
import { toStoreError } from './sqlite-errors.ts'

/** Held while a backup copies, so that no process unlinks the files of the state that is copied. */
const leaseName = 'holdfast:backup'

/**
 * Copies the store as it is at one moment into the directory `path`, which must be new or empty.
 * @throws HoldfastError `ERR_FOREIGN_DIRECTORY`, `ERR_LOCK_TIMEOUT` while another backup runs, `ERR_NO_SPACE`, `ERR_IO`.
 */
export async function backupStore(engine: Engine, path: unknown): Promise<void> {
  if (engine.transactions.isOpen) throw asyncError('backup')
  const target = layoutOf(await prepareTarget(path))
  const held = await tryHold(engine, leaseName, engine.options.leaseTtl)
  if (held === undefined)
    throw new HoldfastError(
      'ERR_LOCK_TIMEOUT',
      'backup: another backup of this store is running. Wait for it.',
    )
  let isOurs = false
  try {
    // SQLite would create it readable by all. Whoever creates it owns the target.
    await writeFile(target.database, '', { mode: 0o600, flag: 'wx' })
    isOurs = true
    createFolders(target)
    await sqlite().backup(engine.connection.database, target.database)
    await copyFiles(engine, target.database, target.values)
  } catch (error) {
    if (isOurs) await removeCopy(target)
    throw toStoreError(error, 'backup')
  } finally {
    held.release()
  }
}

/** Removes what was copied, and leaves the directory, which may be the caller's. */
async function removeCopy({ database, values, shared }: Layout): Promise<void> {
  for (const path of [database, `${database}-wal`, `${database}-shm`, values, shared]) {
    await rm(path, { recursive: true, force: true })
  }
}

/** Makes sure that `path` is a new or empty directory. @returns its absolute path. */
export async function prepareTarget(path: unknown): Promise<string> {
  if (typeof path !== 'string' || path === '')
    throw invalidOption('path', path, 'the path of a new or empty directory')
  const directory = resolve(path)
  try {
    makeFolders(directory)
    if ((await readdir(directory)).length === 0) return directory
  } catch (error) {
    throw toStoreError(error, 'backup')
  }
  throw new HoldfastError(
    'ERR_FOREIGN_DIRECTORY',
    `${directory}: a backup needs a new or empty directory; nothing here was changed.`,
  )
}

/** Copies the files that the copied database names, and makes the copy a store at rest: no leases, no trash. */
async function copyFiles(engine: Engine, database: string, values: string): Promise<void> {
  const { DatabaseSync } = sqlite()
  const copy = new DatabaseSync(database)
  try {
    const rows = copy.prepare('SELECT file FROM entries WHERE file IS NOT NULL').all() as {
      file: string
    }[]
    for (const { file } of rows) {
      const destination = join(values, file)
      makeFolders(dirname(destination))
      try {
        await copyFile(engine.files.pathOf(file), destination, constants.COPYFILE_FICLONE)
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'ENOENT') throw error
        // Its file is lost here too; the copy is to be whole in itself.
        copy.prepare('DELETE FROM entries WHERE file = ?').run(file)
        engine.emit({
          type: 'corrupt',
          reason: 'a value file is missing; its entry is not in the backup',
          detail: { file },
        })
      }
    }
    copy.exec(
      'BEGIN; DELETE FROM trash; DELETE FROM leases; UPDATE counters SET trash_bytes = 0, loads = 0; COMMIT',
    )
  } finally {
    copy.close()
  }
}
