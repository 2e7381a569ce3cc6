import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Enough for the log of some deletions: each writes a few pages of 4 KiB. */
const reservedBytes = 64 * 1_024

/**
 * A file that is there to be given up. Also a deletion needs room, for the log; without a reserve a store that has filled its
 * disk could not be emptied by its own means.
 */
export class Reserve {
  readonly #path: string
  #isHeld = false

  constructor(folder: string) {
    this.#path = join(folder, 'reserve')
  }

  /** Makes sure that the room is reserved, if there is any. */
  hold(): void {
    if (this.#isHeld) return
    try {
      if (!existsSync(this.#path)) this.#make()
      this.#isHeld = true
    } catch {
      // There is no room now, or another process was faster: the next round sees.
    }
  }

  #make(): void {
    try {
      // Not zeros, which some file systems keep as a hole that reserves nothing.
      const bytes = Buffer.alloc(reservedBytes, 'holdfast')
      writeFileSync(this.#path, bytes, { mode: 0o600, flag: 'wx' })
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'EEXIST') rmSync(this.#path, { force: true })
      throw error
    }
  }

  /** Gives the room up. */
  release(): void {
    this.#isHeld = false
    rmSync(this.#path, { force: true })
  }
}
