import type { EncodedValue } from '../contracts/codec.ts'
import type { MemoryForm } from '../frame/encryption.ts'
import { type OpenFrame, unwrap } from '../frame/frame.ts'
import type { ValueFormat } from '../frame/value-format.ts'
import { freezePlain, immutableBytes, isImmutable, isPlainValue, textBytes } from '../util/plain-value.ts'
import type { Coherence, Ticket } from './coherence.ts'
import { HotEntry } from './hot-entry.ts'
import { entryBytes, type HotSet, keyOfText, textOfKey } from './hot-set.ts'
import { HotUses } from './hot-uses.ts'
import { type StoredKey, storedKeyOfText, wholeKey } from './stored-key.ts'
import type { Tally } from './tally.ts'
import { epochWord, slotOf } from './version-page.ts'

/** What was found of an entry by reading it. */
export interface ReadEntry {
  readonly frame: OpenFrame
  /** The same, decrypted and decompressed, where it was not bare. */
  readonly encoded: EncodedValue | undefined
  readonly value: unknown
  readonly flags: number
  /** Milliseconds since the epoch, `null` = never. */
  readonly expires: number | null
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
  /** What the open transaction has stored. */
  #written: { readonly slot: number; readonly entry: WrittenEntry }[] = []
  #hits = 0

  constructor(parts: HotReadsParts) {
    this.#parts = parts
    this.#set = parts.set
    this.#coherence = parts.coherence
  }

  /** Reads that were answered from here. */
  get hits(): number {
    return this.#hits
  }

  get set(): HotSet {
    return this.#set
  }

  /** The entry of a key that is text or a number, if it is true now. */
  ofKey(key: string | number): HotEntry | undefined {
    const entry = this.#set.ofKey(key)
    return entry === undefined || !this.isTrue(entry) ? undefined : entry
  }

  /** The entry of `key`, if it is true now. */
  of(key: StoredKey): HotEntry | undefined {
    const entry = this.#set.ofText(key.text)
    return entry === undefined || !this.isTrue(entry) ? undefined : entry
  }

