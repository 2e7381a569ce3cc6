import type { StoreEvent } from '../contracts/events.ts'
import type { Connection } from './connection.ts'
import type { Row, SqlValue } from './driver.ts'
import type { EvictionPolicy } from './eviction-policy.ts'
import { keyed } from './stored-key.ts'
import { readTotals, type Totals } from './totals.ts'

const columns = 'id, size, key, long_key, expires'

/** So many used entries are moved to a later place in one transaction before it ends, unless the store is well over its limit. */
const movesPerCall = 256

/** So many entries beyond the need are evicted at once, where that leaves 63 of 64: the next writes then need not. */
const evictionsAhead = 8

/** Expired entries that go first when a limit is passed. */
const expiredFirst = 16

export interface RemovalOptions {
  /** Called before the entry with that key goes. */
  readonly touch: (key: SqlValue | undefined) => void
  /** Writes what this process noted of the uses of one row, with its key. @returns whether there was anything. */
  readonly writeUses: (id: number, key: unknown, longKey: unknown) => boolean
  readonly policy: EvictionPolicy
  readonly maxBytes: number
  readonly maxEntries: number
}

interface Candidate {
  readonly id: number
  readonly size: number
  readonly row: Row
  /** Where its last use would put it; `null` if it was not used since its insertion. */
  readonly used: number | null
  /** Where it stands in its queue. */
  readonly place: number
}

/** What one run of evictions knows and changes. */
interface Run {
  entries: number
  bytes: number
  /** Entries with smaller ids have left the queue of insertion. */
  hand: number
  /** The newest entry is never evicted: somebody has just stored it. */
  readonly newest: number
}

/**
 * Removes what has expired, what is over the limits and what has a tag; in batches, inside the caller's transaction.
 *
 * Eviction is exact LRU (or LFU) at the cost of FIFO. New entries queue in the order of their ids, without an index of their
 * own. Only when an old entry reaches the front of the queue is it looked at: if it was used since, it moves to the place of
 * that use in a second queue, the index on `rank`; if not, it goes. A rank is never later than the entry's true place, so
 * the front of the second queue whose rank is still true is the least recently used of all. Each use moves an entry at most
 * once, and an insertion or overwrite touches no index of the queue.
 */
export class Removal {
  readonly #connection: Connection
  readonly #emit: ((event: StoreEvent) => void) | undefined
  readonly #options: RemovalOptions
  readonly #front: string
  readonly #ranked: string

  constructor(
    connection: Connection,
    emit: ((event: StoreEvent) => void) | undefined,
    options: RemovalOptions,
  ) {
    this.#connection = connection
    this.#emit = emit
    this.#options = options
    const { rank, fresh } = options.policy
    this.#front = `SELECT ${columns}, ${rank}, ${fresh} FROM entries WHERE id >= ? AND rank IS NULL ORDER BY id LIMIT 1`
    this.#ranked = `SELECT ${columns}, ${rank}, rank FROM entries WHERE rank IS NOT NULL ORDER BY rank LIMIT 1`
  }

  /** Whether anything expired at `now` or before. Needs no transaction. */
  hasExpired(now: number): boolean {
    return (
      this.#connection.row('SELECT 1 FROM entries WHERE expires <= ? LIMIT 1', now) !== undefined
    )
  }

