import type { CacheEvents, MissReason, WriteResult } from '../contracts/cache-events.ts'
import type { Clock } from '../contracts/clock.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { CacheCounters } from '../observe/counters.ts'
import type { Emitter } from '../observe/emitter.ts'
import { Announcer } from './announcer.ts'
import { Background } from './background.ts'
import { Changes } from './changes.ts'
import { countMessage, tierContext } from './core-context.ts'
import { isSwitchedOff } from './environment.ts'
import type { ValueHolder } from './held-value.ts'
import { type Freshness, freshnessAt, type Item } from './item.ts'
import { type KeySpace, marksOfId } from './key-ref.ts'
import type { Looked } from './looked.ts'
import { Lookups } from './lookups.ts'
import { MarkSync } from './mark-sync.ts'
import { isClearMark, Markers, tagOfMark } from './markers.ts'
import type { MemoryTier } from './memory-tier.ts'
import { MissLog } from './miss-log.ts'
import type { ResolvedCacheOptions } from './options.ts'
import { Stamps } from './stamps.ts'
import { TierStack } from './tier-stack.ts'

/** Stands for the stamp of a change that still waits to be written: another node that is told of it must not count on it. */
export const notYet = 0

/**
 * The parts that a cache and its namespaces share: tiers, what is known of invalidations, and what is under way. Each of its
 * verbs does one thing for a key that was checked; what the callers see is made of these in `cache.ts`.
 */
export class CacheCore {
  readonly options: ResolvedCacheOptions
  readonly clock: Clock
  readonly random: () => number
  readonly holder: ValueHolder
  readonly stamps: Stamps
  readonly stack: TierStack
  readonly markers: Markers
  readonly sync: MarkSync
  readonly misses: MissLog
  readonly counters: CacheCounters
  readonly background: Background
  readonly events: Emitter<CacheEvents>
  readonly announcer: Announcer | undefined
  readonly lookups: Lookups
  readonly changes: Changes
  /** What must be told of changed entries beside the reads: the loads. */
  onChange: (id: string) => void = () => {}
  onInvalidate: (path: string) => void = () => {}
  onGap: () => void = () => {}
  onClose: (reason: HoldfastError) => void = () => {}
  /** Resolves when the bus is there, or cannot be had; `undefined` afterwards. */
  starting: Promise<void> | undefined
  readonly #memory: MemoryTier | undefined
  #closing: Promise<void> | undefined

  constructor(options: ResolvedCacheOptions, holder: ValueHolder, events: Emitter<CacheEvents>) {
    const { background, clock, node, random, skew } = options
    this.options = options
    this.clock = clock
    this.random = random
    this.holder = holder
    this.events = events
    this.stamps = new Stamps(clock)
    this.markers = new Markers(skew)
    this.misses = new MissLog(clock)
    this.background = new Background(background)
    this.counters = new CacheCounters(options.tiers.map(({ name }) => name))
    this.lookups = new Lookups(this)
    this.changes = new Changes(this)
    const context = tierContext(this)
    this.stack = new TierStack(
      isSwitchedOff() ? [] : options.tiers.map((tier) => tier.open(context)),
    )
    this.#memory = this.stack.memory
    this.sync = new MarkSync({
      markers: this.markers,
      home: this.stack.bytes.findLast(({ backend }) => backend.isShared),
      clock,
      markerTtl: options.markerTtl,
      markerTtlWithBus: options.markerTtlWithBus,
      hasBus: () => this.announcer?.isConnected === true,
    })
    if (options.bus === undefined) return
    this.announcer = new Announcer(options.bus, options.name, node, clock, {
      keys: (ids, at) => this.#changedElsewhere(ids, at),
      marks: (names, at, from, hard) => this.#marked(names, at, from, hard),
      gap: () => this.#distrust(),
      onMessage: (message) => countMessage(this, message),
    })
    const started = this.announcer.ready()
    this.starting = started
    void started.then(() => {
      this.starting = undefined
    })
  }

  /** @throws HoldfastError `ERR_CLOSED`. */
  checkOpen(): void {
    if (this.#closing !== undefined) throw this.#closedError()
  }

  #closedError(): HoldfastError {
    return new HoldfastError(
      'ERR_CLOSED',
      `Cache '${this.options.name}': it was closed. Make another with createCache.`,
    )
  }

  /** What is left of an item, by time and by the invalidations that are known. */
  judge(item: Item, space: KeySpace): Freshness {
    item.marks ??= space.marksOf(item.tags)
    return this.markers.judge(item, item.marks, freshnessAt(item, this.clock.now()))
  }

  /** The item that is in memory now and fresh, as far as can be said now. Every hit comes through here: it allocates nothing. */
  fresh(space: KeySpace, slot: string): Item | undefined {
    const item = this.#memory?.at(slot)
    if (item === undefined) return undefined
    item.marks ??= space.marksOf(item.tags)
    if (!this.sync.isCurrent(item.marks)) {
      this.#lookLater(item.marks)
      return undefined
    }
    // Memory gives nothing beyond its stale time: where that is the end of its life too, the clock has been asked.
    const isFresh = item.expiresAt === item.staleUntil || this.clock.now() < item.expiresAt
    return isFresh && this.markers.judge(item, item.marks, 'fresh') === 'fresh' ? item : undefined
  }

