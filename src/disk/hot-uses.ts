import type { Connection } from './connection.ts'
import type { HotEntry } from './hot-entry.ts'
import { type HotSet, textOfKey } from './hot-set.ts'
import { storedKeyOfText, textOfRow } from './stored-key.ts'

const update = 'UPDATE entries SET used = max(coalesce(used, 0), ?), uses = uses + ? WHERE key = ?'

/** A process that reads and never writes nor lets a timer run forgets the older half of so many notes. */
const mostNoted = 65_536

/** Which hot entries were used since the database was last told: a hit only counts up a number in its entry. */
export class HotUses {
  #noted: HotEntry[] = []
  /** Those before it were written. */
  #next = 0

  get size(): number {
    return this.#noted.length - this.#next
  }

  /** Notes the first use of an entry since its uses were last written. */
  note(entry: HotEntry): void {
    if (this.size >= mostNoted) {
      for (const end = this.#next + mostNoted / 2; this.#next < end; this.#next += 1)
        (this.#noted[this.#next] as HotEntry).uses = 0
    }
    if (this.#next >= mostNoted) {
      this.#noted = this.#noted.slice(this.#next)
      this.#next = 0
    }
    this.#noted.push(entry)
  }

  /** Writes up to `limit` notes into the open transaction, oldest first. */
  write(connection: Connection, limit: number): void {
    const end = Math.min(this.#noted.length, this.#next + limit)
    for (; this.#next < end; this.#next += 1)
      writeUses(connection, this.#noted[this.#next] as HotEntry)
    if (this.#next < this.#noted.length) return
    this.#noted = []
    this.#next = 0
  }

  /** Writes the note about the entry of one row, if there is any, into the open transaction. @returns whether there was. */
  writeOne(connection: Connection, set: HotSet, row: readonly unknown[]): boolean {
    if (this.size === 0) return false
    const entry = set.ofText(textOfRow(row[0], row[1]))
    if (entry === undefined || entry.uses === 0) return false
    writeUses(connection, entry)
    return true
  }

  clear(): void {
    for (const entry of this.#noted) entry.uses = 0
    this.#noted = []
    this.#next = 0
  }
}

function writeUses(connection: Connection, entry: HotEntry): void {
  const { index, isText, used, uses } = entry
  if (uses === 0) return
  const { bytes } = storedKeyOfText(isText ? String(index) : textOfKey(index))
  connection.run(update, used, uses, bytes)
  // Should the transaction fail, the entry looks unused for a while: not worth keeping two books.
  entry.uses = 0
}
