/*
 * The layout of a version page, in 32-bit words of the machine's own byte order (the page never leaves it):
 *
 * | word | holds |
 * |---|---|
 * | 0 | the bytes `hfvp` |
 * | 1 | version of this layout |
 * | 2 | number of slots |
 * | 4 to 7 | random id, which the database knows too |
 * | 16 | epoch |
 * | 32 | token of the writer who is at work, 0 if none is |
 * | 48 | 1 when another page has taken this one's place |
 * | from 64 on | one version for each slot |
 *
 * The three words that change have cache lines of their own.
 */

/** The bytes `hfvp`. */
export const pageMagic = 0x70766668
export const pageVersion = 1
/** A power of two. With 65,536 slots a write takes one of 65,536 unrelated hot entries along. */
export const slotCount = 65_536
/** Place of the id, in words. */
export const idWord = 4
/** Place of the epoch, in words. */
export const epochWord = 16
const writerWord = 32
const retiredWord = 48
const firstSlotWord = 64

/** Bytes of a page. */
export const pageBytes: number = (firstSlotWord + slotCount) * 4

/** Where the words that change lie, in bytes, for those who cannot map the page. */
export const pageOffsets: {
  readonly epoch: number
  readonly writer: number
  readonly retired: number
} = { epoch: epochWord * 4, writer: writerWord * 4, retired: retiredWord * 4 }

/** What a writer does to a page while it commits; see decision 0018. */
export interface WriterPage {
  /** Token of the writer who is at work, or died at it; 0 if none is. */
  writer(): number
  isRetired(): boolean
  /** Makes every hot entry whose key has that slot void. @returns the new version. */
  bump(slot: number): number
  /** Makes every hot entry void. */
  bumpEpoch(): void
  /** Says who writes. The caller holds the database's write lock. */
  claim(token: number): void
  /** Says that nobody writes any more, if nobody else has said that he does. */
  release(token: number): void
}

/**
 * Counters by which every process knows which of its hot entries are still true: `slot` is the place of a version among
 * {@link words}, and many keys share one. The words may be memory that all processes share, or one process's own.
 */
export class VersionPage implements WriterPage {
  /** Hits compare these without a call. */
  readonly words: Int32Array

  constructor(words: Int32Array) {
    this.words = words
  }

  /** A page that no other process sees. */
  static ofProcess(): VersionPage {
    return new VersionPage(new Int32Array(firstSlotWord + slotCount))
  }

  epoch(): number {
    return Atomics.load(this.words, epochWord)
  }

  version(slot: number): number {
    return Atomics.load(this.words, slot)
  }

  writer(): number {
    return Atomics.load(this.words, writerWord)
  }

  isRetired(): boolean {
    return Atomics.load(this.words, retiredWord) !== 0
  }

  bump(slot: number): number {
    return (Atomics.add(this.words, slot, 1) + 1) | 0
  }

  bumpEpoch(): void {
    Atomics.add(this.words, epochWord, 1)
  }

  claim(token: number): void {
    Atomics.store(this.words, writerWord, token)
  }

  release(token: number): void {
    Atomics.compareExchange(this.words, writerWord, token, 0)
  }

  /** Tells all who use this page that they must look for another. */
  retire(): void {
    Atomics.store(this.words, retiredWord, 1)
    this.bumpEpoch()
  }
}

/**
 * The place of a key's version among the words: FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/) over its bytes as rows
 * hold them, finished as MurmurHash3 is (https://github.com/aappleby/smhasher). The same in every process.
 */
export function slotOf(key: Uint8Array): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index += 1)
    hash = Math.imul(hash ^ (key[index] as number), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return firstSlotWord + ((hash ^ (hash >>> 16)) & (slotCount - 1))
}
