import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Creates the folder `path`, and those above it that are not there, private to the user.
 *
 * Not `mkdirSync(path, { recursive: true })`: Node never comes back from that where the file system answers "no such folder" to
 * the creation of a folder whose parent exists, as `/proc` does.
 * @throws an error of the file system.
 */
export function makeFolders(path: string): void {
  try {
    makeFolder(path)
  } catch (error) {
    const parent = dirname(path)
    if ((error as { code?: unknown }).code !== 'ENOENT' || parent === path) throw error
    makeFolders(parent)
    makeFolder(path)
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    const { code } = error as { code?: unknown }
    // Some file systems say that they are read-only, or not ours, before they say that the folder is there.
    const mayBeThere =
      code === 'EEXIST' || code === 'EROFS' || code === 'EACCES' || code === 'EPERM'
    if (mayBeThere && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return
    throw error
  }
}
