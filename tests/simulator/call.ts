import type { Cache } from '../../src/cache/cache.ts'
import { NotFound } from '../../src/cache/not-found.ts'
import type { CacheEntry, LoadContext } from '../../src/contracts/cache-entry.ts'
import type { Invalidation, Made, Moment } from './history.ts'
import { type LoadWatch, longestCall } from './load-watch.ts'
import type { Read } from './oracle.ts'
import type { CallPlan, LoaderPlan, Operation } from './plan.ts'
import { SourceError } from './violation.ts'
import type { Node, World } from './world.ts'

/** What callers keep: each value says which it is. */
interface Value {
  readonly token: string
  readonly id: string
  readonly list: number[]
}

/** One call of a caller. */
export class Call {
  readonly #world: World
  readonly #watch: LoadWatch
  readonly #node: Node
  readonly #operation: Operation
  readonly #began: Moment
  readonly #disturbances: number
  readonly #isConnected: boolean
  readonly #isCutOff: boolean
  readonly #abort = new AbortController()

  constructor(world: World, watch: LoadWatch, node: Node, operation: Operation, began: Moment) {
    this.#world = world
    this.#watch = watch
    this.#node = node
    this.#operation = operation
    this.#began = began
    this.#disturbances = watch.disturbances(node)
    this.#isConnected = !node.machine.isBusCut
    this.#isCutOff = this.#isBroken()
  }

  async run(): Promise<unknown> {
    const one = this.#operation
    const cache = this.#cacheOf(one.space)
    switch (one.do) {
      case 'get':
        return this.#value(await cache.get(one.key), one.key, true)
      case 'getStale':
        return this.#value(await cache.get(one.key, { stale: true }), one.key, false)
      case 'peek':
        return this.#value(cache.peek(one.key), one.key, true)
      case 'has':
        return await cache.has(one.key)
      case 'getEntry':
        return this.#entry(await cache.getEntry(one.key), one.key)
      case 'getMany':
        return this.#values(await cache.getMany(one.keys), true)
      case 'getOrSet':
        return await this.#getOrSet(cache, one.key, one.loader, one.call)
      case 'getOrSetMany':
        return await this.#getOrSetMany(cache, one.keys, one.loader, one.call)
      default:
        return await this.#write(cache, one)
    }
  }

  /** Whether a caller must expect `error`. */
  mayThrow(error: unknown): boolean {
    const one = this.#operation
    if (error instanceof SourceError) return one.do === 'getOrSet' || one.do === 'getOrSetMany'
    if (!('call' in one)) return false
    const { code, message, name } = error as { code?: string; message?: string; name?: string }
    if (code === 'ERR_NOT_FOUND') {
      if (message?.startsWith('remembered') === true && 'key' in one) this.#absence(one.key)
      return true
    }
    if (code === 'ERR_LOAD_TIMEOUT') return one.call.hardTimeout !== undefined
    return name === 'AbortError' && this.#abort.signal.aborted
  }

