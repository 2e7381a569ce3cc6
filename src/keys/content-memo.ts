/** What of a file says whether it changed. Times in nanoseconds. */
export interface FileState {
  readonly dev: bigint
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

/**
 * A file that changed less than this before it was looked at may change again without its times showing it, because file
 * systems keep times in ticks: 10 ms on Linux, 1 s on HFS+, 2 s on FAT. (Git calls such files racily clean.)
 */
const settledAfter = 2_500_000_000n

/**
 * Hashes of the files that this process read, by device and inode, each valid for one size, mtime and ctime. ctime cannot be
 * set by programs, so a file whose mtime was put back is seen too.
 */
export class ContentMemo {
  readonly #now: () => number
  readonly #limit: number
  // Two generations: what is used moves to the younger, and the older goes when the younger is full.
  #young = new Map<string, Remembered>()
  #old = new Map<string, Remembered>()

  /**
   * @param now The time in milliseconds.
   * @param limit Most files remembered; at about 200 bytes each.
   */
  constructor(now: () => number = Date.now, limit = 200_000) {
    this.#now = now
    this.#limit = limit
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  /** The hash of the file, if it is known and the file has not changed since. */
  get(file: FileState): string | undefined {
    const id = `${file.dev}:${file.ino}`
    const found = this.#young.get(id) ?? this.#old.get(id)
    if (found === undefined || found.state !== stateOf(file)) return undefined
    if (this.#old.delete(id)) this.#add(id, found)
    return found.hash
  }

  /** Whether a change right after this moment would show in the times of `file`, as they were read just now. */
  settled(file: FileState): boolean {
    const now = BigInt(Math.floor(this.#now())) * 1_000_000n
    // mtime too: where ctime is not kept (FAT), it is all there is. It may lie in the future for long, set by a program.
    const age = now - file.mtimeNs
    const sinceWrite = age < 0n ? -age : age
    return now - file.ctimeNs >= settledAfter && sinceWrite >= settledAfter
  }

  /** Remembers the hash of a file that was settled when it was looked at, before it was read. */
  set(file: FileState, hash: string): void {
    const id = `${file.dev}:${file.ino}`
    this.#old.delete(id)
    this.#add(id, { state: stateOf(file), hash })
  }

  #add(id: string, remembered: Remembered): void {
    this.#young.set(id, remembered)
    if (this.#young.size < this.#limit / 2) return
    this.#old = this.#young
    this.#young = new Map()
  }
}

interface Remembered {
  readonly state: string
  readonly hash: string
}

/** Size and times as a text, the same as `readBlocks` makes. */
export function stateOf(file: FileState): string {
  return `${file.size}:${file.mtimeNs}:${file.ctimeNs}`
}
