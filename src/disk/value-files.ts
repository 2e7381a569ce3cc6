import { randomUUID } from 'node:crypto'
import {
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { HoldfastError } from '../contracts/errors.ts'
import type { FrameHead } from '../frame/frame.ts'
import type { Session } from './session.ts'

/** A value file that was written and is registered, but that no row names yet. */
export interface NewFile {
  readonly name: string
  /** Bytes of the payload, and of the whole file. */
  readonly size: number
  readonly total: number
  /** The frame's own. */
  readonly checksum: Uint8Array
  readonly slot: number
}

/** The only names that are ever opened or unlinked, whatever a row says. */
const namePattern = /^[0-9a-f]{2}\/[0-9a-f]{30}$/

/** Whether `name` is one of a value file, so that a row that was tampered with reaches nothing outside `values/`. */
export function isFileName(name: unknown): name is string {
  return typeof name === 'string' && namePattern.test(name)
}

/** A name that was never used and cannot be guessed. */
export function newFileName(): string {
  // The pool behind it makes this much faster than asking the system for 16 bytes each time.
  const name = randomUUID().replaceAll('-', '')
  return `${name.slice(0, 2)}/${name.slice(2)}`
}

/** What a value file is called while it is being written. */
export function temporaryName(name: string): string {
  return `${name}.tmp`
}

const noFollow = constants.O_NOFOLLOW ?? 0
const createFlags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | noFollow

/**
 * Files from this size on are written in pieces. The kernel keeps what one call wrote in one large folio, and touching a byte
 * of a map then brings all of it in; pieces keep a map's memory at what was touched.
 */
const pieceFrom = 8 * 2 ** 20
const pieceBytes = 2 ** 16

/** The files under `values/`: immutable, each with a random name, each holding one frame, written whole before a row names it. */
export class ValueFiles {
  readonly folder: string
  readonly #durability: 'process' | 'machine'
  readonly #session: Session | undefined

  constructor(folder: string, session: Session | undefined, durability: 'process' | 'machine') {
    this.folder = folder
    this.#session = session
    this.#durability = durability
  }

  pathOf(name: string): string {
    if (!isFileName(name))
      throw new HoldfastError(
        'ERR_CORRUPT',
        'A row names a file outside the store. Run check({ fix: true }).',
      )
    return join(this.folder, name)
  }

  /** Registers a new name. @returns it and its slot. */
  reserve(): { name: string; slot: number } {
    if (this.#session === undefined)
      throw new HoldfastError('ERR_READONLY', 'This store was opened with readonly: true.')
    const name = newFileName()
    return { name, slot: this.#session.register(name) }
  }

  /** Opens the temporary file of `name` for writing. */
  create(name: string): number {
    const path = temporaryName(this.pathOf(name))
    this.#checkFolder(name)
    try {
      return openSync(path, createFlags, 0o600)
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ENOENT') throw error
    }
    makeFolder(join(this.folder, name.slice(0, 2)))
    return openSync(path, createFlags, 0o600)
  }

  /** Makes the temporary file of `name`, complete and closed, the file of that name. */
  publish(name: string): void {
    renameSync(temporaryName(this.pathOf(name)), this.pathOf(name))
    if (this.#durability === 'machine') flushFolder(join(this.folder, name.slice(0, 2)))
  }

  /** Writes a frame to a new file. On failure nothing is left of it. */
  write({ head, checksum }: FrameHead, payload: Uint8Array): NewFile {
    const { name, slot } = this.reserve()
    try {
      const descriptor = this.create(name)
      try {
        writeAll(descriptor, head)
        writeAll(descriptor, payload)
        this.flush(descriptor)
      } finally {
        closeSync(descriptor)
      }
      this.publish(name)
    } catch (error) {
      this.abandon(name, slot)
      throw error
    }
    const size = payload.byteLength
    return { name, slot, size, total: head.byteLength + size, checksum }
  }

  /** Makes sure that what was written outlives a power loss, if the store promises that. */
  flush(descriptor: number): void {
    if (this.#durability === 'machine') fsyncSync(descriptor)
  }

  /** Removes what was written under a reserved name, and gives its slot back. */
  abandon(name: string, slot: number): void {
    this.unlinkTemporary(name)
    this.unlink(name)
    this.release(slot)
  }

  /** A symbolic link in a folder's place would lead writes and unlinks to files that are not ours. */
  #checkFolder(name: string): void {
    const folder = join(this.folder, name.slice(0, 2))
    const status = lstatSync(folder, { throwIfNoEntry: false })
    if (status === undefined || status.isDirectory()) return
    throw new HoldfastError(
      'ERR_UNSAFE_DIRECTORY',
      `${folder}: this is no folder of the store, but a link or a file in its place. Nothing was touched there; remove it.`,
    )
  }

  release(slot: number): void {
    this.#session?.release(slot)
  }

  /** Removes what is left of a file that was not written to its end. @throws HoldfastError `ERR_UNSAFE_DIRECTORY`. */
  unlinkTemporary(name: string): void {
    this.#checkFolder(name)
    unlinkIfThere(temporaryName(this.pathOf(name)))
  }

  /** @throws HoldfastError `ERR_UNSAFE_DIRECTORY`. */
  unlink(name: string): void {
    this.#checkFolder(name)
    unlinkIfThere(this.pathOf(name))
  }
}

/** One level only: where `values/` itself is gone, somebody has removed the store. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error
  }
}

/** Writes all of `bytes`, wherever the descriptor stands. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  const most = bytes.byteLength < pieceFrom ? bytes.byteLength : pieceBytes
  for (let done = 0; done < bytes.byteLength; )
    done += writeSync(descriptor, bytes, done, Math.min(most, bytes.byteLength - done))
}

function flushFolder(path: string): void {
  const descriptor = openSync(path, constants.O_RDONLY)
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Unlinks `path`; that it is gone already is fine. */
export function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error
  }
}
