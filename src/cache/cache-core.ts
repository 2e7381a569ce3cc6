import type { CacheEvents, MissReason, WriteResult } from '../contracts/cache-events.ts'
import type { Clock } from '../contracts/clock.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { decryptReason } from '../frame/encryption-error.ts'
import { CacheCounters } from '../observe/counters.ts'
import type { Emitter } from '../observe/emitter.ts'
import { untilAborted } from '../util/until-aborted.ts'
import { Announcer } from './announcer.ts'
import { Background } from './background.ts'
import { isSwitchedOff } from './environment.ts'
import { Flights } from './flights.ts'
import type { ValueHolder } from './held-value.ts'
import { type Freshness, freshnessAt, type Item } from './item.ts'
import { type KeyRef, type KeySpace, keyOfId, marksOfId, slotOfId } from './key-ref.ts'
import { MarkSync } from './mark-sync.ts'
import { isClearMark, Markers, tagOfMark } from './markers.ts'
import type { MemoryTier } from './memory-tier.ts'
import { MissLog } from './miss-log.ts'
import type { ResolvedCacheOptions } from './options.ts'
import { Stamps } from './stamps.ts'
import type { TierContext } from './tier.ts'
import { type Answer, TierStack } from './tier-stack.ts'

/** Stands for the stamp of a change that still waits to be written: another node that is told of it must not count on it. */
export const notYet = 0

/** An item that a read found, judged. */
export interface Judged {
  readonly item: Item
  readonly freshness: Freshness
  readonly tier: string
}

