import { type Dirent, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { sum } from './statistics.ts'

/** Every file under the `values/` folder of a store, temporary ones included. */
export function valueFiles(directory: string): string[] {
  return filesUnder(join(directory, 'values'))
}

/** Every file under `directory`. Files that vanish meanwhile are simply not listed. */
export function filesUnder(directory: string): string[] {
  return list(directory).flatMap((entry) => {
    const path = join(directory, entry.name)
    return entry.isDirectory() ? filesUnder(path) : [path]
  })
}

/** Length of a file; 0 when there is none. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** Bytes of everything in a store's directory: database, log, shared pages and value files. */
export function diskUse(directory: string): number {
  return sum(filesUnder(directory).map(sizeOf))
}

/** Path of the write-ahead log of a store. */
export function logFile(directory: string): string {
  return join(directory, 'holdfast.db-wal')
}

function list(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
