import { chmodSync, type Dirent, existsSync, lstatSync, readdirSync, statfsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { HoldfastError } from '../contracts/errors.ts'
import { makeFolders } from '../util/make-folders.ts'
import { toStoreError } from './sqlite-errors.ts'

/** The names that a store uses in its directory. */
export interface Layout {
  readonly directory: string
  readonly database: string
  readonly values: string
  readonly shared: string
}

/** File that says that a directory holds the shards of one store. */
export const shardsFileName = 'holdfast-shards.json'

/** Where the store in `directory` keeps what. */
export function layoutOf(directory: string): Layout {
  return {
    directory,
    database: join(directory, 'holdfast.db'),
    values: join(directory, 'values'),
    shared: join(directory, 'shared'),
  }
}

/**
 * Makes sure that `directory` is a safe place for a store, creating it when it does not exist.
 * @returns its absolute path.
 * @throws HoldfastError `ERR_UNSAFE_DIRECTORY`, `ERR_NETWORK_FILESYSTEM`, `ERR_FOREIGN_DIRECTORY`, `ERR_READONLY`.
 */
export function prepareDirectory(directory: unknown, readonly: boolean): string {
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
    throw new HoldfastError(
      'ERR_INVALID_OPTION',
      'directory: give the path of the directory as a non-empty string.',
    )
  }
  const path = resolve(directory)
  try {
    if (!readonly) makeFolders(path)
    checkSafe(path)
    checkLocal(path, statfsSync(path).type)
  } catch (error) {
    throw missing(error, path, readonly) ?? toStoreError(error, path)
  }
  return path
}

function missing(error: unknown, path: string, readonly: boolean): HoldfastError | undefined {
  const code = (error as { code?: unknown }).code
  if (code === 'ENOENT' && readonly) return nothingHere(path)
  if (code === 'EEXIST' || code === 'ENOTDIR') {
    return new HoldfastError(
      'ERR_FOREIGN_DIRECTORY',
      `${path}: this is not a directory. Give a new or empty directory.`,
    )
  }
  return undefined
}

function checkSafe(path: string): void {
  const status = lstatSync(path)
  if (status.isSymbolicLink()) {
    throw unsafe(
      path,
      'it is a symbolic link, which someone could point elsewhere. Give the directory it points to',
    )
  }
  if (!status.isDirectory()) {
    throw new HoldfastError(
      'ERR_FOREIGN_DIRECTORY',
      `${path}: this is not a directory. Give a new or empty directory.`,
    )
  }
  if (process.platform === 'win32') return
  if ((status.mode & 0o022) !== 0) {
    throw unsafe(
      path,
      'others may write to it. Take that away (chmod go-w), or use a directory of your own',
    )
  }
  const user = process.getuid?.() ?? status.uid
  if (user !== 0 && status.uid !== user)
    throw unsafe(path, 'it belongs to another user. Use a directory of your own')
}

function unsafe(path: string, why: string): HoldfastError {
  return new HoldfastError('ERR_UNSAFE_DIRECTORY', `${path}: refused, because ${why}.`)
}

/** `statfs` types of Linux file systems whose locks or shared memory do not reach other machines (linux/magic.h). */
const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9P'],
  [0x5346414f, 'AFS'],
  [0x73757245, 'Coda'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
])

/**
 * Refuses network file systems.
 * @throws HoldfastError `ERR_NETWORK_FILESYSTEM`.
 * @internal
 */
export function checkLocal(
  path: string,
  type: number,
  platform: NodeJS.Platform = process.platform,
): void {
  // Elsewhere the numbers mean other things.
  const name = platform === 'linux' ? networkFileSystems.get(type >>> 0) : undefined
  if (name === undefined) return
  throw new HoldfastError(
    'ERR_NETWORK_FILESYSTEM',
    `${path}: this is a network file system (${name}), where a shared database gets damaged. Use a directory on a local disk on each machine, or a tier that is made for sharing, such as Redis.`,
  )
}

/** What lies in a directory that is to become, or is, a store. */
export type Found = 'store' | 'shards' | 'empty' | 'values-only'

/** Files that people and systems leave in empty directories. */
const harmless = new Set([
  '.gitignore',
  '.gitkeep',
  '.DS_Store',
  'CACHEDIR.TAG',
  'Thumbs.db',
  'lost+found',
])

/**
 * Says what `directory` holds.
 * @throws HoldfastError `ERR_FOREIGN_DIRECTORY` for things that are not ours and no store.
 */
export function inspectDirectory(directory: string): Found {
  const layout = layoutOf(directory)
  const names = readdirSync(directory)
  if (names.includes(shardsFileName)) return 'shards'
  if (names.includes('holdfast.db') && lstatSync(layout.database).size > 0) return 'store'
  if (holdsValues(layout)) return 'values-only'
  if (names.includes('holdfast.db')) return 'empty'
  const foreign = names.find((name) => !isOurs(name) && !harmless.has(name))
  if (foreign === undefined) return 'empty'
  // Another process may have made it a sharded store while it was read: this file comes before the shards.
  if (existsSync(join(directory, shardsFileName))) return 'shards'
  const hint = names.includes('cache.db') ? ' It looks like a diskcache directory.' : ''
  throw new HoldfastError(
    'ERR_FOREIGN_DIRECTORY',
    `${directory}: this directory holds other things ('${foreign}') and no holdfast store.${hint} Give a new or empty directory; nothing here was changed.`,
  )
}

function isOurs(name: string): boolean {
  return (
    name === 'values' ||
    name === 'shared' ||
    name.startsWith('holdfast.') ||
    name.startsWith('.holdfast-')
  )
}

function holdsValues(layout: Layout): boolean {
  if (!existsSync(layout.values)) return false
  const folders = readdirSync(layout.values, { withFileTypes: true })
  return folders.some(
    (folder) => folder.isDirectory() && readdirSync(join(layout.values, folder.name)).length > 0,
  )
}

/** Creates what a new store needs in its directory, private to its user. */
export function createFolders(layout: Layout): void {
  makePrivate(layout.directory)
  for (const folder of [layout.values, layout.shared]) {
    makeFolders(folder)
  }
}

/** Takes away what others may do in `directory`. */
export function makePrivate(directory: string): void {
  if (process.platform === 'win32' || (lstatSync(directory).mode & 0o077) === 0) return
  chmodSync(directory, 0o700)
}

/** The error of a readonly open where no store is. */
export function nothingHere(directory: string): HoldfastError {
  return new HoldfastError(
    'ERR_READONLY',
    `${directory}: there is no store here, and readonly: true cannot create one.`,
  )
}

/** The entries of `folder`, none if it does not exist. */
export function listFolder(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return []
    throw error
  }
}
