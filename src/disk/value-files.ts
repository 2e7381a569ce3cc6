import { randomUUID } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { xxh3 } from '@node-rs/xxhash'
import { HoldfastError } from '../contracts/errors.ts'
import type { Session } from './session.ts'

/** A value file that was written and is registered, but that no row names yet. */
export interface NewFile {
  readonly name: string
  readonly size: number
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
const createFlags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | noFollow
// Non-blocking, so that a FIFO put in a file's place cannot make a reader wait for ever.
const readFlags = constants.O_RDONLY | noFollow | (constants.O_NONBLOCK ?? 0)

/** How many files a process remembers to have verified. */
const verifiedKept = 65_536

export interface ValueFilesOptions {
  readonly durability: 'process' | 'machine'
  readonly verify: 'first' | 'always' | 'never'
}

/** The files under `values/`: immutable, each with a random name, each written whole before a row names it. */
export class ValueFiles {
  readonly folder: string
  readonly #options: ValueFilesOptions
  readonly #session: Session | undefined
  /** Verified files and the change time of their inode then: whatever touches the file later sets a new one. */
  readonly #verified = new Map<string, number>()

  constructor(folder: string, session: Session | undefined, options: ValueFilesOptions) {
    this.folder = folder
    this.#session = session
    this.#options = options
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
    if (this.#options.durability === 'machine') flushFolder(join(this.folder, name.slice(0, 2)))
  }

  /** Writes `bytes` to a new file. On failure nothing is left of it. */
  write(bytes: Uint8Array): NewFile {
    const { name, slot } = this.reserve()
    try {
      const descriptor = this.create(name)
      try {
        writeAll(descriptor, bytes)
        if (this.#options.durability === 'machine') fsyncSync(descriptor)
      } finally {
        closeSync(descriptor)
      }
      this.publish(name)
    } catch (error) {
      this.abandon(name, slot)
      throw error
    }
    return { name, slot, size: bytes.byteLength, checksum: checksumOf(bytes) }
  }

  /** Removes what was written under a reserved name, and gives its slot back. */
  abandon(name: string, slot: number): void {
    unlinkIfThere(temporaryName(this.pathOf(name)))
    this.unlink(name)
    this.release(slot)
  }

  release(slot: number): void {
    this.#session?.release(slot)
  }

  unlink(name: string): void {
    this.#verified.delete(name)
    unlinkIfThere(this.pathOf(name))
  }

  /** A descriptor of the file `name`, if it is there and has `size` bytes; otherwise what is wrong with it. */
  open(name: string, size: number): { descriptor: number; changed: number } | Damage {
    let descriptor: number
    try {
      descriptor = openSync(this.pathOf(name), readFlags)
    } catch (error) {
      const code = (error as { code?: unknown }).code
      if (code === 'ENOENT') return { damage: 'missing' }
      if (code === 'ELOOP' || error instanceof HoldfastError)
        return { damage: 'not a file of ours' }
      throw error
    }
    const status = fstatSync(descriptor)
    if (status.isFile() && status.size === size) return { descriptor, changed: status.ctimeMs }
    closeSync(descriptor)
    return { damage: `of ${status.size} bytes instead of ${size}` }
  }

  /** The bytes of the file `name`, or what is wrong with it. */
  read(name: string, size: number, checksum: Uint8Array): Uint8Array | Damage {
    const opened = this.open(name, size)
    if ('damage' in opened) return opened
    // Not from the pool: the value may keep these bytes for long, and must not share them.
    const bytes = Buffer.allocUnsafeSlow(size)
    try {
      if (!readAll(opened.descriptor, bytes)) return { damage: 'shorter than its row says' }
    } finally {
      closeSync(opened.descriptor)
    }
    if (!this.#needsVerifying(name, opened.changed)) return bytes
    if (Buffer.compare(checksumOf(bytes), checksum) !== 0)
      return { damage: 'changed: its checksum differs' }
    this.#noteVerified(name, opened.changed)
    return bytes
  }

  /** Whether the file `name` holds what its row says; read in pieces. */
  verify(name: string, size: number, checksum: Uint8Array): boolean {
    const opened = this.open(name, size)
    if ('damage' in opened) return false
    const hash = xxh3.Xxh3.withSeed()
    const piece = Buffer.allocUnsafe(2 ** 18)
    try {
      for (
        let count = readSync(opened.descriptor, piece);
        count > 0;
        count = readSync(opened.descriptor, piece)
      ) {
        hash.update(piece.subarray(0, count))
      }
    } finally {
      closeSync(opened.descriptor)
    }
    return Buffer.compare(checksumBytes(hash.digest()), checksum) === 0
  }

  /** A descriptor of the file `name`, verified first where that is due; otherwise what is wrong with it. */
  openVerified(name: string, size: number, checksum: Uint8Array): { descriptor: number } | Damage {
    const opened = this.open(name, size)
    if ('damage' in opened || !this.#needsVerifying(name, opened.changed)) return opened
    if (this.verify(name, size, checksum)) {
      this.#noteVerified(name, opened.changed)
      return opened
    }
    closeSync(opened.descriptor)
    return { damage: 'changed: its checksum differs' }
  }

  #needsVerifying(name: string, changed: number): boolean {
    if (this.#options.verify === 'first') return this.#verified.get(name) !== changed
    return this.#options.verify === 'always'
  }

  #noteVerified(name: string, changed: number): void {
    if (this.#verified.size >= verifiedKept) this.#verified.clear()
    this.#verified.set(name, changed)
  }
}

/** Why a value file cannot be used. */
export interface Damage {
  readonly damage: string
}

/** XXH3, 64 bits, of `bytes` as 8 bytes (https://github.com/Cyan4973/xxHash). Finds damage; it is no signature. */
export function checksumOf(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength < streamedFrom) return checksumBytes(xxh3.xxh64(bytes))
  return checksumBytes(xxh3.Xxh3.withSeed().update(bytes).digest())
}

/** From here on the library's stream is the faster of its two ways: 12 times so at 1 MiB. */
const streamedFrom = 4_096

/** A 64-bit sum as rows hold it. */
export function checksumBytes(sum: bigint): Uint8Array {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64LE(sum)
  return bytes
}

/** One level only: where `values/` itself is gone, somebody has removed the store. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength; ) done += writeSync(descriptor, bytes, done)
}

function readAll(descriptor: number, bytes: Uint8Array): boolean {
  for (let done = 0; done < bytes.byteLength; ) {
    const count = readSync(descriptor, bytes, done, bytes.byteLength - done, done)
    if (count === 0) return false
    done += count
  }
  return true
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
