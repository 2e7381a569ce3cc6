import type { HotEntry } from './hot-entry.ts'

/** What a hot set may hold, and how it gives it to its readers. */
export interface HotOptions {
  readonly maxBytes: number
  readonly share: 'copy' | 'frozen'
}

/** What a handle keeps hot. */
export interface HotStats {
  /** Reads that were answered without the database since the store was opened; `stats().hits` counts them too. */
  readonly hits: number
  readonly entries: number
  /** Bytes that they count for; never more than `hot.maxBytes`. */
  readonly bytes: number
}

/** Bytes that an entry takes beside its key and its value: the object and its place in the index, measured (decision 0019). */
export const entryBytes = 288

/**
 * The entries that a process keeps, within a budget of bytes. The shards of a store have one set together.
 *
 * What goes first is decided by SIEVE (Zhang et al., NSDI 2024, https://junchengyang.com/publication/nsdi24-SIEVE.pdf): entries stay in
 * the order in which they came, a read only marks its entry, and a hand goes from old to new, takes marks away, and removes the
 * first entry that has none. So a hit costs no more than setting a mark, and a scan does not wash out what is used.
 */
export class HotSet {
  readonly share: HotOptions['share']
  readonly maxBytes: number
  readonly #byKey = new Map<string | number, HotEntry>()
  readonly #byText = new Map<string, HotEntry>()
  #newest: HotEntry | undefined
  #oldest: HotEntry | undefined
  #hand: HotEntry | undefined
  #bytes = 0

  constructor({ maxBytes, share }: HotOptions) {
    this.maxBytes = maxBytes
    this.share = share
  }

  /** Bytes that the entries count for; never more than the budget. */
  get bytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#byKey.size + this.#byText.size
  }

  /** Bytes beyond which a single entry is not worth the others it would cost. */
  get largest(): number {
    return this.maxBytes / 8
  }

  /** The entry of a key that is text or a number. */
  ofKey(key: string | number): HotEntry | undefined {
    return this.#byKey.get(key)
  }

  /** The entry of a key by its canonical text. */
  ofText(text: string, plain: string | number | undefined = keyOfText(text)): HotEntry | undefined {
    return plain === undefined ? this.#byText.get(text) : this.#byKey.get(plain)
  }

  /** Keeps `entry` in place of what its key had, and removes others until the budget holds; not one that is too large. */
  add(entry: HotEntry): void {
    if (entry.size > this.largest) return
    const before = this.#map(entry).get(entry.index as never)
    if (before !== undefined) this.remove(before)
    this.#map(entry).set(entry.index as never, entry)
    entry.older = this.#newest
    if (this.#newest !== undefined) this.#newest.newer = entry
    this.#newest = entry
    this.#oldest ??= entry
    this.#bytes += entry.size
    this.#shrink()
  }

  remove(entry: HotEntry): void {
    if (!entry.isKept) return
    this.#map(entry).delete(entry.index as never)
    this.#bytes -= entry.size
    const { older, newer } = entry
    if (newer === undefined) this.#newest = older
    else newer.older = older
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (this.#hand === entry) this.#hand = newer
    entry.release()
  }

  /** Notes that an entry counts for another number of bytes now. */
  resize(entry: HotEntry, size: number): void {
    if (!entry.isKept) return
    if (size > this.largest) {
      this.remove(entry)
      return
    }
    this.#bytes += size - entry.size
    entry.size = size
    this.#shrink()
  }

  /** Removes every entry for which `matches`. */
  removeWhere(matches: (entry: HotEntry) => boolean): void {
    // A Map may lose entries while it is gone through.
    for (const entries of [this.#byKey, this.#byText])
      for (const entry of entries.values()) if (matches(entry)) this.remove(entry)
  }

  #map(entry: HotEntry): Map<string | number, HotEntry> | Map<string, HotEntry> {
    return entry.isText ? this.#byText : this.#byKey
  }

  #shrink(): void {
    while (this.#bytes > this.maxBytes) {
      let entry = this.#hand ?? this.#oldest
      while (entry?.isVisited === true) {
        entry.isVisited = false
        entry = entry.newer ?? this.#oldest
      }
      if (entry === undefined) return
      this.#hand = entry.newer
      this.remove(entry)
    }
  }
}

/** What the canonical texts of text and of numbers begin with. */
export const textMark = 0x73
const numberMark = 0x6e

/** The key of which `text` is the canonical text, if it is text or a number: these are looked up as they are. */
export function keyOfText(text: string): string | number | undefined {
  const type = text.charCodeAt(0)
  if (type === textMark) return text.slice(1)
  return type === numberMark ? Number(text.slice(1)) : undefined
}

/** The canonical text of a key that is text or a number. */
export function textOfKey(key: string | number): string {
  return typeof key === 'string' ? `s${key}` : `n${key}`
}
