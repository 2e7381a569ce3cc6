import { statSync } from 'node:fs'
import { HoldfastError } from '../contracts/errors.ts'
import type { Layout } from './directory.ts'

/** Where an open store lies, and whether it still does: writes to a database that was moved away would be lost. */
export class Place {
  readonly #layout: Layout
  readonly #inode: bigint | undefined
  #isLost = false

  constructor(layout: Layout) {
    this.#layout = layout
    this.#inode = inodeOf(layout.database)
  }

  /** Whether it was found to be gone. */
  get isLost(): boolean {
    return this.#isLost
  }

  /** Looks. @returns whether it is gone now and was not known to be. */
  isLostNow(): boolean {
    if (this.#isLost || inodeOf(this.#layout.database) === this.#inode) return false
    this.#isLost = true
    return true
  }

  lostError(): HoldfastError {
    return new HoldfastError(
      'ERR_IO',
      `${this.#layout.directory}: the directory was removed, or its database replaced, while it was open. Close this store and open a new one.`,
    )
  }
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino
}
