import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { CliError } from './cli-error.ts'

/** A regular file below the folder. */
export interface FoundFile {
  readonly absolute: string
  /** Relative to the folder, with `/` on every system. */
  readonly path: string
  readonly size: number
  readonly mtimeMs: number
}

/** What {@link walkFolder} found. */
export interface Walk {
  readonly files: readonly FoundFile[]
  /** Size of `files` together. */
  readonly bytes: number
  /** Files left out for their size. */
  readonly large: number
  /** Files and folders that could not be looked at. */
  readonly unreadable: number
  /** Whether the limit kept files out. */
  readonly limited: boolean
}

/** What to leave out. */
export interface WalkOptions {
  readonly limit: number
  readonly maxFileBytes: number
  /** A folder not to enter: the cache itself may lie below the folder. */
  readonly exclude: string
}

/**
 * Lists the regular files below `root`, in the same order each time. Links are not followed: they may lead in a circle.
 * @throws CliError when `root` is no readable folder or has no file to look at.
 */
export function walkFolder(root: string, options: WalkOptions): Walk {
  const files: FoundFile[] = []
  const counts = { bytes: 0, large: 0, unreadable: 0 }
  const folders = [root]
  let limited = false
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const below: string[] = []
    for (const entry of readFolder(folder, root, counts)) {
      const absolute = join(folder, entry.name)
      if (entry.isDirectory() && absolute !== options.exclude) below.push(absolute)
      if (!entry.isFile()) continue
      const stats = readStats(absolute)
      if (!stats) counts.unreadable += 1
      else if (stats.size > options.maxFileBytes) counts.large += 1
      else if (files.length >= options.limit) limited = true
      else {
        const path = relative(root, absolute).split(sep).join('/')
        files.push({ absolute, path, size: stats.size, mtimeMs: stats.mtimeMs })
        counts.bytes += stats.size
      }
    }
    if (limited) break
    folders.push(...below.reverse())
  }
  if (files.length === 0) throw new CliError(nothingFound(root, counts))
  return { files, ...counts, limited }
}

function readFolder(folder: string, root: string, counts: { unreadable: number }): Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (folder === root) throw new CliError(rootProblem(root, code), { cause: error })
    counts.unreadable += 1
    return []
  }
}

function rootProblem(root: string, code: string | undefined): string {
  if (code === 'ENOENT') return `there is no folder ${root}`
  if (code === 'ENOTDIR') return `${root} is not a folder`
  return `the folder ${root} cannot be read (${code})`
}

function readStats(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

function nothingFound(root: string, counts: { large: number; unreadable: number }): string {
  const { large, unreadable } = counts
  if (large + unreadable === 0) return `there are no files below ${root}`
  return `there is nothing to work on below ${root}: ${large} files are too large, ${unreadable} cannot be read`
}