  #cacheOf(space: string): Cache {
    const { cache } = this.#node
    return space === '' ? cache : cache.namespace(space)
  }

  #idOf(key: string): string {
    const { space } = this.#operation
    return `${space === '' ? '' : `${space}/`}:s${key}`
  }

  #isBroken(): boolean {
    const { breaker } = this.#node.cache.stats().tiers['store'] ?? { breaker: 'closed' }
    return breaker !== 'closed'
  }

  // Reads

  #read(isFresh: boolean, tier: string | undefined): Read {
    const ended = this.#world.history.moment()
    const isCutOff = this.#isCutOff || this.#isBroken()
    const { machine } = this.#node
    return {
      machine,
      began: this.#began,
      ended,
      isConnected: this.#isConnected,
      isCutOff,
      tier,
      isFresh,
    }
  }

  #value(value: unknown, key: string, isFresh: boolean, tier?: string): unknown {
    if (value === undefined) return undefined
    const { history, oracle, violations } = this.#world
    const { id, list, token } = value as Value
    if (id !== this.#idOf(key)) violations.add(`${this.#idOf(key)} gave the value of ${id}`)
    if (list.length !== 1) violations.add(`${token}: somebody else's change of the value is seen`)
    // Whoever shares it would see this.
    list.push(0)
    const made = history.made.get(token) as Made
    const fault = oracle.fault(made, this.#read(isFresh, tier))
    if (fault !== undefined) violations.add(`${fault}; ${this.#operation.do}`)
    return token
  }

  #values(values: ReadonlyMap<unknown, unknown>, isFresh: boolean): unknown {
    return [...values].map(([key, value]) => this.#value(value, String(key), isFresh))
  }

  #entry(entry: CacheEntry | undefined, key: string): unknown {
    if (entry === undefined) return undefined
    return `${this.#value(entry.value, key, !entry.stale, entry.tier)} ${entry.stale ? 'stale' : 'fresh'} ${entry.tier}`
  }

  /** An absence does not say which: one that may be remembered must be among those that were made. */
  #absence(key: string): void {
    const { history, oracle, violations } = this.#world
    const id = this.#idOf(key)
    const read = this.#read(true, undefined)
    const all = [...history.made.values()].filter((made) => made.isAbsence && made.id === id)
    const faults = all.map((made) => oracle.fault(made, read))
    if (!faults.includes(undefined))
      violations.add(`an absence: ${faults.join('; ') || 'none was made'}`)
  }

  // Loads

  #loadOptions(call: CallPlan) {
    const { abortAfter, ...rest } = call
    if (abortAfter !== undefined) this.#world.scheduler.after(abortAfter, () => this.#abort.abort())
    const signal = abortAfter === undefined ? {} : { signal: this.#abort.signal }
    return { ...rest, ...signal }
  }

  async #getOrSet(cache: Cache, key: string, loader: LoaderPlan, call: CallPlan): Promise<unknown> {
    const id = this.#idOf(key)
    const value = await cache.getOrSet(
      key,
      async (context: LoadContext<unknown>) => {
        this.#node.loads += 1
        return await this.#load(id, loader, call, context)
      },
      this.#loadOptions(call),
    )
    return this.#value(value, key, !this.#mayBeStale(id, call))
  }

  /** Whether something happened that lets a caller have a stale value. */
  #mayBeStale(id: string, { hardTimeout, lock, softTimeout, swr }: CallPlan): boolean {
    if ((lock ?? this.#world.plan.defaults.lock) === 'cluster') return true
    if (swr !== undefined || hardTimeout !== undefined || softTimeout !== undefined) return true
    return this.#watch.failedSince(this.#node, id, this.#began.time)
  }

  async #load(
    id: string,
    loader: LoaderPlan,
    call: CallPlan,
    context: Pick<LoadContext<unknown>, 'skip' | 'signal'>,
  ): Promise<unknown> {
    const { history } = this.#world
    const made = this.#make(id, call, loader.ends === 'absent')
    const isForced = call.forceFresh === true
    const end = this.#watch.loaderBegins(this.#node, id, this.#disturbances, isForced)
    // One that is aborted is left behind: another may begin.
    context.signal.addEventListener('abort', () => {
      end()
      this.#watch.loadFailed(this.#node, id)
    })
    history.log(`loader of ${id} on ${this.#node.machine.name} begins ${made.token}`)
    await this.#pass(loader.ms)
    history.log(`loader of ${made.token} ends: ${loader.ends}`)
    end()
    this.#kept(made, call)
    if (loader.ends === 'error' || loader.ends === 'absent') this.#watch.loadFailed(this.#node, id)
    if (loader.ends === 'error') throw new SourceError('the source failed')
    if (loader.ends === 'absent') throw new NotFound(id)
    const value = contentOf(made)
    return loader.ends === 'skip' ? context.skip(value) : value
  }

  async #getOrSetMany(
    cache: Cache,
    keys: readonly string[],
    loader: LoaderPlan,
    call: CallPlan,
  ): Promise<unknown> {
    const values = await cache.getOrSetMany(
      keys,
      async (missing, { signal }) => {
        this.#node.loads += missing.length
        const ids = missing.map((key) => this.#idOf(String(key)))
        const made = ids.map((id) => this.#make(id, call, loader.ends === 'absent'))
        // Its other keys may still be wanted when one is given up, and is loaded again.
        const isLeft = call.abortAfter !== undefined || call.hardTimeout !== undefined
        const ends = ids.map((id) =>
          this.#watch.loaderBegins(this.#node, id, this.#disturbances, isLeft),
        )
        const end = (): void => {
          for (const one of ends) one()
        }
        signal.addEventListener('abort', end)
        await this.#pass(loader.ms)
        end()
        for (const one of made) this.#kept(one, call)
        if (loader.ends === 'error') for (const id of ids) this.#watch.loadFailed(this.#node, id)
        if (loader.ends === 'error') throw new SourceError('the source failed')
        if (loader.ends === 'absent') return new Map()
        return new Map(made.map((one, index) => [missing[index], contentOf(one)])) as never
      },
      this.#loadOptions(call),
    )
    return [...values].map(([key, value]) =>
      this.#value(value, String(key), !this.#mayBeStale(this.#idOf(String(key)), call)),
    )
  }

  #pass(ms: number): Promise<void> {
    if (ms === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#world.scheduler.after(ms, () => {
        if (this.#node.machine.isAlive) resolve()
      })
    })
  }

  // Writes

  #make(id: string, call: CallPlan, isAbsence: boolean): Made {
    const { space } = this.#operation
    const { history, scheduler } = this.#world
    const made = history.make({
      ...{ id, space, isAbsence, tags: call.tags ?? [], machine: this.#node.machine },
      freshUntil: Number.POSITIVE_INFINITY,
      staleUntil: Number.POSITIVE_INFINITY,
    })
    this.#life(made, call, scheduler.now)
    return made
  }

  #kept(made: Made, call: CallPlan): void {
    made.kept = this.#world.history.moment()
    this.#life(made, call, made.kept.time)
  }

  #life(made: Made, call: CallPlan, now: number): void {
    const { defaults } = this.#world.plan
    const ttl = made.isAbsence
      ? (call.negativeTtl ?? 0)
      : (call.ttl ?? defaults.ttl ?? Number.POSITIVE_INFINITY)
    const grace = made.isAbsence ? 0 : Math.max(call.grace ?? defaults.grace ?? 0, call.swr ?? 0)
    // What one call loads for several keys may wait for the lease of one of them, and lives from then on.
    const { lock = defaults.lock } = call
    const wait = this.#operation.do === 'getOrSetMany' && lock === 'cluster' ? longestCall : 0
    const isUnsure = made.written?.kind === 'add' && made.kept === undefined
    made.freshUntil = now + (isUnsure ? longestCall : wait) + ttl
    made.staleUntil = made.freshUntil + grace
  }

  async #write(cache: Cache, one: Operation): Promise<unknown> {
    switch (one.do) {
      case 'set': {
        const made = this.#make(this.#idOf(one.key), one.call, false)
        this.#kept(made, one.call)
        const about = this.#begin('set', { token: made.token, id: made.id })
        made.written = about
        await cache.set(one.key, contentOf(made), one.call)
        this.#ack(about)
        return made.token
      }
      case 'add': {
        const made = this.#make(this.#idOf(one.key), one.call, false)
        const about = this.#begin('add', { token: made.token, id: made.id })
        made.written = about
        this.#life(made, one.call, this.#began.time)
        const isAdded = await cache.add(one.key, contentOf(made), one.call)
        this.#kept(made, one.call)
        if (isAdded) this.#ack(about)
        return `${made.token} ${isAdded}`
      }
      case 'delete': {
        const about = this.#begin('delete', { id: this.#idOf(one.key) })
        const had = await cache.delete(one.key)
        this.#ack(about)
        return had
      }
      case 'expire': {
        const about = this.#begin('expire', { id: this.#idOf(one.key), isSoft: true })
        const had = await cache.expire(one.key)
        this.#world.history.touched(this.#node.machine, this.#idOf(one.key))
        this.#ack(about)
        return had
      }
      case 'touch':
        return await this.#touch(cache, one.key, one.ttl)
      case 'tags': {
        const path = one.space === '' ? '' : `${one.space}/`
        const names = one.tags.map((tag) => `tag:${path}:${tag}`)
        const about = this.#begin('tags', { names, isSoft: !one.hard })
        await cache.invalidateTags(...one.tags, { hard: one.hard })
        this.#ack(about)
        return
      }
      case 'clear': {
        const path = one.space === '' ? '' : `${one.space}/`
        const about = this.#begin('clear', { names: [`clear:${path}`] })
        await cache.clear()
        this.#ack(about)
        return
      }
    }
    return undefined
  }

  async #touch(cache: Cache, key: string, ttl: number): Promise<boolean> {
    const id = this.#idOf(key)
    const { history, scheduler } = this.#world
    // Until it has ended, it may have had its effect at any time.
    const lengthen = (): void => {
      for (const made of history.made.values()) {
        if (made.id !== id || made.isAbsence) continue
        const grace = made.staleUntil - made.freshUntil
        made.freshUntil = Math.max(made.freshUntil, scheduler.now + ttl + longestCall)
        made.staleUntil = Math.max(made.staleUntil, made.freshUntil + grace)
      }
    }
    lengthen()
    const done = await cache.touch(key, ttl)
    lengthen()
    history.touched(this.#node.machine, id)
    return done
  }

  #ack(about: Invalidation): void {
    const { history, scheduler } = this.#world
    // What the breaker refuses never becomes a call.
    if (this.#isCutOff || this.#isBroken()) this.#node.machine.trouble(scheduler.now, scheduler.now)
    history.ack(about)
  }

  #begin(
    kind: Invalidation['kind'],
    about: Partial<Pick<Invalidation, 'token' | 'id' | 'names' | 'isSoft'>>,
  ): Invalidation {
    const { history } = this.#world
    const { id, isSoft = false, names = [], token } = about
    return history.begin({ kind, machine: this.#node.machine, id, names, isSoft, token })
  }
}

function contentOf({ id, token }: Made): Value {
  return { token, id, list: [1] }
}
