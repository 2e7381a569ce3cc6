import type { Connection } from './connection.ts'

interface Use {
  stamp: number
  count: number
}

const update = 'UPDATE entries SET used = ?, uses = uses + ? WHERE id = ?'

/**
 * Which entries this process read since it last told the database. A read only notes its use here; the notes are written in
 * batches, with the next write or by a timer, so that no read waits for the write lock.
 */
export class Uses {
  #noted = new Map<number, Use>()
  #writing = new Set<number>()

  get size(): number {
    return this.#noted.size
  }

  note(id: number, stamp: number): void {
    const use = this.#noted.get(id)
    if (use === undefined) {
      this.#noted.set(id, { stamp, count: 1 })
      return
    }
    use.stamp = stamp
    use.count += 1
  }

  /** Writes the note about one entry, if there is any, into the open transaction. @returns whether there was. */
  writeOne(connection: Connection, id: number): boolean {
    const use = this.#noted.get(id)
    if (use === undefined || this.#writing.has(id)) return false
    connection.run(update, use.stamp, use.count, id)
    this.#writing.add(id)
    return true
  }

  /** Writes up to `limit` notes into the open transaction. */
  write(connection: Connection, limit: number): void {
    for (const [id, use] of this.#noted) {
      if (this.#writing.size >= limit) return
      if (this.#writing.has(id)) continue
      connection.run(update, use.stamp, use.count, id)
      this.#writing.add(id)
    }
  }

  /** Told whether the transaction in which notes were written was committed. */
  settle(committed: boolean): void {
    if (this.#writing.size === 0) return
    if (committed) for (const id of this.#writing) this.#noted.delete(id)
    this.#writing = new Set()
  }

  /** Forgets everything, for stores that are cleared. */
  clear(): void {
    this.#noted = new Map()
    this.#writing = new Set()
  }
}
