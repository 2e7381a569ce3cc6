import type { Key } from '../contracts/key.ts'
import type { MemoryForm } from '../frame/encryption.ts'
import type { ValueFormat } from '../frame/value-format.ts'
import { freezePlain } from '../util/plain-value.ts'
import type { Coherence, Ticket } from './coherence.ts'
import { HotEntry } from './hot-entry.ts'
import { type HotSet, type HotStats, keyOfText, textMark } from './hot-set.ts'
import { HotUses } from './hot-uses.ts'
import { HotValues, type ReadEntry, sizeOf } from './hot-values.ts'
import type { Stamps } from './stamp.ts'
import type { StoredKey } from './stored-key.ts'
import type { Tally } from './tally.ts'
import { epochWord, slotOf } from './version-page.ts'

/** Said where the database must be asked. */
export const notHot: unique symbol = Symbol('not hot')

/**
 * The value of a key that is text or a number, counted, if `set` has a true entry of it; {@link notHot} otherwise. The key is
 * looked up as it is and nothing is made: this is the way of most hits.
 */
export function getHot(set: HotSet | undefined, key: Key): unknown {
  if (set === undefined || (typeof key !== 'string' && typeof key !== 'number')) return notHot
  const entry = set.ofKey(key)
  return entry?.owner.isTrue(entry) === true ? entry.owner.hit(entry) : notHot
}

/** An entry that was stored, as its row has it. */
export interface WrittenEntry {
  readonly key: StoredKey
  readonly frame: Uint8Array
  readonly flags: number
  readonly expires: number | null
}

export interface HotReadsParts {
  readonly set: HotSet
  readonly coherence: Coherence
  readonly format: ValueFormat
  readonly tally: Tally
  readonly stamps: Stamps
  readonly now: () => number
  /** Told that an entry was used which no note tells of yet; `undefined` where uses do not matter. */
  readonly noteUse: (() => void) | undefined
  /** In which form encrypted values are kept. */
  readonly memory: MemoryForm
}

/** The hot entries of one store: finds those that are still true, and keeps what was read and written. */
export class HotReads {
  readonly uses: HotUses = new HotUses()
  readonly #parts: HotReadsParts
  readonly #set: HotSet
  readonly #coherence: Coherence
  readonly #values: HotValues
  /** What the open transaction has stored, by slot: of two keys that share one, the later. */
  readonly #written = new Map<number, WrittenEntry>()
  #hits = 0

  constructor(parts: HotReadsParts) {
    this.#parts = parts
    this.#set = parts.set
    this.#coherence = parts.coherence
    this.#values = new HotValues(parts.set, parts.format, parts.memory)
  }

  /** Reads that were answered from here. */
  get hits(): number {
    return this.#hits
  }

  stats(): HotStats {
    return { hits: this.#hits, entries: this.#set.size, bytes: this.#set.bytes }
  }

  get set(): HotSet {
    return this.#set
  }

  /** The entry of `key`, if it is true now. */
  of(key: StoredKey): HotEntry | undefined {
    const entry = this.#set.ofText(key.text, key.plain)
    return entry === undefined || !this.isTrue(entry) ? undefined : entry
  }

  /** Whether nothing that an entry of this store says has changed since it was read. */
  isTrue(entry: HotEntry): boolean {
    const words = this.#coherence.live ?? this.#coherence.ask()
    if (words === undefined) return false
    if (words[entry.slot] === entry.version && words[epochWord] === entry.epoch) {
      if (entry.expires === null || this.#parts.now() < entry.expires) return true
    }
    this.#set.remove(entry)
    return false
  }

  /** The value of an entry that is true, counted; {@link notHot} if it cannot be decoded, and then it is removed. */
  hit(entry: HotEntry): unknown {
    try {
      const value = entry.state === 'value' ? entry.value : this.#values.of(entry)
      this.#count(entry)
      return value
    } catch {
      this.#set.remove(entry)
      return notHot
    }
  }

  #count(entry: HotEntry): void {
    this.#hits += 1
    entry.isVisited = true
    if (entry.state === 'absent') {
      this.#parts.tally.misses += 1
      return
    }
    this.#parts.tally.hits += 1
    entry.uses += 1
    if (entry.uses === 1) this.#noteFirst(entry)
  }

  /** The first use since the store was last told is noted with its time; the others are only counted. */
  #noteFirst(entry: HotEntry): void {
    const { noteUse, stamps } = this.#parts
    if (noteUse === undefined) return
    entry.used = stamps.next()
    this.uses.note(entry)
    noteUse()
  }

