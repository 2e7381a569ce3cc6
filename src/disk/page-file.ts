import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { HoldfastError } from '../contracts/errors.ts'
import { mapShared, mapSharedReadonly } from '../util/memory-map.ts'
import type { Connection } from './connection.ts'
import { VersionFile } from './version-file.ts'
import {
  idWord,
  pageBytes,
  pageMagic,
  pageOffsets,
  pageVersion,
  slotCount,
  VersionPage,
} from './version-page.ts'

/** An open page file, checked. */
export interface OpenPage {
  readonly descriptor: number
  readonly inode: bigint
}

const idLength = 16

/**
 * The version page of the store: the file `shared/versions`, which the database knows by its id. Whether there is one, and
 * which, only changes under the database's write lock, so a writer who holds it can rely on what it finds.
 */
export class PageFile {
  readonly path: string
  readonly #connection: Connection
  readonly #flags: number
  readonly #readonly: boolean

  constructor(folder: string, connection: Connection, readonly: boolean) {
    this.path = join(folder, 'versions')
    this.#connection = connection
    this.#readonly = readonly
    const access = readonly ? constants.O_RDONLY : constants.O_RDWR
    // A pipe in its place must not make the open wait.
    this.#flags = access | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  }

  /** The page that the database names, if it is there and whole. */
  open(): OpenPage | undefined {
    const id = this.#idInDatabase()
    return id === undefined ? undefined : this.#open((found) => found === id)
  }

  /** The page that is there, whatever the database says: inside a write transaction that is the one others use, if any do. */
  openAny(): OpenPage | undefined {
    // Most stores without a page stay so, and an error costs more than a look.
    return existsSync(this.path) ? this.#open(() => true) : undefined
  }

  /** Says which file is at the place of the page now. */
  inode(): bigint | undefined {
    return statSync(this.path, { bigint: true, throwIfNoEntry: false })?.ino
  }

  #open(isWanted: (id: string) => boolean): OpenPage | undefined {
    let descriptor: number
    try {
      descriptor = openSync(this.path, this.#flags)
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ELOOP', 'ENXIO', 'EISDIR')) return undefined
      throw error
    }
    try {
      const found = inspect(descriptor)
      if (found !== undefined && isWanted(found.id)) return { descriptor, inode: found.inode }
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
    closeSync(descriptor)
    return undefined
  }

  /** Makes a page and names it in the database. For use inside a write transaction that saw that there is none. */
  create(): void {
    this.#retireOld()
    const id = randomBytes(idLength)
    const temporary = `${this.path}.${id.toString('hex')}.tmp`
    try {
      writePage(temporary, id)
      renameSync(temporary, this.path)
    } catch (error) {
      rmSync(temporary, { force: true })
      throw error
    }
    this.#connection.run(
      `INSERT INTO settings (name, value) VALUES ('page', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      id.toString('hex'),
    )
  }

  /** The words of an open page as memory; `undefined` where it cannot be mapped. */
  map({ descriptor }: OpenPage): VersionPage | undefined {
    const bytes = this.#readonly
      ? mapSharedReadonly(descriptor, pageBytes)
      : mapShared(descriptor, pageBytes)
    if (bytes === undefined) return undefined
    return new VersionPage(new Int32Array(bytes.buffer, bytes.byteOffset, pageBytes / 4))
  }

  /** Those who still use a page that is being replaced learn it from the page itself. */
  #retireOld(): void {
    let descriptor: number
    try {
      descriptor = openSync(this.path, this.#flags)
    } catch {
      return
    }
    try {
      // Also one with a second name: those who have it open do not know of that.
      if (isPage(descriptor)) new VersionFile(descriptor, () => {}).retire()
    } finally {
      closeSync(descriptor)
    }
  }

  #idInDatabase(): string | undefined {
    const row = this.#connection.row(`SELECT value FROM settings WHERE name = 'page'`)
    return row?.[0] as string | undefined
  }
}

/** What an open file says of itself; `undefined` if it is no page that can be used. @throws HoldfastError `ERR_NEWER_FORMAT`. */
function inspect(descriptor: number): { id: string; inode: bigint } | undefined {
  if (!isPage(descriptor)) return undefined
  const { ino, nlink } = fstatSync(descriptor, { bigint: true })
  const head = new Int32Array(pageOffsets.retired / 4 + 1)
  readSync(descriptor, head, 0, head.byteLength, 0)
  const [, version, slots] = head
  if (version !== pageVersion || slots !== slotCount) throw newerPage(version)
  // With a second name it may be in use by another store, a copy of this one; a retired one is used by none.
  if (nlink !== 1n || head.at(-1) !== 0) return undefined
  return { id: Buffer.from(head.buffer, idWord * 4, idLength).toString('hex'), inode: ino }
}

/** Whether an open file is a page, of whatever version. */
function isPage(descriptor: number): boolean {
  const status = fstatSync(descriptor)
  if (!status.isFile() || status.size !== pageBytes) return false
  const magic = new Int32Array(1)
  readSync(descriptor, magic, 0, magic.byteLength, 0)
  return magic[0] === pageMagic
}

/** Written out to its full length: a hole that the disk has no room for would kill whoever touches it in memory. */
function writePage(path: string, id: Uint8Array): void {
  const words = new Int32Array(pageBytes / 4)
  words.set([pageMagic, pageVersion, slotCount])
  new Uint8Array(words.buffer).set(id, idWord * 4)
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY
  const descriptor = openSync(path, flags | (constants.O_NOFOLLOW ?? 0), 0o600)
  try {
    for (let at = 0; at < pageBytes; ) at += writeSync(descriptor, words, at, pageBytes - at, at)
  } finally {
    closeSync(descriptor)
  }
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes(String((error as { code?: unknown }).code))
}

function newerPage(version: number | undefined): HoldfastError {
  return new HoldfastError(
    'ERR_NEWER_FORMAT',
    `shared/versions: the page has format ${version}, this version of holdfast knows ${pageVersion}. Update holdfast, or close every process that uses the store and delete the file.`,
  )
}
