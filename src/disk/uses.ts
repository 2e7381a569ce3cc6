import type { Connection } from './connection.ts'

interface Use {
  stamp: number
  count: number
}

/** A process that reads and never lets a timer run must not collect notes without end. */
const mostNoted = 16_384

const update = 'UPDATE entries SET used = ?, uses = uses + ? WHERE id = ?'

/**
 * Which entries this process read since it last told the database. A read only notes its use here; the notes are written in
 * batches, with the next write or by a timer, so that no read waits for the write lock.
 */
export class Uses {
  #noted = new Map<number, Use>()

  get size(): number {
    return this.#noted.size
  }

  note(id: number, stamp: number): void {
    const use = this.#noted.get(id)
    if (use === undefined) {
      if (this.#noted.size >= mostNoted) this.#forgetOldest()
      this.#noted.set(id, { stamp, count: 1 })
      return
    }
    use.stamp = stamp
    use.count += 1
  }

  /** Writes the note about one entry, if there is any, into the open transaction. @returns whether there was. */
  writeOne(connection: Connection, id: number): boolean {
    const use = this.#noted.get(id)
    if (use === undefined) return false
    connection.run(update, use.stamp, use.count, id)
    // Should the transaction fail, the entry looks unused for a while: not worth keeping two books.
    this.#noted.delete(id)
    return true
  }

  /** Writes up to `limit` notes into the open transaction. */
  write(connection: Connection, limit: number): void {
    let left = limit
    for (const id of this.#noted.keys()) {
      if (left <= 0) return
      this.writeOne(connection, id)
      left -= 1
    }
  }

  #forgetOldest(): void {
    for (const id of this.#noted.keys()) {
      this.#noted.delete(id)
      return
    }
  }

  /** Forgets everything, for stores that are cleared. */
  clear(): void {
    this.#noted = new Map()
  }
}