  /** As {@link judge}, where there is only the item: whether it is fresh. */
  isFreshAlone(item: Item): boolean {
    item.marks ??= marksOfId(item.id, item.tags)
    return this.markers.judge(item, item.marks, freshnessAt(item, this.clock.now())) === 'fresh'
  }

  /** Makes known what concerns an item that is being stored, so that memory can give it at once. */
  async learn({ marks = [] }: Item): Promise<void> {
    if (!this.sync.isCurrent(marks)) await this.sync.update(marks)
  }

  /** Writes an item to all tiers and tells the other nodes. */
  async store(item: Item, strict: boolean): Promise<WriteResult> {
    const written = this.stack.write((tier) => tier.set(item, strict))
    const [isComplete] = await Promise.all([written, this.learn(item)])
    this.misses.stored(item.id, 'stored')
    return (await this.announceKeys([item.id], isComplete ? item.createdAt : notYet)) && isComplete
      ? 'stored'
      : 'queued'
  }

  /** Removes an entry from all tiers and tells the other nodes. @returns whether any had it. */
  async remove(
    id: string,
    strict: boolean,
    reason: MissReason = 'deleted',
  ): Promise<{ found: boolean; result: WriteResult }> {
    let found = false
    const at = this.stamps.next()
    const isComplete = await this.stack.write(async (tier) => {
      const had = await tier.delete(id, strict)
      found ||= had === true
      return had !== undefined
    })
    this.misses.gone(id, reason, 'here')
    const isTold = await this.announceKeys([id], isComplete ? at : notYet)
    return { found, result: isComplete && isTold ? 'stored' : 'queued' }
  }

  /** Tells the other nodes that entries changed, at the stamp `at` or {@link notYet}. @returns whether the bus took it. */
  async announceKeys(ids: readonly string[], at: number): Promise<boolean> {
    return (await this.announcer?.keys(ids, at)) ?? true
  }

  /** Makes everything older with one of the marks `names` stale, or absent with `hard`, in every node. */
  async invalidate(path: string, names: readonly string[], hard: boolean): Promise<WriteResult> {
    const at = this.stamps.next()
    for (const name of names) this.markers.note(name, { at, node: this.options.node }, hard)
    if (this.sync.isAlone) this.markers.shorten()
    this.changes.invalidated(path)
    const kept = await Promise.all(names.map((name) => this.sync.publish(name, false)))
    const isTold = (await this.announcer?.marks(names, at, hard)) ?? true
    return isTold && kept.every((one) => one) ? 'stored' : 'queued'
  }

  /** Why a read that found `looked` is a miss. */
  missReason(id: string, { judged, seen, unused = judged }: Looked): MissReason {
    let reason: MissReason | undefined
    if (unused !== undefined) reason = this.#voidReason(unused.item)
    else if (seen.includes('down')) reason = 'tier-down'
    return this.misses.miss(id, reason)
  }

  #voidReason(item: Item): MissReason {
    if (freshnessAt(item, this.clock.now()) !== 'fresh') return 'expired'
    const name = item.marks?.find((mark) => this.markers.judge(item, [mark], 'fresh') !== 'fresh')
    return name !== undefined && isClearMark(name) ? 'cleared' : 'tag'
  }

  /** The same for all who close it. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.onClose(this.#closedError())
    // What is made good last is announced too.
    await Promise.all(this.stack.bytes.map((tier) => tier.flush()))
    await this.background.close()
    await this.announcer?.close()
    await this.stack.close()
  }

  /** Brings what is known up to date for the next caller: this one cannot wait. */
  #lookLater(names: readonly string[]): void {
    if (this.background.hasRoom) this.background.track(this.sync.update(names))
  }

  #changedElsewhere(ids: readonly string[], at: number): void {
    for (const id of ids) {
      this.changes.cut(id)
      for (const tier of this.stack.bytes) tier.outdate(id, at)
      // What the others wrote is in the slowest tier: the faster ones have what was there before.
      for (const [place, tier] of this.stack.tiers.entries()) {
        if (!tier.isMemory && place === this.stack.tiers.length - 1) continue
        const gone = tier.delete(id, false)
        if (gone instanceof Promise) this.background.track(gone)
      }
      this.misses.gone(id, 'deleted', 'changed by another node')
    }
  }

  #marked(names: readonly string[], at: number, node: string, hard: boolean): void {
    for (const name of names) this.markers.note(name, { at, node }, hard)
    this.changes.invalidated('')
    const tags = names.filter((name) => !isClearMark(name)).map(tagOfMark)
    if (tags.length > 0 && this.events.has('tagInvalidate'))
      this.events.emit('tagInvalidate', { tags, hard, isRemote: true })
  }

  /** Messages may have been missed: memory may have what others have changed. */
  #distrust(): void {
    this.sync.distrust()
    for (const tier of this.stack.tiers) if (tier.isMemory) tier.clear('')
    this.changes.missed()
  }
}
