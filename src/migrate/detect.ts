import { existsSync, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { HoldfastError } from '../contracts/errors.ts'
import { shardsFileName } from '../disk/directory.ts'
import { toStoreError } from '../disk/sqlite-errors.ts'

/** Whose directory it is. */
export type SourceFormat = 'diskcache' | 'sciqlop'

/** One store of a source: a database, or several shards. */
export interface FoundStore {
  readonly format: SourceFormat
  /** Path below the source, `''` for the source itself; the target has the same below it. */
  readonly place: string
  /** Folders with a database each. */
  readonly folders: readonly string[]
  readonly isFanout: boolean
  /** What the place says of it: a fanout keeps its named deques and indexes apart. */
  readonly role: 'cache' | 'deque' | 'index' | undefined
}

/** Name of the database of each format. */
export const databaseNames: Readonly<Record<SourceFormat, string>> = {
  diskcache: 'cache.db',
  sciqlop: 'sciqlop-cache.db',
}

/**
 * What lies in `source`: the store itself first, then those that a `FanoutCache` keeps below it. Looks at names only.
 * @throws HoldfastError `ERR_FOREIGN_DIRECTORY`.
 */
export function findStores(source: string): {
  readonly root: string
  readonly stores: readonly FoundStore[]
} {
  const root = realPath(source)
  for (const format of ['diskcache', 'sciqlop'] as const) {
    if (isFile(join(root, databaseNames[format]))) {
      return {
        root,
        stores: [{ format, place: '', folders: [root], isFanout: false, role: undefined }],
      }
    }
  }
  // diskcache counts its shards in three digits, SciQLop in two.
  const fanout = fanoutOf(root, 'diskcache', /^\d{3}$/) ?? fanoutOf(root, 'sciqlop', /^\d{2}$/)
  if (fanout === undefined) throw foreign(source, root)
  return { root, stores: [fanout, ...(fanout.format === 'diskcache' ? namedStores(root) : [])] }
}

function fanoutOf(root: string, format: SourceFormat, pattern: RegExp): FoundStore | undefined {
  const names = foldersIn(root).filter(
    (name) => pattern.test(name) && isFile(join(root, name, databaseNames[format])),
  )
  if (names.length === 0) return undefined
  return {
    format,
    place: '',
    folders: names.sort().map((name) => join(root, name)),
    isFanout: true,
    role: undefined,
  }
}

const roles = ['cache', 'deque', 'index'] as const
const deepestName = 16

/** What `fanout.cache(name)`, `.deque(name)` and `.index(name)` made: names may have slashes. */
function namedStores(root: string): FoundStore[] {
  const found: FoundStore[] = []
  for (const role of roles) {
    for (const place of placesBelow(root, role, 0)) {
      found.push({
        format: 'diskcache',
        place,
        folders: [join(root, place)],
        isFanout: false,
        role,
      })
    }
  }
  return found
}

function placesBelow(root: string, place: string, depth: number): string[] {
  const folder = join(root, place)
  const hasDatabase = isFile(join(folder, databaseNames.diskcache))
  const own = hasDatabase && depth > 0 ? [place] : []
  if (depth >= deepestName) return own
  const below = foldersIn(folder).filter((name) => {
    // The folders of value files, of which there may be 65,792.
    const isValues = hasDatabase && /^[0-9a-f]{2}$/.test(name)
    return !isValues || isFile(join(folder, name, databaseNames.diskcache))
  })
  return [...own, ...below.flatMap((name) => placesBelow(root, join(place, name), depth + 1))]
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

function realPath(source: string): string {
  const status = statSync(source, { throwIfNoEntry: false })
  if (status === undefined) {
    throw new HoldfastError(
      'ERR_FOREIGN_DIRECTORY',
      `${source}: there is nothing here. Give the directory of the cache to import.`,
    )
  }
  if (!status.isDirectory()) {
    throw new HoldfastError(
      'ERR_FOREIGN_DIRECTORY',
      `${source}: this is not a directory. Give the directory that holds the cache's database.`,
    )
  }
  try {
    return realpathSync(source)
  } catch (error) {
    throw toStoreError(error, source)
  }
}

function foreign(source: string, root: string): HoldfastError {
  const isOurs = existsSync(join(root, 'holdfast.db')) || existsSync(join(root, shardsFileName))
  const what = isOurs
    ? 'this is a store of holdfast already. Open it, or copy it with backup()'
    : 'this is no cache of diskcache or SciQLop: neither cache.db nor sciqlop-cache.db is in it or in its shards'
  return new HoldfastError('ERR_FOREIGN_DIRECTORY', `${source}: ${what}. Nothing was written.`)
}
