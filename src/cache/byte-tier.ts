import type { Backend, BackendCall } from '../contracts/backend.ts'
import type { Guard } from '../reliability/guard.ts'
import { isPermanent } from '../reliability/permanent.ts'
import type { CacheTier, Read } from './cache-tier.ts'
import type { Item } from './item.ts'
import { KeyedQueue } from './keyed-queue.ts'
import { readMark } from './mark-record.ts'
import { type Mark, mergeMarks } from './markers.ts'
import { RecoveryQueue } from './recovery-queue.ts'
import { isSeen, type Op, outdatedWrite, removalOf } from './tier-op.ts'
import { TierStorage, type TierStorageParts } from './tier-storage.ts'

export interface ByteTierParts extends TierStorageParts {
  readonly guard: Guard
  /** Writes that are kept for it while it is down. */
  readonly queueSize: number
}

interface Write {
  /** The latest stamp at which another node has written the same entry meanwhile. */
  outdated: number
}

/**
 * Keeps items as bytes in a backend. A backend that fails costs no caller anything but the value: reads go on without it, and
 * what it misses of writes is made good later.
 */
export class ByteTier implements CacheTier {
  readonly name: string
  readonly isMemory = false
  readonly isRemote: boolean
  readonly backend: Backend
  readonly guard: Guard
  readonly #parts: ByteTierParts
  readonly #storage: TierStorage
  readonly #queue = new KeyedQueue()
  readonly #missed: RecoveryQueue<Op>
  /** Writes that are under way or wait for others of their key. */
  readonly #writes = new Map<string, Set<Write>>()