  /** Before a read: what the page says, `undefined` where nothing read may be kept. */
  ticket(key: StoredKey): Ticket | undefined {
    return this.#coherence.ticket(key.bytes)
  }

  /** Freezes what a caller is about to get, where all callers share. */
  freeze(value: unknown): void {
    if (this.#set.share === 'frozen' && !Object.isFrozen(value)) freezePlain(value)
  }

  /** Keeps what a read found, if it is still true. */
  keep(ticket: Ticket, key: StoredKey, read: ReadEntry): void {
    const entry = this.#entry(key, ticket.slot)
    entry.version = ticket.version
    entry.epoch = ticket.epoch
    entry.flags = read.flags
    entry.expires = read.expires
    if (this.#values.fill(entry, read) && this.#coherence.holds(ticket)) this.#set.add(entry)
  }

  /** Keeps the knowledge that `key` has no entry, if it still has none. */
  keepAbsence(ticket: Ticket, key: StoredKey): void {
    if (!this.#coherence.holds(ticket)) return
    const entry = this.#entry(key, ticket.slot)
    entry.version = ticket.version
    entry.epoch = ticket.epoch
    entry.size = sizeOf(entry)
    this.#set.add(entry)
  }

  /** Keeps what was just stored: now if it is committed, which the commit with that number did, or when the open transaction is. */
  wrote(entry: WrittenEntry, commit: number): void {
    const slot = slotOf(entry.key.bytes)
    if (this.#coherence.isPaused) this.#written.set(slot, entry)
    else if (this.#coherence.commits === commit) this.#keepWritten(slot, entry)
  }

  /** What was stored before under a key that is written to again is not kept. */
  touched(key: Uint8Array): void {
    if (this.#written.size > 0) this.#written.delete(slotOf(key))
  }

  rolledBack(): void {
    this.#written.clear()
  }

  /** After the commit of a transaction. */
  committed(): void {
    for (const [slot, entry] of this.#written) this.#keepWritten(slot, entry)
    this.#written.clear()
  }

  /** Removes every entry of this store. */
  clear(): void {
    this.#set.removeWhere(({ owner }) => owner === this)
  }

  #keepWritten(slot: number, { key, frame, flags, expires }: WrittenEntry): void {
    const version = this.#coherence.settled(slot)
    if (version === undefined) return
    // What is written over and over keeps its place: making and placing an entry costs more than all the rest.
    const known = this.#set.ofText(key.text, key.plain)
    const entry = known ?? this.#entry(key, slot)
    entry.flags = flags
    entry.expires = expires
    entry.holdFrame(frame)
    entry.version = version
    entry.epoch = this.#coherence.settledEpoch
    const size = sizeOf(entry)
    if (known !== undefined) this.#set.resize(known, size)
    else {
      entry.size = size
      this.#set.add(entry)
    }
  }

  #entry(key: StoredKey, slot: number): HotEntry {
    const index = ownIndex(key)
    return new HotEntry(this, slot, index ?? key.text, index === undefined)
  }
}

/** V8 cuts texts of at least so many characters out of others without copying them. */
const shortestSlice = 13

/** What an entry is found by. A text that was cut out of a large one would keep all of that. */
function ownIndex({ plain, text, bytes, long }: StoredKey): string | number | undefined {
  if (typeof plain === 'number' || (plain !== undefined && plain.length < shortestSlice))
    return plain
  if (text.charCodeAt(0) !== textMark) return plain ?? keyOfText(text)
  const whole = long ?? bytes
  return Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString('utf8', 1)
}
