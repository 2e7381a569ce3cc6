import type { CacheEntry, LoadContext } from '../contracts/cache-entry.ts'
import { Backoffs } from './backoffs.ts'
import { type CacheCore, notYet } from './cache-core.ts'
import { ClusterLock } from './cluster-lock.ts'
import { type Flight, Flights } from './flights.ts'
import type { HeldValue } from './held-value.ts'
import type { Item } from './item.ts'
import { entryOf } from './item-entry.ts'
import type { KeyRef } from './key-ref.ts'
import type { FlightLoader, LoadJob, LookedJob } from './load-job.ts'
import type { LoadCall } from './load-options.ts'
import { LoadRun } from './load-run.ts'
import { makeItem } from './make-item.ts'
import { NotFound } from './not-found.ts'
import { loadTimeout, nothing, Outcome } from './outcome.ts'
import { checkLoaded } from './schema-check.ts'
import { checkTags, type StoreRules } from './store-options.ts'

/** Runs loaders, one for each key at a time, and stores what they bring. */
export class Loads {
  readonly flights: Flights<Outcome> = new Flights()
  readonly backoffs: Backoffs
  readonly #core: CacheCore
  readonly #locks: ClusterLock

  constructor(core: CacheCore) {
    this.#core = core
    this.#locks = new ClusterLock(core)
    this.backoffs = new Backoffs(core.clock)
    core.onChange = (id) => {
      this.flights.cut(id)
      this.backoffs.delete(id)
    }
    core.onInvalidate = (path) => this.flights.detach(path)
    core.onClose = (reason) => this.flights.abortWaiting(reason)
    core.onGap = () => this.flights.cutAll()
  }

  /** The load that a caller who comes now waits for. */
  start(job: LoadJob): Flight<Outcome> {
    const { ref, call } = job
    const flying = call.forceFresh ? undefined : this.flights.get(ref.id)
    return flying ?? this.flights.start(ref.id, (flight) => this.#fly(job, flight))
  }

  /** A load of its own, whose loader knows its flight. */
  startWith(job: Omit<LoadJob, 'loader'>, loader: FlightLoader): Flight<Outcome> {
    return this.flights.start(job.ref.id, (flight) =>
      this.#fly({ ...job, loader: (context) => loader(context, flight) }, flight),
    )
  }

  /** Refreshes an entry that its caller has already: once, and if there is room. Nobody is told but the listeners. */
  refresh(job: LoadJob): void {
    const { background } = this.#core
    if (this.flights.get(job.ref.id) !== undefined || !background.hasRoom) return
    this.keep(this.start({ ...job, isBackground: true }), job.call.rules.hardTimeout)
  }

  /** Lets a load go on for at most `ms` although nobody waits for it. */
  keep(flight: Flight<Outcome>, ms: number): void {
    const { background, clock } = this.#core
    flight.keep()
    background.track(flight.result)
    if (!Number.isFinite(ms)) return
    const timer = clock.setTimeout(() => flight.end(loadTimeout(ms)), ms)
    flight.result.finally(() => timer.clear()).catch(() => {})
  }

  async #fly(asked: LoadJob, flight: Flight<Outcome>): Promise<Outcome> {
    const { call, ref } = asked
    // The flight is known before anything of it runs.
    const looked = (await asked.looked) ?? (await this.#core.lookups.lookAll(ref))
    const job: LookedJob = { ...asked, looked }
    if (call.rules.lock === 'process') return await this.#load(job, flight)
    return await this.#locks.run(ref, call, flight.signal, {
      load: () => this.#load(job, flight),
      found: (item) => new Outcome(this.#core.holder, item.held, undefined),
      stale: () => this.#staleOutcome(job),
    })
  }

