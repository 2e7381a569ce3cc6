import { type StoredKey, toStoredKey } from '../../../src/disk/stored-key.ts'
import { epochWord, slotOf, VersionPage } from '../../../src/disk/version-page.ts'

/** The key whose entry is read. */
export const readKey: StoredKey = toStoredKey('read')
/** Another one, with another slot. */
export const otherKey: StoredKey = toStoredKey('other')

export const readSlot: number = slotOf(readKey.bytes)
const otherSlot = slotOf(otherKey.bytes)

/** Where the writer's token lies; the page does not export it, since only its methods use it. */
const writerWord = 32

/** Words that change. Pages do not retire in here. */
const places = [epochWord, writerWord, readSlot, otherSlot] as const

export const nobody = -1

/**
 * What all processes share: the page, the write lock, and the database, of which only the entry of {@link readKey} matters.
 * Its values are numbers, a later write has a larger one, and 0 was there before.
 */
export class World {
  readonly page: VersionPage = VersionPage.ofProcess()
  /** Who has the write lock. */
  lock: number = nobody
  /** How many of the writes are over, one way or another. */
  turn = 0
  /** What is committed now. */
  value = 0
  /** A bit for each value that ever was committed. */
  committed = 1
  commits = 0

  load(memory: readonly number[]): void {
    const { words } = this.page
    for (const [index, place] of places.entries()) words[place] = memory[index] as number
    const [lock, turn, value, committed, commits] = memory.slice(places.length)
    Object.assign(this, { lock, turn, value, committed, commits })
  }

  save(): number[] {
    const { lock, turn, value, committed, commits } = this
    const { words } = this.page
    return [...places.map((place) => words[place] as number), lock, turn, value, committed, commits]
  }

  /** The holder of the lock commits `value`, or leaves the entry as it is. */
  commit(value: number | undefined): void {
    this.#end()
    this.commits += 1
    if (value === undefined) return
    this.value = value
    this.committed |= 1 << value
  }

  /** The holder of the lock rolls back, or dies. */
  rollBack(): void {
    this.#end()
  }

  #end(): void {
    this.lock = nobody
    this.turn += 1
  }
}
