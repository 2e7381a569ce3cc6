import { randomBytes } from 'node:crypto'
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { HoldfastError } from '../contracts/errors.ts'
import { toStoreError } from '../disk/sqlite-errors.ts'
import { pause } from '../util/pause.ts'

/** What belongs to a database: the log holds what was committed last, the journal undoes what was not. */
const suffixes = ['', '-wal', '-journal']
const attempts = 20

/**
 * A private folder for copies of the databases of a source. Opening a database writes beside it at least, so the source's
 * own files are only ever read; the copies are opened. It lies beside the target, where there must be space anyway.
 */
export class Snapshot implements Disposable {
  /** Its path. */
  readonly folder: string
  #count = 0

  /** @param target directory of the store that is to be made. */
  constructor(target: string) {
    const parent = existingParent(target)
    removeLeftovers(parent, target)
    this.folder = join(
      parent,
      `${prefixOf(target)}${process.pid}-${randomBytes(4).toString('hex')}`,
    )
    attempt(target, () => mkdirSync(this.folder, { mode: 0o700 }))
  }

  /** Copies the database at `path` as it is at one moment. @returns the path of the copy. */
  copy(path: string): string {
    const folder = join(this.folder, String(this.#count))
    this.#count += 1
    attempt(path, () => mkdirSync(folder, { mode: 0o700 }))
    const copy = join(folder, basename(path))
    attempt(path, () => copyUnchanged(path, copy))
    return copy
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

function copyUnchanged(path: string, copy: string): void {
  for (let turn = 0; turn < attempts; turn += 1) {
    const before = stampOf(path)
    for (const suffix of suffixes) {
      rmSync(copy + suffix, { force: true })
      // A file system that can, shares the blocks instead of copying them.
      if (existsSync(path + suffix))
        copyFileSync(path + suffix, copy + suffix, constants.COPYFILE_FICLONE)
    }
    if (stampOf(path) === before) return
    pause(50)
  }
  throw new HoldfastError(
    'ERR_BUSY',
    `${path}: another process keeps writing to the source. Stop it and run migrate again.`,
  )
}

/** Changes with every write to the database or its log. */
function stampOf(path: string): string {
  const parts = suffixes.map((suffix) => {
    const status = statSync(path + suffix, { bigint: true, throwIfNoEntry: false })
    return status === undefined ? '-' : `${status.ino}:${status.size}:${status.mtimeNs}`
  })
  return parts.join(' ')
}

function prefixOf(target: string): string {
  return `.${basename(target)}.migrate-`
}

function existingParent(target: string): string {
  const parent = dirname(target)
  return existsSync(parent) || parent === target ? parent : existingParent(parent)
}

/** Removes the folders of runs that were killed. */
function removeLeftovers(parent: string, target: string): void {
  const prefix = prefixOf(target)
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(prefix)
      ? /^(\d+)-[0-9a-f]{8}$/.exec(name.slice(prefix.length))?.[1]
      : undefined
    if (pid !== undefined && isGone(Number(pid)))
      rmSync(join(parent, name), { recursive: true, force: true })
  }
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw toStoreError(error, what)
  }
}