  #staleOutcome({ looked, ref }: LookedJob): Outcome | undefined {
    const item = looked.judged?.item
    // It was looked up before the wait.
    if (item?.held === undefined || this.#core.judge(item, ref.space) === 'absent') return undefined
    return new Outcome(this.#core.holder, item.held, undefined)
  }

  async #load(job: LookedJob, flight: Flight<Outcome>): Promise<Outcome> {
    const { clock, counters, events, stamps } = this.#core
    const { isBackground, ref } = job
    // Before the loader begins: what is invalidated while it runs is newer.
    const createdAt = stamps.next()
    const began = clock.now()
    counters.loads += 1
    counters.inFlight += 1
    const run = new LoadRun(ref.key, flight, this.#staleEntry(job))
    try {
      const value = await this.#call(job, run, flight)
      const duration = clock.now() - began
      this.backoffs.delete(ref.id)
      counters.loadLatency.record(duration)
      if (events.has('load'))
        events.emit('load', { key: ref.key, duration, background: isBackground })
      const begun = Math.min(job.begun?.() ?? createdAt, createdAt)
      return await this.#keep(job, flight, run, value, begun, duration)
    } catch (error) {
      const duration = clock.now() - began
      counters.loadErrors += 1
      counters.loadLatency.record(duration)
      if (events.has('loadError'))
        events.emit('loadError', { key: ref.key, duration, background: isBackground, error })
      const begun = Math.min(job.begun?.() ?? createdAt, createdAt)
      await this.#keepAbsence(job, flight, error, begun)
      throw error
    } finally {
      counters.inFlight -= 1
    }
  }

  /** The loader's value. A loader that does not heed the signal is left behind when it is aborted. */
  #call({ call, loader }: LookedJob, run: LoadRun, flight: Flight<Outcome>): Promise<unknown> {
    const work = async (): Promise<unknown> => {
      // Whoever asked goes on before the loader begins.
      await undefined
      const value = await loader(run.context as LoadContext<never>)
      const isOurs = run.isNotModified || value === nothing
      return isOurs ? value : await checkLoaded(call.rules.schema, value)
    }
    return new Promise((resolve, reject) => {
      let isEnded = false
      flight.whenEnded((reason) => {
        isEnded = true
        reject(reason)
      })
      if (!isEnded) work().then(resolve, reject)
    })
  }