  constructor(parts: ByteTierParts) {
    const { name, backend, guard, context } = parts
    this.name = name
    this.isRemote = backend.isRemote
    this.backend = backend
    this.guard = guard
    this.#parts = parts
    this.#storage = new TierStorage(parts)
    this.#missed = new RecoveryQueue<Op>({
      clock: context.clock,
      most: parts.queueSize,
      replay: (key, op) => this.#replay(key, op),
      isWanted: (op) => op.kind !== 'item' || context.clock.now() < op.item.staleUntil,
      onRecover: (replayed, dropped) => context.onRecover(name, replayed, dropped),
      onOverflow: () => context.onLost(name),
    })
  }

  /** Writes that wait until the backend is back. */
  get queued(): number {
    return this.#missed.size
  }

  get(id: string): Promise<Read> {
    const key = this.#storage.keyOf(id)
    const missed = this.#waiting(key)
    if (missed !== undefined)
      return Promise.resolve(missed.kind === 'item' ? missed.item : undefined)
    const read = this.guard.run('get', (signal) => this.backend.get(key, { signal }))
    return read.then(
      (record) => this.#storage.open(id, record),
      (error: unknown) => this.#degraded('get', error),
    )
  }

  async getMany(ids: readonly string[]): Promise<readonly Read[]> {
    const keys = ids.map((id) => this.#storage.keyOf(id))
    try {
      const records = await this.guard.run('getMany', (signal) =>
        this.backend.getMany(keys, { signal }),
      )
      return ids.map((id, index) => {
        const missed = this.#waiting(keys[index] as string)
        if (missed !== undefined) return missed.kind === 'item' ? missed.item : undefined
        return this.#storage.open(id, records[index])
      })
    } catch (error) {
      this.#degraded('getMany', error)
      return ids.map(() => 'down' as const)
    }
  }

  /** What is to be written under `key` and counts for reads: of what another node has written, the backend knows best. */
  #waiting(key: string): Op | undefined {
    const missed = this.#missed.get(key)
    const isForeign = missed?.kind === 'item' && missed.item.node !== this.#parts.context.node
    return isForeign ? undefined : missed
  }

  set(item: Item, strict: boolean): Promise<boolean> {
    const key = this.#storage.keyOf(item.id)
    return this.#write('set', key, { kind: 'item', item }, strict, async (call) => {
      const record = await this.#storage.record(item)
      await this.backend.set(key, record, call)
      return true
    })
  }

  /** Keeps `item` in place of `seen`, and not of anything that came since. @returns whether it did. */
  replace(item: Item, seen: Item | undefined): Promise<boolean> {
    if (this.backend.swap === undefined) return this.set(item, false)
    const key = this.#storage.keyOf(item.id)
    const op: Op = { kind: 'item', item }
    return this.#write('swap', key, op, false, async (call) => {
      const missed = this.#missed.get(key)
      if (missed !== undefined) {
        // Readers of this tier get what waits to be written: that is what is replaced.
        if (isSeen(missed, seen)) this.#missed.supersede(key, op)
        return false
      }
      return await this.#storage.replace(key, item, seen, call)
    })
  }

  async add(item: Item, strict: boolean): Promise<boolean | undefined> {
    const key = this.#storage.keyOf(item.id)
    let isKept: boolean | undefined
    await this.#write('add', key, { kind: 'item', item }, strict, async (call) => {
      const record = await this.#storage.record(item)
      isKept = await this.backend.add(key, record, call)
      if (isKept) return true
      // What stands there may have been invalidated, or be kept for its grace alone.
      const stored = await this.backend.get(key, call)
      const there = this.#storage.open(item.id, stored)
      if (there !== undefined && this.#parts.context.isLive(there)) return false
      const { swap } = this.backend
      if (swap === undefined) await this.backend.set(key, record, call)
      isKept =
        swap === undefined || (await swap.call(this.backend, key, stored?.bytes, record, call))
      return isKept
    })
    return isKept
  }

  async delete(id: string, strict: boolean): Promise<boolean | undefined> {
    const key = this.#storage.keyOf(id)
    const op: Op = { kind: 'delete', id, at: this.#parts.context.stamp() }
    let found: boolean | undefined
    await this.#write('delete', key, op, strict, async (call) => {
      found = await this.backend.delete(key, call)
      return true
    })
    return found
  }

  /** Another node wrote the entry of `id` at the stamp `at`: what is older and waits here must not be written over that. */
  outdate(id: string, at: number): void {
    const key = this.#storage.keyOf(id)
    for (const write of this.#writes.get(key) ?? []) write.outdated = Math.max(write.outdated, at)
    const missed = this.#missed.get(key)
    if (missed?.kind === 'item' && this.#isOlder(missed.item, at))
      this.#missed.supersede(key, removalOf(missed.item))
  }

  #isOlder({ createdAt }: Item, at: number): boolean {
    return createdAt + this.#parts.context.skew < at
  }

  clear(prefix: string): void {
    const { backend } = this
    if (backend.clear === undefined || backend.isRemote) return
    const work = async (signal: AbortSignal): Promise<void> =>
      await backend.clear?.(this.#storage.keyOf(prefix), { signal })
    this.guard.run('clear', work).catch((error: unknown) => this.#degraded('clear', error))
  }

  sizeOf(id: string): number | undefined {
    return this.backend.sizeOf?.(this.#storage.keyOf(id))
  }

  /** What this tier says of names of marks. @throws what the backend throws. */
  async marks(names: readonly string[]): Promise<readonly Mark[]> {
    const keys = names.map((name) => this.#storage.markKey(name))
    const records = await this.guard.run('getMany', (signal) =>
      this.backend.getMany(keys, { signal }),
    )
    return keys.map((key, index) => {
      const missed = this.#missed.get(key)
      const mark = readMark(records[index]?.bytes)
      return missed?.kind === 'mark' ? mergeMarks(mark, missed.mark) : mark
    })
  }

  /** Adds what `mark` says to what is kept under `name`. @returns whether it was kept now. */
  mark(name: string, mark: Mark, strict: boolean): Promise<boolean> {
    const key = this.#storage.markKey(name)
    const missed = this.#missed.get(key)
    const all = missed?.kind === 'mark' ? mergeMarks(missed.mark, mark) : mark
    return this.#write('set', key, { kind: 'mark', mark: all }, strict, async (call) => {
      await this.#storage.mergeMark(key, all, call)
      return true
    })
  }

  /** Changes the record that says that there are new marks. @returns whether it was changed now. */
  sign(strict: boolean): Promise<boolean> {
    return this.#write('set', this.#storage.signKey, { kind: 'sign' }, strict, async (call) => {
      await this.#storage.sign(call)
      return true
    })
  }

  /** What that record says; `undefined` before the first mark. @throws what the backend throws. */
  async signed(): Promise<string | undefined> {
    const key = this.#storage.signKey
    const record = await this.guard.run('get', (signal) => this.backend.get(key, { signal }))
    if (this.#missed.get(key) !== undefined) return 'missed'
    return record === undefined ? undefined : Buffer.from(record.bytes).toString()
  }

  /** Tries to make good what the backend has missed. */
  async flush(): Promise<void> {
    if (this.#missed.size > 0) await this.#missed.flush()
  }

  async close(): Promise<void> {
    await this.#missed.close()
    await this.backend.close()
  }

  /** Writes in the order of the calls; what fails is queued, or thrown with `strict`. @returns what `work` says, `false` if queued. */
  #write(
    what: string,
    key: string,
    op: Op,
    strict: boolean,
    work: (call: BackendCall) => Promise<boolean>,
  ): Promise<boolean> {
    const mine: Write = { outdated: Number.NEGATIVE_INFINITY }
    const all = this.#writes.get(key) ?? new Set()
    this.#writes.set(key, all.add(mine))
    // What another node has written meanwhile must not be written over, now or later.
    const isOutdated = (): boolean => op.kind === 'item' && this.#isOlder(op.item, mine.outdated)
    return this.#queue.run(key, async () => {
      let rest: Promise<unknown> | undefined
      try {
        if (isOutdated()) return false
        const done = await this.guard.run(what, (signal) => {
          // Between two attempts: the first may have been written all the same.
          if (rest !== undefined && isOutdated()) throw outdatedWrite
          const call = work({ signal })
          rest = call
          return call
        })
        if (done) this.#missed.supersede(key, op)
        return done
      } catch (error) {
        const isOverwritten = error === outdatedWrite
        if (strict && !isOverwritten) throw error
        if (isPermanent(error)) {
          if (op.kind === 'item') this.#refused(key, op.item, rest)
          if (isOverwritten) return false
          throw error
        }
        this.#degraded(what, error)
        this.#missed.add(key, op.kind === 'item' && isOutdated() ? removalOf(op.item) : op, rest)
        return false
      } finally {
        all.delete(mine)
        if (all.size === 0 && this.#writes.get(key) === all) this.#writes.delete(key)
      }
    })
  }

  /** The backend will never take that item: what it has of an older one must go, or it would be found again. */
  #refused(key: string, item: Item, rest: Promise<unknown> | undefined): void {
    this.#missed.add(key, removalOf(item), rest)
    void this.#missed.flush()
  }

  #degraded(call: string, error: unknown): 'down' {
    this.#parts.context.onDegrade(this.name, call, error)
    return 'down'
  }

  /** Makes a missed write good, unless what is there is newer. @returns that which is newer. */
  #replay(key: string, op: Op): Promise<Op | undefined> {
    return this.guard.run('replay', async (signal) => {
      const call = { signal }
      if (op.kind === 'item' || op.kind === 'delete') {
        const isCurrent = (): boolean => this.#missed.get(key) === op
        return await this.#storage.replay(key, op, call, isCurrent)
      }
      if (op.kind === 'mark') await this.#storage.mergeMark(key, op.mark, call)
      // Who has looked since the mark was missed must look again.
      await this.#storage.sign(call)
      return undefined
    })
  }
}
