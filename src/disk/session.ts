import { randomBytes } from 'node:crypto'
import { closeSync, constants, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { HoldfastError } from '../contracts/errors.ts'
import { listFolder } from './directory.ts'
import { isGone, ownIdentity, type ProcessIdentity } from './process-identity.ts'

/**
 * The file by which an open store is known to others: who has it open, and which value files it is about to name in a row.
 *
 * Whoever writes a value file registers its name here first, so that a file without a row is either in some session or an
 * orphan. A slot is used again only after the row of its file was committed or the file removed; its old content does no
 * harm until then. Plain `pwrite`: what a killed process wrote stays readable to the others.
 *
 * The file: a JSON line padded to `headerBytes`, then slots of `slotBytes`, each a file name padded with spaces and a line feed.
 */
export class Session {
  readonly id: string = randomBytes(8).toString('hex')
  readonly #path: string
  readonly #descriptor: number
  readonly #free: number[] = []
  #slots = 0
  #isOpen = true

  constructor(folder: string) {
    this.#path = join(folder, `${this.id}${suffix}`)
    const flags =
      constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | (constants.O_NOFOLLOW ?? 0)
    this.#descriptor = openSync(this.#path, flags, 0o600)
    try {
      const header = `${JSON.stringify(ownIdentity()).padEnd(headerBytes - 1)}\n`
      if (writeSync(this.#descriptor, header, 0) < headerBytes) throw noSpace()
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Notes that `file` is about to be written. @returns the slot, to give back when a row names the file or it is gone. */
  register(file: string): number {
    // Its descriptor may be another file's by now.
    if (!this.#isOpen)
      throw new HoldfastError('ERR_CLOSED', 'The store was closed before the value was written.')
    const slot = this.#free.pop() ?? this.#slots++
    writeSync(this.#descriptor, `${file.padEnd(slotBytes - 1)}\n`, headerBytes + slot * slotBytes)
    return slot
  }

  release(slot: number): void {
    this.#free.push(slot)
  }

  close(): void {
    this.#isOpen = false
    closeSync(this.#descriptor)
    rmSync(this.#path, { force: true })
  }
}

const suffix = '.session'
const headerBytes = 256
const slotBytes = 64

/** What another's session file says. */
export interface SessionRecord {
  readonly id: string
  readonly path: string
  /** Whether the process that wrote it is certainly gone. */
  readonly gone: boolean
  /** Names of the value files it registered. */
  readonly files: readonly string[]
}

/** Every session in `folder`. */
export function readSessions(folder: string): SessionRecord[] {
  const records: SessionRecord[] = []
  for (const { name } of listFolder(folder)) {
    if (!name.endsWith(suffix)) continue
    const record = readSession(join(folder, name), name.slice(0, -suffix.length))
    if (record !== undefined) records.push(record)
  }
  return records
}

/** Whether the session `id` certainly ended: its file is gone, or its process is. */
export function sessionEnded(folder: string, id: string): boolean {
  return readSession(join(folder, `${id}${suffix}`), id)?.gone ?? true
}

function readSession(path: string, id: string): SessionRecord | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return undefined // closed since it was listed
  }
  const lines = text.split('\n').map((line) => line.trimEnd())
  const identity = parseIdentity(lines[0] ?? '')
  return {
    id,
    path,
    gone: identity === undefined ? isOld(path) : isGone(identity),
    files: lines.slice(1).filter((line) => line !== ''),
  }
}

/** A header is written at once; one that is still not there after a minute never will be. */
function isOld(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false })
  return status !== undefined && Date.now() - status.mtimeMs > 60_000
}

/** As the system says it where a write is not cut short. */
function noSpace(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    syscall: 'write',
  })
}

/** `undefined` for a header that is still being written. */
function parseIdentity(line: string): ProcessIdentity | undefined {
  try {
    const identity: unknown = JSON.parse(line)
    return typeof (identity as ProcessIdentity | null)?.pid === 'number'
      ? (identity as ProcessIdentity)
      : undefined
  } catch {
    return undefined
  }
}
