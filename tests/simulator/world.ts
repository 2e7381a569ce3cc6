import type { Cache } from '../../src/cache/cache.ts'
import { createCache } from '../../src/cache/create-cache.ts'
import { memory, tier } from '../../src/cache/tiers.ts'
import { History } from './history.ts'
import { Machine } from './machine.ts'
import { Oracle } from './oracle.ts'
import type { Fault, Plan } from './plan.ts'
import { Random } from './random.ts'
import { beginning, Scheduler } from './scheduler.ts'
import { SharedStore, storeLink } from './shared-store.ts'
import { SimulatedBus } from './simulated-bus.ts'
import { Violations } from './violation.ts'

/** A machine that runs a cache. */
export interface Node {
  readonly machine: Machine
  readonly cache: Cache
  /** Loads that its loaders know of, for its stats. */
  loads: number
  /** Calls under way that change something. */
  changing: number
  /** Such calls that have ended. */
  changed: number
}

/** All machines of a history, and what is between them. */
export class World {
  readonly plan: Plan
  readonly scheduler: Scheduler
  readonly history: History
  readonly oracle: Oracle
  readonly violations: Violations = new Violations()
  /** By place in the plan, who lives there now; `undefined` between a crash and the start of the next. */
  readonly nodes: (Node | undefined)[] = []
  readonly #store: SharedStore
  readonly #bus: SimulatedBus
  readonly #random: Random
  #machines = 0
  #isCalm = false

  constructor(plan: Plan, isLogged: boolean) {
    const random = new Random(plan.seed ^ 0x5eed)
    this.plan = plan
    this.#random = random
    this.scheduler = new Scheduler(random.fork('scheduler'))
    this.history = new History(this.scheduler, plan.hasStore, isLogged)
    this.oracle = new Oracle(this.history, plan)
    this.#store = new SharedStore(this.scheduler)
    this.#bus = new SimulatedBus(this.history, this.scheduler, this.#weather, random.fork('bus'))
    for (let place = 0; place < plan.nodes; place += 1) this.start(place)
  }

  /** Starts a node. */
  start(place: number): Node {
    const { plan } = this
    const offset = plan.offsets[place] ?? 0
    const machine = new Machine(`node ${place}.${this.#machines}`, this.history.tick(), offset)
    this.#machines += 1
    const random = this.#random.fork(machine.name)
    const { lock, grace, ttl } = plan.defaults
    const cache = createCache({
      tiers: this.#tiers(machine, random),
      ...(plan.hasBus ? { bus: this.#bus.linkOf(machine) } : {}),
      ...(lock === undefined ? {} : { lock }),
      ...{ name: 'c', lockWait: 300, staleBackoff: 200, ttl, grace },
      ...{ clockSkew: plan.clockSkew, markerTtl: plan.markerTtl },
      clock: this.scheduler.clockOf(offset, () => machine.isAlive),
      random: random.next,
    })
    const node = { machine, cache, loads: 0, changing: 0, changed: 0 }
    this.nodes[place] = node
    this.history.log(`${machine.name} starts`)
    return node
  }

  #tiers(machine: Machine, random: Random) {
    const { canSwap, hasBreaker, hasMemory, hasRetry, hasStore, maxEntries, memoryTtl, timeout } =
      this.plan
    const link = storeLink(
      {
        ...{ machine, timeout, store: this.#store, history: this.history },
        ...{ scheduler: this.scheduler, weather: this.#weather, random: random.fork('store') },
      },
      canSwap,
    )
    const guard = {
      timeout,
      ...(hasBreaker
        ? { breaker: { failures: 3, openFor: 200, maxOpenFor: 400 } }
        : { breaker: false as const }),
      ...(hasRetry ? {} : { retry: false as const }),
    }
    return [
      ...(hasMemory ? [memory({ maxEntries, ttl: memoryTtl })] : []),
      ...(hasStore ? [tier(link, guard)] : []),
    ]
  }

  /** That of the plan, until everything is made calm. */
  get #weather() {
    const calm = { slow: 0, fail: 0, failAfter: 0, dropMessage: 0, repeatMessage: 0 }
    const { weather } = this.plan
    const of = <K extends keyof typeof weather>(name: K): number =>
      this.#isCalm && name in calm ? 0 : weather[name]
    return {
      get delay() {
        return of('delay')
      },
      get slow() {
        return of('slow')
      },
      get longDelay() {
        return of('longDelay')
      },
      get fail() {
        return of('fail')
      },
      get failAfter() {
        return of('failAfter')
      },
      get dropMessage() {
        return of('dropMessage')
      },
      get repeatMessage() {
        return of('repeatMessage')
      },
    }
  }

  /** Nothing fails any more, and everyone has time to make good what was missed. */
  async calm(): Promise<void> {
    this.#isCalm = true
    for (const node of this.nodes) {
      if (node === undefined) continue
      node.machine.storeCut = undefined
      node.machine.failCall(0)
      if (node.machine.isBusCut) this.#bus.heal(node.machine)
    }
    const patience = 31 * this.plan.markerTtl + 12_000
    await this.scheduler.run(this.scheduler.now + patience, () => this.violations.isAny)
    this.history.settled()
  }

  apply(fault: Fault): void {
    const node = this.nodes[fault.node]
    this.history.log(`fault: ${JSON.stringify(fault)}`)
    if (fault.do === 'evict') {
      this.#store.evict(`c:e:${fault.space === '' ? '' : `${fault.space}/`}:s${fault.key}`)
      return
    }
    if (node === undefined) return
    const { machine } = node
    switch (fault.do) {
      case 'crash':
        machine.isAlive = false
        this.#bus.leave(machine)
        this.nodes[fault.node] = undefined
        this.scheduler.after(fault.ms, () => this.start(fault.node))
        return
      case 'cutStore':
        machine.storeCut = fault.how
        this.scheduler.after(fault.ms, () => {
          machine.storeCut = undefined
        })
        machine.trouble(this.scheduler.now, this.scheduler.now + fault.ms)
        return
      case 'cutBus':
        if (machine.isBusCut) return
        machine.isBusCut = true
        this.scheduler.after(fault.ms, () => {
          if (machine.isBusCut) this.#bus.heal(machine)
        })
        return
      case 'failCall':
        machine.failCall(fault.k)
    }
  }

  /** Milliseconds since the beginning. */
  get time(): number {
    return this.scheduler.now - beginning
  }
}
