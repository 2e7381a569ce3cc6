import { randomBytes } from 'node:crypto'
import { closeSync, readSync, writeSync } from 'node:fs'
import { pageOffsets, type WriterPage } from './version-page.ts'

/**
 * The version page as a file, for a writer who cannot map it: others may have it mapped, and what is written to the file they
 * see in memory. Reading and writing are two steps here, so nothing is counted up: a version becomes a random number, which
 * nobody can have seen before.
 */
export class VersionFile implements WriterPage {
  readonly #descriptor: number
  readonly #word = Buffer.alloc(4)
  readonly #alone: (work: () => void) => void

  /** @param alone runs work while the database's write lock is held, or not at all. */
  constructor(descriptor: number, alone: (work: () => void) => void) {
    this.#descriptor = descriptor
    this.#alone = alone
  }

  writer(): number {
    return this.#read(pageOffsets.writer)
  }

  isRetired(): boolean {
    return this.#read(pageOffsets.retired) !== 0
  }

  bump(slot: number): number {
    randomBytes(4).copy(this.#word)
    this.#write(slot * 4)
    return this.#word.readInt32LE()
  }

  bumpEpoch(): void {
    randomBytes(4).copy(this.#word)
    this.#write(pageOffsets.epoch)
  }

  claim(token: number): void {
    this.#set(pageOffsets.writer, token)
  }

  /** Only with the lock nobody else can claim the page between the look and the change. */
  release(token: number): void {
    this.#alone(() => {
      if (this.writer() === token) this.#set(pageOffsets.writer, 0)
    })
  }

  retire(): void {
    this.#set(pageOffsets.retired, 1)
    this.bumpEpoch()
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  #read(offset: number): number {
    readSync(this.#descriptor, this.#word, 0, 4, offset)
    return new Int32Array(this.#word.buffer, this.#word.byteOffset, 1)[0] as number
  }

  #set(offset: number, value: number): void {
    new Int32Array(this.#word.buffer, this.#word.byteOffset, 1)[0] = value
    this.#write(offset)
  }

  #write(offset: number): void {
    writeSync(this.#descriptor, this.#word, 0, 4, offset)
  }
}
