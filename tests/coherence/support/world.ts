import { type StoredKey, toStoredKey } from '../../../src/disk/stored-key.ts'
import { epochWord, pageOffsets, slotOf, VersionPage } from '../../../src/disk/version-page.ts'

/** The key whose entry is read. */
export const readKey: StoredKey = toStoredKey('read')
/** Another one, with another slot. */
export const otherKey: StoredKey = toStoredKey('other')

export const readSlot: number = slotOf(readKey.bytes)
const otherSlot = slotOf(otherKey.bytes)

/** Words that change. */
const places = [
  ...[epochWord, pageOffsets.writer / 4, pageOffsets.retired / 4],
  ...[readSlot, otherSlot],
] as const

export const nobody = -1

/**
 * What all processes share: the page, the write lock, and the database, of which only the entry of {@link readKey} matters.
 * Its values are numbers, a later write has a larger one, and 0 was there before.
 */
export class World {
  /** The page that was there first, and the one that may take its place. */
  readonly pages: readonly VersionPage[] = [VersionPage.ofProcess(), VersionPage.ofProcess()]
  /** Which of them is where the page file has to be. */
  file = 0
  /** Which of them the database names. */
  named = 0
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
    let index = 0
    const next = (): number => memory[index++] as number
    for (const { words } of this.pages) for (const place of places) words[place] = next()
    this.file = next()
    this.named = next()
    this.lock = next()
    this.turn = next()
    this.value = next()
    this.committed = next()
    this.commits = next()
  }

  save(): number[] {
    const { file, named, lock, turn, value, committed, commits } = this
    const memory: number[] = []
    for (const { words } of this.pages)
      for (const place of places) memory.push(words[place] as number)
    memory.push(file, named, lock, turn, value, committed, commits)
    return memory
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
