import type { Clock } from '../contracts/clock.ts'
import { checkObject, invalidOption, oneOf } from '../util/options.ts'
import { immutableBytes } from '../util/plain-value.ts'
import { type Budget, type EvictionPolicy, isOver } from './eviction-policy.ts'
import { Expiry } from './expiry.ts'
import { Lru } from './lru.ts'
import { MemoryEntry } from './memory-entry.ts'
import { Notices, type RemovalListener } from './notices.ts'
import { S3Fifo } from './s3-fifo.ts'
import { textHash } from './text-hash.ts'
import { TinyLfu } from './tiny-lfu.ts'

/** How a {@link MemoryStore} chooses what goes when it is full. */
export type MemoryPolicy = 'tinylfu' | 's3fifo' | 'lru'

/** The share of the bytes that one entry may take unless something else is said. */
export const defaultMaxEntryShare: number = 1 / 8

/**
 * Bytes that an entry takes beside its item and the characters of its key: the object, its place in the index, and what the
 * policy keeps for it. Measured by `tests/memory/accounting.test.ts` (decision 0021).
 */
export const entryBytes: Readonly<Record<MemoryPolicy, number>> = {
  tinylfu: 216,
  s3fifo: 256,
  lru: 208,
}

/** What a {@link MemoryStore} may hold, and where its time and its luck come from. */
export interface MemoryStoreOptions {
  /** Bytes that all entries count for at most, with their keys and {@link entryBytes} for each. `Infinity` = no limit. */
  readonly maxBytes: number
  /** Entries at most. `Infinity` = no limit. */
  readonly maxEntries: number
  /** The share of `maxBytes` that one entry may count for, 0 to 1. {@link defaultMaxEntryShare} is a good one. */
  readonly maxEntryShare: number
  /** What goes when it is full. `tinylfu` has the best hit rates, `lru` the cheapest writes. */
  readonly policy: MemoryPolicy
  readonly clock: Clock
  /** Numbers from 0 to 1. @default Math.random */
  readonly random?: () => number
  /**
   * Told of each entry that goes without its owner asking for it, once the call that removed it has done its work. It may
   * use the store; what it throws is ignored. One that stores again whatever was evicted never comes to an end.
   */
  readonly onRemove?: RemovalListener
}

/**
 * Items by key, in memory, within a budget of bytes and of entries. An item whose deadline has passed is never given, and its
 * bytes are given back without its being asked for. It holds items as they are: sharing and copying are the caller's affair.
 */
export class MemoryStore<T> {
  readonly #clock: Clock
  readonly #budget: Budget
  readonly #largest: number
  readonly #entryBytes: number
  readonly #hash: (key: string) => number
  readonly #policy: EvictionPolicy<MemoryEntry<T>>
  readonly #notices: Notices
  readonly #expiry: Expiry<MemoryEntry<T>>
  readonly #entries = new Map<string, MemoryEntry<T>>()
  #bytes = 0

