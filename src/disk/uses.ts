import type { Connection } from './connection.ts'

interface Use {
  stamp: number
  count: number
}

/** A process that reads and never lets a timer run must not collect notes without end. */
const mostNoted = 8_192

const update = 'UPDATE entries SET used = max(coalesce(used, 0), ?), uses = uses + ? WHERE id = ?'

/**
 * Which entries this process read since it last told the database. A read only notes its use here; the notes are written in
 * batches, with the next write or by a timer, so that no read waits for the write lock.
 */
export class Uses {
  #noted = new Map<number, Use>()
  /** What was noted before `#noted` was begun; forgotten when that is full too. */
  #older = new Map<number, Use>()

  get size(): number {
    return this.#noted.size + this.#older.size
  }

  note(id: number, stamp: number): void {
    const use = this.#noted.get(id)
    if (use !== undefined) {
      use.stamp = stamp
      use.count += 1
      return
    }
    if (this.#noted.size >= mostNoted) {
      // Not one by one: a Map steps over each key that was deleted from its front.
      this.#older = this.#noted
      this.#noted = new Map()
    }
    this.#noted.set(id, { stamp, count: 1 })
  }

  /** Writes the note about one entry, if there is any, into the open transaction. @returns whether there was. */
  writeOne(connection: Connection, id: number): boolean {
    // The older first, so that the newer stamp stays.
    const older = writeFrom(this.#older, connection, id)
    return writeFrom(this.#noted, connection, id) || older
  }

  /** Writes up to `limit` notes into the open transaction. */
  write(connection: Connection, limit: number): void {
    let left = limit
    for (const notes of [this.#older, this.#noted]) {
      for (const id of notes.keys()) {
        if (left <= 0) return
        writeFrom(notes, connection, id)
        left -= 1
      }
    }
  }

  /** Forgets everything, for stores that are cleared. */
  clear(): void {
    this.#noted = new Map()
    this.#older = new Map()
  }
}

/** Should the transaction fail, the entry looks unused for a while: not worth keeping two books. */
function writeFrom(notes: Map<number, Use>, connection: Connection, id: number): boolean {
  const use = notes.get(id)
  if (use === undefined) return false
  connection.run(update, use.stamp, use.count, id)
  notes.delete(id)
  return true
}