  /** Whether nothing that an entry of this store says has changed since it was read. */
  isTrue(entry: HotEntry): boolean {
    const coherence = this.#coherence
    if (coherence.isPaused) return false
    if (coherence.isFallback) coherence.refresh()
    const { words } = coherence.page
    if (words[entry.slot] === entry.version && words[epochWord] === entry.epoch) {
      if (entry.expires === Number.POSITIVE_INFINITY || this.#parts.now() < entry.expires)
        return true
    }
    this.#set.remove(entry)
    return false
  }

  /** The value of an entry that is true, counted; {@link broken} if it cannot be decoded, and then it is removed. */
  hit(entry: HotEntry): unknown {
    try {
      const value = entry.state === 'value' ? entry.value : this.#valueOf(entry)
      this.#count(entry)
      return value
    } catch {
      this.#set.remove(entry)
      return broken
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
    const { noteUse } = this.#parts
    if (noteUse === undefined) return
    entry.uses += 1
    if (entry.uses > 1) return
    this.uses.note(entry)
    noteUse()
  }

  /** @throws what the codec throws. */
  #valueOf(entry: HotEntry): unknown {
    switch (entry.state) {
      case 'absent':
      case 'value':
        return entry.value
      case 'plain':
        return entry.decode(entry.bytes)
      case 'views':
        return entry.decode(new Uint8Array(entry.bytes))
      case 'bytes':
        return this.#decodeFirst(entry)
      case 'frame':
        return this.#openFirst(entry)
      case 'sealed':
        return this.#unseal(entry)
    }
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
    entry.flags = read.flags
    entry.expires = read.expires ?? Number.POSITIVE_INFINITY
    if (!this.#fill(entry, read) || !this.#coherence.holds(ticket)) return
    this.#add(entry, ticket.version, ticket.epoch)
  }

  /** Keeps the knowledge that `key` has no entry, if it still has none. */
  keepAbsence(ticket: Ticket, key: StoredKey): void {
    if (!this.#coherence.holds(ticket)) return
    const entry = this.#entry(key, ticket.slot)
    entry.size = sizeOf(entry)
    this.#add(entry, ticket.version, ticket.epoch)
  }

  /** Keeps what was just stored: now if it is committed, which the commit with that number did, or when the open transaction is. */
  wrote(entry: WrittenEntry, commit: number): void {
    const slot = slotOf(entry.key.bytes)
    if (this.#coherence.isPaused) this.#written.push({ slot, entry })
    else if (this.#coherence.commits === commit) this.#keepWritten(slot, entry)
  }

  /** What was stored before under a key that is written to again is not kept. */
  touched(key: Uint8Array): void {
    if (this.#written.length === 0) return
    const slot = slotOf(key)
    this.#written = this.#written.filter((written) => written.slot !== slot)
  }

  rolledBack(): void {
    this.#written = []
  }

  /** After the commit of a transaction. */
  committed(): void {
    const written = this.#written
    this.#written = []
    for (const { slot, entry } of written) this.#keepWritten(slot, entry)
  }

  /** Removes every entry of this store. */
  clear(): void {
    this.#set.removeWhere(({ owner }) => owner === this)
  }

  #keepWritten(slot: number, { key, frame, flags, expires }: WrittenEntry): void {
    const version = this.#coherence.settled(slot)
    if (version === undefined) return
    const entry = this.#entry(key, slot)
    entry.flags = flags
    entry.expires = expires ?? Number.POSITIVE_INFINITY
    entry.state = 'frame'
    entry.bytes = frame
    entry.size = sizeOf(entry)
    this.#add(entry, version, this.#coherence.settledEpoch)
  }

  #entry(key: StoredKey, slot: number): HotEntry {
    const index = keyOfText(key.text)
    return new HotEntry(this, slot, index ?? key.text, index === undefined)
  }

  #add(entry: HotEntry, version: number, epoch: number): void {
    if (entry.size > this.#set.largest) return
    entry.version = version
    entry.epoch = epoch
    this.#set.add(entry)
  }

  /** @returns whether there is something to keep. */
  #fill(entry: HotEntry, read: ReadEntry): boolean {
    const { format, memory } = this.#parts
    const { frame, encoded, value } = read
    if (frame.cipher !== undefined && memory === 'ciphertext') {
      if (frame.payload.byteLength > this.#set.largest) return false
      entry.state = 'sealed'
      entry.frame = { ...frame, payload: new Uint8Array(frame.payload) }
      entry.size = sizeOf(entry) + frame.payload.byteLength
      return true
    }
    const shared = this.#share(entry, value)
    if (shared !== undefined) {
      entry.size = shared
      return true
    }
    const bytes = encoded?.bytes ?? frame.payload
    if (bytes.byteLength > this.#set.largest) return false
    entry.state = 'bytes'
    entry.bytes = new Uint8Array(bytes)
    entry.codec = format.reader(encoded?.codec ?? frame.codec)
    entry.meta = new Uint8Array(frame.meta)
    entry.codecVersion = frame.version
    entry.size = sizeOf(entry)
    return true
  }

  /** Makes the entry hold `value` itself, if all readers can have the same. @returns the bytes that it counts for then. */
  #share(entry: HotEntry, value: unknown): number | undefined {
    const size = isImmutable(value)
      ? immutableBytes(value)
      : this.#set.share === 'frozen'
        ? freezePlain(value)
        : undefined
    if (size === undefined) return undefined
    entry.state = 'value'
    entry.value = value
    entry.bytes = none
    return sizeOf(entry) + size
  }

  /** The first read of an entry that was stored here. */
  #openFirst(entry: HotEntry): unknown {
    const { format, memory } = this.#parts
    const frame = unwrap(entry.bytes, false)
    if (frame.cipher !== undefined && memory === 'ciphertext') {
      entry.state = 'sealed'
      entry.frame = frame
      return this.#unseal(entry)
    }
    const encoded = format.isBare(frame) ? undefined : this.#opened(entry, frame)
    entry.codec = format.reader(encoded?.codec ?? frame.codec)
    entry.bytes = encoded?.bytes ?? frame.payload
    entry.meta = frame.meta
    entry.codecVersion = frame.version
    return this.#decodeFirst(entry)
  }

  /** Decodes, and finds out how the next read can have it for less. */
  #decodeFirst(entry: HotEntry): unknown {
    const value = entry.decode(new Uint8Array(entry.bytes))
    const shared = this.#share(entry, value)
    if (shared === undefined) entry.state = isPlainValue(value) ? 'plain' : 'views'
    this.#set.resize(entry, shared ?? sizeOf(entry))
    return value
  }

  #unseal(entry: HotEntry): unknown {
    const { frame } = entry
    if (frame === undefined) return undefined
    const { codec, bytes, meta, version } = this.#opened(entry, frame)
    return this.#parts.format.reader(codec).decode(bytes, { meta, version })
  }

  #opened(entry: HotEntry, frame: OpenFrame): EncodedValue {
    const text = entry.isText ? String(entry.index) : textOfKey(entry.index)
    return this.#parts.format.open(frame, wholeKey(storedKeyOfText(text)))
  }
}

const none = new Uint8Array(0)

/** Said of an entry whose value cannot be decoded: reading it from the database says why. */
export const broken: unique symbol = Symbol('broken')

/** Bytes that an entry counts for, a value that it holds itself left out. */
function sizeOf(entry: HotEntry): number {
  const key = typeof entry.index === 'string' ? textBytes(entry.index) : 8
  return entryBytes + key + entry.bytes.byteLength + (entry.meta?.byteLength ?? 0)
}