/** What a read found out. */
export interface Looked {
  readonly judged: Judged | undefined
  /** What each tier had, for writes that must not replace anything newer. */
  readonly seen: Answer['reads']
  /** What was found and is not good enough for the caller: why it is a miss. */
  readonly unused?: Judged | undefined
}

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
  /** Reads of slower tiers. */
  readonly reads: Flights<Looked> = new Flights()
  /** What must be told of changed entries beside {@link reads}: the loads. */
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
    const context = this.#context()
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
      onMessage: (message) => this.#countMessage(message),
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

  /** What the tiers have of a key: the first that is fresh, else the newest that is stale. */
  async look(ref: KeyRef, signal: AbortSignal | undefined): Promise<Looked> {
    return this.#lookHere(ref) ?? (await this.lookDeeper(ref, signal))
  }

  #lookHere(ref: KeyRef): Looked | undefined {
    const item = this.fresh(ref.space, slotOfId(ref.id))
    if (item === undefined || this.#memory === undefined) return undefined
    return { judged: { item, freshness: 'fresh', tier: this.#memory.name }, seen: [item] }
  }

  /** What every tier has of a key, without a use being counted or anything being kept. */
  async lookAll(ref: KeyRef): Promise<Looked> {
    const { memory } = this.stack
    const here = memory?.look(ref.id)
    const { found, reads } = await this.stack.read(
      ref.id,
      memory === undefined ? 0 : 1,
      () => false,
    )
    if (memory !== undefined) reads[0] = here
    const isOlder =
      here !== undefined && found !== undefined && here.createdAt < found.item.createdAt
    const item = here === undefined || isOlder ? found?.item : here
    if (item === undefined) return { judged: undefined, seen: reads }
    const marks = ref.space.marksOf(item.tags)
    if (!this.sync.isCurrent(marks)) await this.sync.update(marks)
    const tier = item === here ? memory : found?.tier
    return {
      judged: { item, freshness: this.judge(item, ref.space), tier: tier?.name ?? '' },
      seen: reads,
    }
  }

  /** As {@link look}, when memory is known to have nothing fresh. Callers of the same key look together. */
  async lookDeeper(ref: KeyRef, signal: AbortSignal | undefined): Promise<Looked> {
    const flight =
      this.reads.get(ref.id) ??
      this.reads.start(ref.id, async (self) => await this.#read(ref, () => self.isOutdated))
    return await untilAborted(flight.wait(), signal)
  }

  /** Looks up several keys, each tier asked once. */
  async lookMany(refs: readonly KeyRef[]): Promise<ReadonlyMap<string, Looked>> {
    const byId = new Map(refs.map((ref) => [ref.id, ref]))
    const found = new Map<string, Looked>()
    const missing: string[] = []
    for (const ref of byId.values()) {
      const here = this.#lookHere(ref)
      if (here === undefined) missing.push(ref.id)
      else found.set(ref.id, here)
    }
    if (missing.length === 0) return found
    const cuts = this.#cuts
    const isEnough = (item: Item): boolean => {
      const ref = byId.get(item.id)
      return ref !== undefined && this.#isFresh(item, ref.space)
    }
    const read = (ids: readonly string[]) => this.stack.readMany(ids, 0, isEnough)
    const answers = new Map(await read(missing))
    const items = [...answers.values()].flatMap((answer) => answer.found?.item ?? [])
    const all = [...new Set(items.flatMap(({ marks = [] }) => marks))]
    if (!this.sync.isCurrent(all)) {
      await this.sync.update(all)
      // What was enough may be none: a slower tier may have what came after the invalidation.
      const again = items.filter((item) => !isEnough(item)).map(({ id }) => id)
      if (again.length > 0) for (const [id, answer] of await read(again)) answers.set(id, answer)
    }
    for (const [id, answer] of answers) {
      const ref = byId.get(id)
      if (ref !== undefined)
        found.set(id, this.#settle(ref, answer, cuts !== this.#cuts || this.#writing.has(id)))
    }
    return found
  }

  async #read(ref: KeyRef, isOutdated: () => boolean): Promise<Looked> {
    const read = () => this.stack.read(ref.id, 0, (item) => this.#isFresh(item, ref.space))
    let answer = await read()
    const item = answer.found?.item
    if (item?.marks !== undefined && !this.sync.isCurrent(item.marks)) {
      await this.sync.update(item.marks)
      // It may be void: a slower tier may have what came after the invalidation.
      if (!this.#isFresh(item, ref.space)) answer = await read()
    }
    return this.#settle(ref, answer, isOutdated() || this.#writing.has(ref.id))
  }

  #isFresh(item: Item, space: KeySpace): boolean {
    item.marks ??= space.marksOf(item.tags)
    return this.judge(item, space) === 'fresh'
  }

  #isFreshAlone(item: Item): boolean {
    item.marks ??= marksOfId(item.id, item.tags)
    return this.markers.judge(item, item.marks, freshnessAt(item, this.clock.now())) === 'fresh'
  }

  /** Judges what was read, and keeps it in the faster tiers unless something newer came meanwhile. */
  #settle(ref: KeyRef, answer: Answer, isOutdated: boolean): Looked {
    const { found, reads } = answer
    if (found === undefined) return { judged: undefined, seen: reads }
    const freshness = this.judge(found.item, ref.space)
    if (freshness !== 'absent' && found.place > 0 && !isOutdated) {
      const slow = this.stack.fill(found)
      if (slow !== undefined) this.background.track(slow)
    }
    return { judged: { item: found.item, freshness, tier: found.tier.name }, seen: reads }
  }

  /** How many changes there were, so that a read of many keys can tell whether there was one meanwhile. */
  #cuts = 0

  /** Before an entry is changed: what is being read and loaded of it is out of date. */
  cut(id: string): void {
    this.#cutReads(id)
    this.onChange(id)
  }

  #cutReads(id: string): void {
    this.#cuts += 1
    this.reads.cut(id)
    this.#changes.cut(id)
  }

  /** Writes of entries that are under way. */
  readonly #writing = new Map<string, Promise<unknown>>()

  /**
   * Does `work`, which changes an entry in all tiers. Until it has ended, a slower tier may still say what was there before:
   * what is read meanwhile is given to its readers and kept nowhere.
   */
  async writing<T>(id: string, work: () => Promise<T>): Promise<T> {
    this.cut(id)
    const mine = work()
    this.#writing.set(id, mine)
    try {
      return await mine
    } finally {
      if (this.#writing.get(id) === mine) this.#writing.delete(id)
      this.#cutReads(id)
    }
  }

  /** A load is being written to slower tiers: what would change its entry waits, or it would find nothing. */
  storing(id: string, work: Promise<unknown>): void {
    this.#writing.set(id, work)
    const end = (): void => {
      if (this.#writing.get(id) === work) this.#writing.delete(id)
    }
    work.then(end, end)
  }

  readonly #changes: Flights<boolean> = new Flights()

  /**
   * Changes what is stored under `ref`.
   * @param change what becomes of it; `undefined`: it stays. Called again if somebody stores another meanwhile.
   */
  async change(ref: KeyRef, change: (looked: Looked) => Promise<boolean>): Promise<boolean> {
    for (;;) {
      while (this.#writing.has(ref.id)) await this.#writing.get(ref.id)?.catch(() => {})
      let isOutdated = false
      const flight = this.#changes.start(ref.id, async (self) => {
        const looked = await this.lookAll(ref)
        isOutdated = self.isOutdated
        return isOutdated ? false : await change(looked)
      })
      const isChanged = await flight.wait()
      if (!isOutdated) return isChanged
    }
  }

  /** Before a loaded value is stored: what is being read of its entry is older. */
  overtakeReads(id: string): void {
    this.#cuts += 1
    this.reads.cut(id)
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
    this.#cuts += 1
    this.reads.detach(path)
    this.onInvalidate(path)
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
      this.cut(id)
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
    this.#cuts += 1
    this.reads.detach('')
    this.onInvalidate('')
    const tags = names.filter((name) => !isClearMark(name)).map(tagOfMark)
    if (tags.length > 0 && this.events.has('tagInvalidate'))
      this.events.emit('tagInvalidate', { tags, hard, isRemote: true })
  }

  /** Messages may have been missed: memory may have what others have changed. */
  #distrust(): void {
    this.sync.distrust()
    this.#cuts += 1
    for (const tier of this.stack.tiers) if (tier.isMemory) tier.clear('')
    this.reads.cutAll()
    this.onGap()
  }

  #context(): TierContext {
    const { codec, compression, encryption, name, node } = this.options
    const tell = <E extends keyof CacheEvents>(event: E, make: () => CacheEvents[E]): void => {
      if (this.events.has(event)) this.events.emit(event, make())
    }
    return {
      ...{ cache: name, node, clock: this.clock, random: this.random, holder: this.holder },
      ...{ codec, compression, encryption },
      skew: this.options.skew,
      stamp: () => this.stamps.next(),
      isLive: (item) => item.held !== undefined && this.#isFreshAlone(item),
      onRemove: (id, tier, reason, hasEnded) => {
        if (reason === 'clear') {
          this.misses.gone(id, 'cleared', tier)
          return
        }
        if (reason === 'evict') this.counters.tier(tier).evictions.add('size')
        if (this.stack.tiers.length === 1 || hasEnded)
          this.misses.gone(id, reason === 'evict' ? 'evicted' : 'expired', tier)
        // Few listen, and many entries go: their keys are decoded for those who do.
        if (reason === 'evict') tell('evict', () => ({ key: keyOfId(id), tier, reason: 'size' }))
        else tell('expire', () => ({ key: keyOfId(id), tier }))
      },
      onDrop: (id, tier, reason, error) => {
        this.counters.drops += 1
        tell('drop', () => ({
          key: keyOfId(id),
          tier,
          reason,
          ...(error === undefined ? {} : { error }),
        }))
      },
      onDegrade: (tier, what, error) => {
        this.counters.tier(tier).errors += 1
        tell('degrade', () => ({ tier, what, error }))
      },
      onUnreadable: (id, tier, error) => {
        this.misses.gone(id, 'corrupt', tier)
        const event = isTampered(error) ? 'tamper' : 'corrupt'
        this.counters.tier(tier)[event === 'tamper' ? 'decryptFailures' : 'corrupt'] += 1
        tell(event, () => ({ key: keyOfId(id), tier, error }))
      },
      onRecover: (tier, replayed, dropped) => tell('recover', () => ({ tier, replayed, dropped })),
      onReplay: (id, at) => this.background.track(this.announceKeys([id], at)),
      onBreaker: (tier, change) => tell('breakerChange', () => ({ tier, ...change })),
      onLost: (tier) => {
        tell('drop', () => ({
          tier,
          reason: 'more writes were missed than are kept: all its entries are void',
        }))
        this.background.track(this.invalidate('', ['clear:'], true))
      },
    }
  }

  #countMessage({ direction, action, result }: CacheEvents['busMessage']): void {
    if (result === 'sent') this.counters.busSent += 1
    else if (result === 'malformed') this.counters.busMalformed += 1
    else if (direction === 'in') this.counters.busReceived += 1
    if (this.events.has('busMessage')) this.events.emit('busMessage', { direction, action, result })
  }
}

function isTampered(error: unknown): boolean {
  const reason = decryptReason(error)
  return reason === 'tamper' || reason === 'downgrade'
}
