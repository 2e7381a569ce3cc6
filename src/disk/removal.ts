import type { StoreEvent } from '../contracts/events.ts'
import type { Connection } from './connection.ts'
import type { Row } from './driver.ts'
import { type OldEntry, removeEntry, toOldEntry } from './entries.ts'
import type { EvictionPolicy } from './eviction-policy.ts'
import type { Stamps } from './stamp.ts'
import { keyOfRow } from './stored-key.ts'
import type { Transaction } from './transactions.ts'
import type { Uses } from './uses.ts'

const columns = 'id, size, file, tags, expires, key, long_key'

/** So many used entries are moved to a later place in one transaction before it ends, unless the store is well over its limit. */
const movesPerCall = 256

/** So many entries beyond the need are evicted at once, where that leaves 63 of 64: the next writes then need not. */
const evictionsAhead = 16

export interface RemovalOptions {
  readonly policy: EvictionPolicy
  readonly maxBytes: number
  readonly maxEntries: number
}

interface Candidate {
  readonly old: OldEntry
  readonly row: Row
  /** Where it stands in its queue. */
  readonly place: number
  /** Where its last use would put it; `null` if it was not used since its insertion. */
  readonly used: number | null
}

/**
 * Removes what has expired, what is over the limits and what has a tag, in batches inside the caller's transaction.
 *
 * Eviction is exact LRU (or LFU) at the cost of FIFO. New entries queue in the order of their ids, without an index of their
 * own. Only when an old entry reaches the front of the queue is it looked at: if it was used since, it moves to the place of
 * that use in a second queue, the index on `rank`; if not, it goes. A rank is never later than the entry's true place, so
 * the front of the second queue whose rank is still true is the least recently used of all. Each use moves an entry at most
 * once, and an insertion or overwrite touches no index of the queue.
 */
export class Removal {
  readonly #connection: Connection
  readonly #stamps: Stamps
  readonly #uses: Uses
  readonly #emit: ((event: StoreEvent) => void) | undefined
  readonly #options: RemovalOptions
  readonly #front: string
  readonly #ranked: string

  constructor(
    connection: Connection,
    stamps: Stamps,
    uses: Uses,
    emit: ((event: StoreEvent) => void) | undefined,
    options: RemovalOptions,
  ) {
    this.#connection = connection
    this.#stamps = stamps
    this.#uses = uses
    this.#emit = emit
    this.#options = options
    const { rank, fresh } = options.policy
    this.#front = `SELECT ${columns}, ${rank}, ${fresh} FROM entries WHERE id >= ? AND rank IS NULL ORDER BY id LIMIT 1`
    this.#ranked = `SELECT ${columns}, ${rank}, rank FROM entries WHERE rank IS NOT NULL ORDER BY rank LIMIT 1`
  }

  /** Removes up to `limit` entries that expired at `now` or before. @returns how many. */
  expire(transaction: Transaction, now: number, limit: number): number {
    const rows = this.#connection
      .prepare(`SELECT ${columns} FROM entries WHERE expires <= ? ORDER BY expires LIMIT ?`)
      .all(now, limit) as Row[]
    for (const row of rows) this.#remove(transaction, row, 'expire', 'its time to live is over')
    transaction.totals.expirations += rows.length
    return rows.length
  }

  /** Removes up to `limit` entries with `tag`. @returns how many rows went, and how many of these had not expired at `now`. */
  evictTag(transaction: Transaction, tag: string, now: number, limit: number): { removed: number; live: number } {
    const rows = this.#connection
      .prepare(`SELECT ${columns} FROM entries WHERE id IN (SELECT id FROM tags WHERE tag = ? LIMIT ?)`)
      .all(tag, limit) as Row[]
    let live = 0
    for (const row of rows) {
      const expires = row[4] as number | null
      if (expires === null || expires > now) live += 1
      this.#remove(transaction, row, undefined, '')
    }
    return { removed: rows.length, live }
  }

