import { randomBytes } from 'node:crypto'
import type { Clock } from '../contracts/clock.ts'
import type { Connection } from './connection.ts'
import { sessionEnded } from './session.ts'
import type { StoredKey } from './stored-key.ts'
import type { Transactions } from './transactions.ts'

/** A lease that was had. */
export interface Lease {
  readonly name: string
  /** Only this text renews or releases it. */
  readonly owner: string
  /** Grows with every lease given out by the store. */
  readonly fence: number
  /** Of a load: the stamp of the entry that was there, `null` if none was. Another one tells of a write since. */
  readonly seen: number | null
}

/** What it takes to renew a lease or to give it back. */
export type LeaseHold = Pick<Lease, 'name' | 'owner'>

/** What a load's lease says, so that writes can outdate it. */
export interface LoadOf {
  readonly key: StoredKey
  readonly tags: readonly string[]
}

/**
 * Leases are rows: a name, an owner's random token, a deadline and a fencing number. Whoever holds one renews it; one whose
 * deadline has passed, or whose owner's process has ended, is anybody's.
 */
export class Leases {
  readonly #connection: Connection
  readonly #transactions: Transactions
  readonly #clock: Clock
  readonly #folder: string
  readonly #session: string
  readonly #ttl: number

  constructor(
    connection: Connection,
    transactions: Transactions,
    clock: Clock,
    owner: { readonly folder: string; readonly session: string; readonly ttl: number },
  ) {
    this.#connection = connection
    this.#transactions = transactions
    this.#clock = clock
    this.#folder = owner.folder
    this.#session = owner.session
    this.#ttl = owner.ttl
  }

  /** Takes the lease `name` if it is free. */
  async tryAcquire(
    name: string,
    ttl: number = this.#ttl,
    load?: LoadOf,
  ): Promise<Lease | undefined> {
    // Asked without the write lock first: waiters poll.
    if (!this.#isFree(name)) return undefined
    return await this.#transactions.writeAsync('lock', () => {
      if (!this.#isFree(name)) return undefined
      this.#connection.run('DELETE FROM leases WHERE name = ?', name)
      if (load !== undefined) this.#removeExpired(load.key)
      this.#connection.run('UPDATE counters SET fence = fence + 1')
      const fence = this.#connection.row('SELECT fence FROM counters')?.[0] as number
      const owner = `${this.#session}.${randomBytes(6).toString('hex')}`
      const lease = { name, owner, fence, seen: this.#stampOf(load?.key) }
      const tags = load === undefined ? null : JSON.stringify(load.tags)
      this.#connection.run(
        'INSERT INTO leases (name, owner, fence, expires, load_of, tags) VALUES (?, ?, ?, ?, ?, ?)',
        ...[
          lease.name,
          lease.owner,
          lease.fence,
          this.#clock.now() + ttl,
          load?.key.bytes ?? null,
          tags,
        ],
      )
      return lease
    })
  }

  /** Moves the deadline of a held lease. @returns `false` if it is not held any more. */
  async renew(lease: LeaseHold, ttl: number = this.#ttl): Promise<boolean> {
    return await this.#transactions.writeAsync('lock', () => {
      const now = this.#clock.now()
      const sql = 'UPDATE leases SET expires = ? WHERE name = ? AND owner = ? AND expires > ?'
      return this.#connection.run(sql, now + ttl, lease.name, lease.owner, now) === 1
    })
  }

  /**
   * Gives a lease back; does nothing if it is not held any more. Where somebody else writes just now, it is given back a
   * little later rather than that its holder waits; in the worst case it runs out.
   */
  release(lease: LeaseHold): void {
    const remove = (): number =>
      this.#connection.run(
        'DELETE FROM leases WHERE name = ? AND owner = ?',
        lease.name,
        lease.owner,
      )
    try {
      if (this.#transactions.isOpen) remove()
      else if (this.#transactions.tryWrite('lock', remove) === undefined) {
        this.#transactions.writeAsync('lock', remove).catch(() => {})
      }
    } catch {
      // Not renewed any more, it ends by itself.
    }
  }

  /** Whether the open transaction still sees `lease` as held, and the entry of its load as it was when the load began. */
  isCurrent(lease: Lease, key: StoredKey): boolean {
    return this.holds(lease) && this.#stampOf(key) === lease.seen
  }

  /** Whether the open transaction still sees `lease` as held. */
  holds(lease: Lease): boolean {
    const sql = 'SELECT 1 FROM leases WHERE name = ? AND owner = ? AND expires > ?'
    return (
      this.#connection.prepare(sql).get(lease.name, lease.owner, this.#clock.now()) !== undefined
    )
  }

  /** Ends the load of a `key` that has no row: the removal of a row does that by itself. */
  outdate(key: StoredKey): void {
    if (this.#anyLoads())
      this.#transactions.run('delete', 'DELETE FROM leases WHERE load_of = ?', key.bytes)
  }

  /** Ends the loads whose entry would have `tag`. */
  outdateTag(tag: string): void {
    if (!this.#anyLoads()) return
    const sql =
      'DELETE FROM leases WHERE load_of IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(leases.tags) WHERE value = ?)'
    this.#transactions.run('evictTag', sql, tag)
  }

  /** Ends every load. */
  outdateAll(): void {
    if (this.#anyLoads())
      this.#transactions.run('clear', 'DELETE FROM leases WHERE load_of IS NOT NULL')
  }

  /** Removes leases that nobody holds any more. */
  sweep(): void {
    this.#transactions.run('check', 'DELETE FROM leases WHERE expires <= ?', this.#clock.now())
  }

  /** Before a load, so that the sweep of the old entry is not taken for a write that outdates the load. */
  #removeExpired(key: StoredKey): void {
    const sql = 'DELETE FROM entries WHERE key = ? AND expires <= ?'
    this.#transactions.touch(key.bytes)
    this.#connection.run(sql, key.bytes, this.#clock.now())
  }

  #stampOf(key: StoredKey | undefined): number | null {
    if (key === undefined) return null
    const row = this.#connection.row('SELECT written FROM entries WHERE key = ?', key.bytes)
    return (row?.[0] as number | undefined) ?? null
  }

  #anyLoads(): boolean {
    return (
      ((this.#connection.row('SELECT loads FROM counters')?.[0] as number | undefined) ?? 0) > 0
    )
  }

  #isFree(name: string): boolean {
    const row = this.#connection.row('SELECT owner, expires FROM leases WHERE name = ?', name)
    if (row === undefined || (row[1] as number) <= this.#clock.now()) return true
    const session = String(row[0]).split('.')[0] ?? ''
    return session !== this.#session && sessionEnded(this.#folder, session)
  }
}