  /** Removes up to `limit` entries that expired at `now` or before. @returns how many. */
  expire(now: number, limit: number): number {
    const rows = this.#connection.rows(
      `SELECT ${columns} FROM entries WHERE expires <= ? ORDER BY expires LIMIT ?`,
      now,
      limit,
    )
    for (const row of rows) this.#remove(row, 'expire', 'its time to live is over')
    if (rows.length > 0)
      this.#connection.run('UPDATE counters SET expirations = expirations + ?', rows.length)
    return rows.length
  }

  /** Removes up to `limit` live entries with `tag`, and the expired ones when no live one is left. @returns how many live ones. */
  evictTag(tag: string, now: number, limit: number): number {
    const tagged = 'SELECT tags.id FROM tags JOIN entries USING (id) WHERE tag = ?'
    const live = `${tagged} AND (expires IS NULL OR expires > ?) LIMIT ?`
    const removed = this.#removeIn(live, tag, now, limit)
    if (removed === 0) this.#removeIn(tagged, tag)
    return removed
  }

  /** Removes the entries whose ids a query gives. @returns how many. */
  #removeIn(ids: string, ...parameters: SqlValue[]): number {
    const keys = `SELECT key FROM entries WHERE id IN (${ids})`
    for (const [key] of this.#connection.rows(keys, ...parameters)) this.#options.touch(key)
    return this.#connection.run(`DELETE FROM entries WHERE id IN (${ids})`, ...parameters)
  }

  /** Whether `totals` are over a limit that this policy enforces by evicting. */
  isOver({ bytes, entries }: Pick<Totals, 'bytes' | 'entries'>): boolean {
    const { maxBytes, maxEntries, policy } = this.#options
    return policy.name !== 'none' && (bytes > maxBytes || entries > maxEntries)
  }

  /** Brings the store below its limits: expired entries first, then in the order of the policy. @returns how many went. */
  evict(now: number): number {
    const expired = this.expire(now, expiredFirst)
    const run = this.#begin()
    let evicted = 0
    let moves = movesPerCall
    for (let ahead = evictionsAhead; ; ) {
      const over = this.isOver(run)
      if (!over && (ahead <= 0 || this.#isLow(run))) break
      if (moves <= 0 && !this.#isFarOver(run)) break
      const step = this.#step(run)
      if (step === 'empty') break
      if (step === 'moved') {
        moves -= 1
        continue
      }
      evicted += 1
      if (!over) ahead -= 1
    }
    this.#end(run, evicted)
    return expired + evicted
  }

  /**
   * Evicts entries of `bytes` in all, up to `count`, whatever the limits: the database takes more room than its values.
   * @returns how many.
   */
  evictSome(bytes: number, count: number): number {
    const run = this.#begin()
    let evicted = 0
    const enough = run.bytes - bytes
    for (let moves = movesPerCall; evicted < count && run.bytes > enough && moves > 0; ) {
      const step = this.#step(run)
      if (step === 'empty') break
      if (step === 'moved') moves -= 1
      else evicted += 1
    }
    this.#end(run, evicted)
    return evicted
  }

  #begin(): Run {
    const row = (this.#connection.row('SELECT hand, next_id FROM counters') ??
      []) as readonly number[]
    const { bytes, entries } = readTotals(this.#connection)
    return { bytes, entries, hand: row[0] ?? 0, newest: (row[1] ?? 0) - 1 }
  }

  #end(run: Run, evicted: number): void {
    this.#connection.run(
      'UPDATE counters SET hand = ?, evictions = evictions + ?',
      run.hand,
      evicted,
    )
  }

  #isLow({ bytes, entries }: Run): boolean {
    const { maxBytes, maxEntries } = this.#options
    // Multiplied, not subtracted: without a limit these are Infinity.
    return bytes <= (maxBytes / 64) * 63 && entries <= Math.ceil((maxEntries / 64) * 63)
  }

  #isFarOver({ bytes, entries }: Run): boolean {
    const { maxBytes, maxEntries } = this.#options
    return bytes > maxBytes * 1.05 || entries > maxEntries * 1.05
  }

  #step(run: Run): 'evicted' | 'moved' | 'empty' {
    const front = this.#candidate(this.#front, run.hand)
    if (front !== undefined && front.used !== null) {
      this.#move(front)
      run.hand = front.id + 1
      return 'moved'
    }
    const ranked = this.#candidate(this.#ranked)
    if (ranked !== undefined && ranked.used !== ranked.place) {
      this.#move(ranked)
      return 'moved'
    }
    const first = firstOf(
      front?.id === run.newest ? undefined : front,
      ranked?.id === run.newest ? undefined : ranked,
    )
    if (first === undefined) return 'empty'
    if (first === front) run.hand = first.id
    this.#remove(first.row, 'evict', this.#options.policy.name)
    run.entries -= 1
    run.bytes -= first.size
    return 'evicted'
  }

  #candidate(sql: string, ...parameters: number[]): Candidate | undefined {
    let row = this.#connection.row(sql, ...parameters)
    // What this process noted and did not write yet counts too.
    if (row !== undefined && this.#options.writeUses(row[0] as number, row[2], row[3]))
      row = this.#connection.row(sql, ...parameters)
    if (row === undefined) return undefined
    return {
      id: row[0] as number,
      size: row[1] as number,
      row,
      used: row[5] as number | null,
      place: row[6] as number,
    }
  }

  #move({ id, used }: Candidate): void {
    this.#connection.run('UPDATE entries SET rank = ? WHERE id = ?', used, id)
  }

  #remove(row: Row, type: StoreEvent['type'], reason: string): void {
    this.#options.touch(row[2])
    this.#connection.run('DELETE FROM entries WHERE id = ?', row[0] as number)
    this.#emit?.({ type, ...keyed(row[2], row[3]), reason, detail: { size: row[1] } })
  }
}

function firstOf(
  front: Candidate | undefined,
  ranked: Candidate | undefined,
): Candidate | undefined {
  if (front === undefined || ranked === undefined) return front ?? ranked
  return ranked.place < front.place ? ranked : front
}