  /** Whether the totals are over a limit that this policy enforces by evicting. */
  isOver(transaction: Transaction): boolean {
    const { maxBytes, maxEntries, policy } = this.#options
    const { bytes, entries } = transaction.totals
    return policy.name !== 'none' && (bytes > maxBytes || entries > maxEntries)
  }

  /** Brings the store below its limits: expired entries first, then in the order of the policy. @returns how many went. */
  evict(transaction: Transaction, now: number): number {
    let removed = this.expire(transaction, now, evictionsAhead)
    let moves = movesPerCall
    for (let ahead = evictionsAhead; ; ) {
      const over = this.isOver(transaction)
      if (!over && (ahead <= 0 || this.#isLow(transaction))) return removed
      if (moves <= 0 && !this.#isFarOver(transaction)) return removed
      const step = this.#evictOne(transaction)
      if (step === 'empty') return removed
      if (step === 'moved') {
        moves -= 1
        continue
      }
      removed += 1
      if (!over) ahead -= 1
    }
  }

  /** Evicts up to `count` entries whatever the limits, because the database takes more room than its values. @returns how many. */
  evictSome(transaction: Transaction, count: number): number {
    let removed = 0
    for (let moves = movesPerCall; removed < count && moves > 0; ) {
      const step = this.#evictOne(transaction)
      if (step === 'empty') break
      if (step === 'moved') moves -= 1
      else removed += 1
    }
    return removed
  }

  #isLow(transaction: Transaction): boolean {
    const { maxBytes, maxEntries } = this.#options
    const { bytes, entries } = transaction.totals
    return bytes <= maxBytes - maxBytes / 64 && entries <= maxEntries - Math.floor(maxEntries / 64)
  }

  #isFarOver(transaction: Transaction): boolean {
    const { maxBytes, maxEntries } = this.#options
    return transaction.totals.bytes > maxBytes * 1.05 || transaction.totals.entries > maxEntries * 1.05
  }

  #evictOne(transaction: Transaction): 'evicted' | 'moved' | 'empty' {
    const front = this.#candidate(this.#front, transaction.totals.hand)
    if (front !== undefined && front.used !== null) {
      this.#move(transaction, front)
      transaction.totals.hand = front.old.id + 1
      return 'moved'
    }
    const ranked = this.#candidate(this.#ranked)
    if (ranked !== undefined && ranked.used !== ranked.place) {
      this.#move(transaction, ranked)
      return 'moved'
    }
    const first = front === undefined || (ranked !== undefined && ranked.place < front.place) ? ranked : front
    if (first === undefined || transaction.written.has(first.old.id)) return 'empty'
    if (first === front) transaction.totals.hand = first.old.id
    this.#remove(transaction, first.row, 'evict', this.#options.policy.name)
    transaction.totals.evictions += 1
    return 'evicted'
  }

  #candidate(sql: string, ...parameters: number[]): Candidate | undefined {
    const statement = this.#connection.prepare(sql)
    let row = statement.get(...parameters) as Row | undefined
    // What this process noted and did not write yet counts too.
    if (row !== undefined && this.#uses.writeOne(this.#connection, row[0] as number)) {
      row = statement.get(...parameters) as Row | undefined
    }
    const old = toOldEntry(row)
    if (row === undefined || old === undefined) return undefined
    return { old, row, used: row[7] as number | null, place: row[8] as number }
  }

  #move(transaction: Transaction, candidate: Candidate): void {
    this.#connection.run('UPDATE entries SET rank = ? WHERE id = ?', candidate.used, candidate.old.id)
    transaction.dirty = true
  }

  #remove(transaction: Transaction, row: Row, type: StoreEvent['type'] | undefined, reason: string): void {
    const old = toOldEntry(row)
    if (old === undefined) return
    removeEntry(this.#connection, transaction, old, this.#stamps.next())
    if (type !== undefined) this.#emit?.({ type, key: keyOfRow(row[5], row[6]), reason, detail: { size: old.size } })
  }
}