  async #keep(
    job: LookedJob,
    flight: Flight<Outcome>,
    run: LoadRun,
    value: unknown,
    createdAt: number,
    cost: number,
  ): Promise<Outcome> {
    const { clock, holder, options, random } = this.#core
    const { node } = options
    const { call, looked, ref } = job
    if (value === nothing) {
      await this.#keepAbsence(job, flight, new NotFound(), createdAt)
      return Outcome.nothing(holder)
    }
    const before = looked.judged?.item
    const held = run.isNotModified ? before?.held : this.#hold(ref, value)
    const outcome = new Outcome(holder, held, this.#own(held, value))
    const isWanted = !run.isSkipped && call.rules.cacheIf?.(value as never) !== false
    if (held === undefined || !isWanted) return outcome
    const rules = this.#rules(call, run, value, before)
    const now = clock.now()
    const item = makeItem({ ref, held, rules, createdAt, now, node, random, cost })
    if (item === undefined || flight.isOutdated) return outcome
    // Its tags may have been invalidated since it began, or everything cleared.
    if (this.#core.judge(item, ref.space) !== 'fresh') return outcome
    await this.#store(item, job, flight)
    return outcome
  }

  #hold(ref: KeyRef, value: unknown): HeldValue | undefined {
    const { counters, events, holder } = this.#core
    try {
      return holder.hold(value)
    } catch (error) {
      counters.drops += 1
      if (events.has('drop'))
        events.emit('drop', { key: ref.key, reason: 'the value cannot be stored', error })
      return undefined
    }
  }

  /** The loader's own object goes to one caller, unless all share one. */
  #own(held: HeldValue | undefined, value: unknown): { value: unknown } | undefined {
    return held !== undefined && held.encoded === undefined ? undefined : { value }
  }

  #rules(call: LoadCall, run: LoadRun, value: unknown, before: Item | undefined): StoreRules {
    const { store } = call
    const old = run.isNotModified ? before : undefined
    const tags = run.tags ?? this.#tagsOf(call, value)
    return {
      ...store,
      ...(run.ttl === undefined ? {} : { ttl: run.ttl, expiresAt: undefined }),
      tags: tags ?? old?.tags ?? store.tags,
      etag: run.etag ?? store.etag ?? old?.etag,
      lastModified: run.lastModified ?? store.lastModified ?? old?.lastModified,
      description: store.description ?? old?.description,
      meta: store.meta ?? old?.meta,
    }
  }

  /** The tags that follow from the value, with a fixed one beside them. */
  #tagsOf({ store, tagsOf }: LoadCall, value: unknown): readonly string[] | undefined {
    if (tagsOf === undefined) return undefined
    return [...new Set([...store.tags, ...checkTags({ tags: tagsOf(value as never) })])]
  }

  /** Stores what was loaded, in the place of what was there when the load began. Callers do not wait for a network. */
  async #store(
    item: Item,
    { call, looked, ref }: LookedJob,
    flight: Flight<Outcome>,
  ): Promise<void> {
    const { background, counters, events, misses, stack } = this.#core
    counters.sets += 1
    misses.stored(item.id, 'loaded')
    this.flights.overtake(flight)
    this.#core.changes.overtakeReads(item.id)
    const known = this.#core.learn(item)
    const writes: Promise<unknown>[] = []
    const remote: Promise<unknown>[] = []
    if (stack.bytes.some(({ isRemote }) => isRemote)) remote.push(known)
    else writes.push(known)
    let isQueued = false
    for (const [place, tier] of stack.tiers.entries()) {
      const seen = looked.seen[place]
      const { strict } = call.store
      const isSeen = seen !== 'down' && looked.seen.length > place && !call.forceFresh && !strict
      const kept = isSeen ? tier.replace(item, seen) : tier.set(item, strict)
      if (!(kept instanceof Promise)) continue
      if (strict) {
        writes.push(kept)
        continue
      }
      const safe = kept.then(
        (isKept) => {
          isQueued ||= !isKept
        },
        (error: unknown) => this.#dropped(ref, tier.name, error),
      )
      if (tier.isRemote) remote.push(safe)
      else writes.push(safe)
    }
    if (remote.length + writes.length > 0)
      this.#core.changes.storing(item.id, Promise.all([...remote, ...writes]))
    await Promise.all(writes)
    // Whoever is told of it must find it.
    const announce = call.forceFresh
      ? () => this.#core.announceKeys([item.id], isQueued ? notYet : item.createdAt)
      : undefined
    if (remote.length > 0) background.track(Promise.all(remote).then(announce))
    else await announce?.()
    if (events.has('set')) events.emit('set', { key: ref.key, result: 'stored' })
  }

  #dropped(ref: KeyRef, tier: string, error: unknown): void {
    const { counters, events } = this.#core
    counters.drops += 1
    if (events.has('drop'))
      events.emit('drop', { key: ref.key, tier, reason: 'the tier refused it', error })
  }

  /** Remembers that the source has no such thing, if that is what `error` says. */
  async #keepAbsence(
    job: LookedJob,
    flight: Flight<Outcome>,
    error: unknown,
    createdAt: number,
  ): Promise<void> {
    const { clock, options, random } = this.#core
    const { isNegative, negativeTtl } = job.call.rules
    if (negativeTtl === 0 || flight.isOutdated || !isNegative(error)) return
    const rules = { ...job.call.store, ttl: negativeTtl, expiresAt: undefined, grace: 0 }
    const item = makeItem({
      ...{ ref: job.ref, held: undefined, rules, createdAt, random, cost: undefined },
      now: clock.now(),
      node: options.node,
    })
    if (item !== undefined && this.#core.judge(item, job.ref.space) === 'fresh')
      await this.#store(item, job, flight)
  }

  #staleEntry({ ref, looked }: LookedJob): CacheEntry | undefined {
    const { judged } = looked
    if (judged === undefined || judged.freshness === 'absent' || judged.item.held === undefined)
      return undefined
    return entryOf(ref, judged, this.#core.holder)
  }
}