  /** @throws HoldfastError `ERR_INVALID_OPTION`. */
  constructor(options: MemoryStoreOptions) {
    const { clock, random = Math.random, onRemove } = checkObject('memory', options)
    const policy = oneOf('memory.policy', options.policy, policyNames, 'tinylfu')
    const maxBytes = checkLimit('memory.maxBytes', options.maxBytes)
    const maxEntries = Math.floor(checkLimit('memory.maxEntries', options.maxEntries))
    const share = checkShare(options.maxEntryShare)
    this.#clock = clock
    this.#budget = { maxBytes, maxEntries }
    // Infinity times 0 would be NaN.
    this.#largest = maxEntries === 0 || share === 0 ? -1 : maxBytes * share
    this.#entryBytes = entryBytes[policy]
    // LRU asks for no hash.
    this.#hash = policy === 'lru' ? () => 0 : textHash(random)
    this.#policy = makePolicy(policy, this.#budget, random)
    this.#notices = new Notices(onRemove)
    this.#expiry = new Expiry<MemoryEntry<T>>(
      clock,
      (entry) => this.#drop(entry, 'expire'),
      () => this.#notices.tell(),
    )
  }

  /** How many entries it holds. One that has just expired may be among them for some milliseconds. */
  get size(): number {
    return this.#entries.size
  }

  /** Bytes that the entries count for: their items as was said, their keys, and {@link entryBytes} for each. */
  get bytes(): number {
    return this.#bytes
  }

  /** The item of `key`. Counts as a use. */
  get(key: string): T | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (entry.deadline !== null) {
      const now = this.#clock.now()
      if (now >= entry.deadline) {
        this.#expiry.sweep(now)
        // Where the clock went back and forth, the wheel may be behind.
        if (this.#entries.get(key) === entry) this.#drop(entry, 'expire')
        this.#notices.tell()
        return undefined
      }
    }
    this.#policy.use(entry)
    return entry.item
  }

  /** The item of `key`. Does not count as a use, and changes nothing. */
  look(key: string): T | undefined {
    const entry = this.#entries.get(key)
    return entry === undefined || this.#isPast(entry) ? undefined : entry.item
  }

  /**
   * Keeps `item`, and removes others until the budget holds; with `tinylfu` that may be the new one.
   * @param bytes what the item takes, without its key.
   * @param deadline milliseconds since the epoch, `Infinity` = never. One that has passed removes what was there.
   * @returns `false` if the entry is larger than one may be: what was there is removed, and nothing kept.
   * @throws HoldfastError `ERR_INVALID_OPTION` if `bytes` or `deadline` is no such number; nothing has changed then.
   */
  set(key: string, item: T, bytes: number, deadline: number): boolean {
    checkBytes(bytes)
    if (Number.isNaN(deadline))
      throw invalidOption('deadline', deadline, 'milliseconds, or Infinity')
    const size = this.#sizeOf(key, bytes)
    if (size > this.#largest) {
      this.delete(key)
      return false
    }
    if (deadline === Number.POSITIVE_INFINITY) this.#put(key, item, size, null)
    else {
      const now = this.#clock.now()
      if (deadline <= now) {
        this.delete(key)
        return true
      }
      this.#expiry.add(this.#put(key, item, size, deadline), now)
    }
    this.#shrink()
    this.#notices.tell()
    return true
  }

  /**
   * Notes that the item of `key` takes another number of bytes now; does nothing if there is none. Not a use. An entry that
   * becomes larger than one may be is evicted.
   * @throws HoldfastError `ERR_INVALID_OPTION` if `bytes` is no number of bytes.
   */
  resize(key: string, bytes: number): void {
    checkBytes(bytes)
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    const size = this.#sizeOf(key, bytes)
    if (size > this.#largest) this.#drop(entry, this.#isPast(entry) ? 'expire' : 'evict')
    else {
      this.#bytes += size - entry.bytes
      this.#policy.resize(entry, size)
      this.#shrink()
    }
    this.#notices.tell()
  }

  /** Removes the entry of `key`. @returns whether there was one that had not expired. */
  delete(key: string): boolean {
    const entry = this.#entries.get(key)
    if (entry === undefined) return false
    const isLive = !this.#isPast(entry)
    this.#remove(entry)
    return isLive
  }

  /** Removes all entries, and what was learnt about their use. */
  clear(): void {
    this.#entries.clear()
    this.#policy.clear()
    this.#expiry.clear()
    this.#bytes = 0
  }

  /** What is live, in no particular order. What comes or goes meanwhile may or may not be seen. No use is counted. */
  *entries(): IterableIterator<[string, T]> {
    for (const entry of this.#entries.values()) {
      if (!this.#isPast(entry)) yield [entry.key, entry.item]
    }
  }

  /** Removes all entries and sets no timer any more. Harmless when done twice. */
  close(): void {
    this.clear()
    this.#expiry.close()
  }

  /** Puts an entry in place of what its key had. Its deadline is for the caller to watch. */
  #put(key: string, item: T, size: number, deadline: number | null): MemoryEntry<T> {
    const known = this.#entries.get(key)
    if (known === undefined) {
      const entry = new MemoryEntry(key, this.#hash(key), item, size, deadline)
      this.#entries.set(key, entry)
      this.#bytes += size
      this.#policy.add(entry)
      return entry
    }
    if (known.deadline !== null) this.#expiry.remove(known)
    known.item = item
    known.deadline = deadline
    this.#bytes += size - known.bytes
    this.#policy.resize(known, size)
    this.#policy.use(known)
    return known
  }

  #shrink(): void {
    while (isOver(this.#budget, this.#bytes, this.#entries.size)) {
      const entry = this.#policy.victim()
      if (entry === undefined) return
      this.#drop(entry, this.#isPast(entry) ? 'expire' : 'evict')
    }
  }

  #drop(entry: MemoryEntry<T>, reason: 'evict' | 'expire'): void {
    this.#remove(entry)
    this.#notices.add(entry.key, entry.item, reason)
  }

  #remove(entry: MemoryEntry<T>): void {
    this.#entries.delete(entry.key)
    this.#bytes -= entry.bytes
    this.#policy.remove(entry)
    if (entry.place >= 0) this.#expiry.remove(entry)
  }

  #isPast(entry: MemoryEntry<T>): boolean {
    return entry.deadline !== null && this.#clock.now() >= entry.deadline
  }

  #sizeOf(key: string, bytes: number): number {
    return Math.ceil(bytes) + immutableBytes(key) + this.#entryBytes
  }
}

const policyNames = ['tinylfu', 's3fifo', 'lru'] as const satisfies readonly MemoryPolicy[]

function makePolicy<T>(
  policy: MemoryPolicy,
  budget: Budget,
  random: () => number,
): EvictionPolicy<MemoryEntry<T>> {
  if (policy === 'tinylfu') return new TinyLfu(budget, random)
  return policy === 's3fifo' ? new S3Fifo(budget) : new Lru()
}

function checkLimit(option: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0) return value
  throw invalidOption(option, value, 'a number >= 0, Infinity for no limit')
}

function checkShare(value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value
  throw invalidOption('memory.maxEntryShare', value, 'a number from 0 to 1')
}

function checkBytes(bytes: unknown): void {
  if (typeof bytes === 'number' && bytes >= 0 && bytes < Number.POSITIVE_INFINITY) return
  throw invalidOption('bytes', bytes, 'a number >= 0')
}
