import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import { formatBytes } from '../util/byte-size.ts'
import { maxValueBytes } from './limits.ts'
import { NotConvertible, quoted } from './not-convertible.ts'

/** Names that diskcache and SciQLop generate. A row may say anything; nothing else is opened or removed for it. */
const segment = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/

/**
 * Where the value file `name` of a row lies, which is certainly below `directory`.
 * @throws NotConvertible
 */
export function sourceFilePath(directory: string, name: string): string {
  const parts = name.split(/[/\\]/)
  // Old versions of SciQLop kept absolute paths: `<cache>/ab/cd/<name>`.
  const relative = parts[0] === '' || /^[A-Za-z]:$/.test(parts[0] ?? '') ? parts.slice(-3) : parts
  if (relative.length > 4 || !relative.every((part) => segment.test(part))) {
    throw new NotConvertible(`its value file has the odd name ${quoted(name)}`)
  }
  const path = join(directory, ...relative)
  const folder = realpathOf(dirname(path))
  if (folder === undefined) throw new NotConvertible('its value file is missing')
  if (!`${folder}${sep}`.startsWith(`${directory}${sep}`)) {
    throw new NotConvertible('its value file lies behind a symbolic link')
  }
  return join(folder, basename(path))
}

/**
 * The bytes of the value file `name`.
 * @param directory real path of the source.
 * @throws NotConvertible
 */
export function readSourceFile(directory: string, name: string): Buffer {
  const descriptor = open(sourceFilePath(directory, name))
  try {
    const status = fstatSync(descriptor)
    if (!status.isFile()) throw new NotConvertible('its value file is no file')
    checkSize(status.size)
    return readFileSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** @throws NotConvertible for more bytes than are read at once. */
export function checkSize(size: number): void {
  if (size <= maxValueBytes) return
  throw new NotConvertible(
    `its value has ${formatBytes(size)}, more than ${formatBytes(maxValueBytes)}`,
  )
}

function open(path: string): number {
  try {
    // Not blocked by a pipe that somebody put there.
    return openSync(
      path,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    )
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new NotConvertible('its value file is missing')
    throw new NotConvertible(`its value file cannot be read (${code})`)
  }
}

function realpathOf(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}
