import type { Bus, BusReceiver } from '../contracts/bus.ts'
import { type Clock, systemClock } from '../contracts/clock.ts'
import { plannedError } from './faults.ts'

/**
 * What goes wrong with a message on its way to the receivers of one node.
 *
 * - `drop`: it does not arrive.
 * - `duplicate`: it arrives twice.
 * - `delay`: it arrives `ms` milliseconds later, behind what is sent meanwhile.
 * - `hold`: it arrives behind the next one.
 *
 * Of a message that the node sends:
 *
 * - `fail`: to publish it rejects, and nobody gets it.
 * - `lose`: to publish it rejects, and the others get it.
 */
export type BusFault =
  | { readonly kind: 'drop' | 'duplicate' | 'hold' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'fail' | 'lose'; readonly error?: unknown }

/** Which messages a fault is for. */
export interface PlannedBusFault {
  readonly fault: BusFault
  /** Of the messages that the node receives (or sends, for `fail` and `lose`) the so-manieth, from 1. @default each */
  readonly nth?: number | undefined
  /** The share of these, from 0 to 1, by the plan's random numbers. @default 1 */
  readonly chance?: number | undefined
}

/** What goes wrong with a {@link faultyBus}. */
export interface BusFaultPlan {
  /** The first that fits a message is its fault. @default none */
  readonly faults?: readonly PlannedBusFault[] | undefined
  /** What delays go by. @default the machine's clock */
  readonly clock?: Clock | undefined
  /** Numbers from 0 to 1 that decide what is left to chance. @default Math.random */
  readonly random?: (() => number) | undefined
}

/** One node's connection to a bus, with planned faults. */
export interface FaultyBus extends Bus {
  /** Texts that the node published, in order, whether they were sent or not. */
  readonly published: readonly string[]
  /** How many messages were to arrive, and how many did. */
  readonly counts: { readonly sent: number; readonly received: number; readonly delivered: number }
  plan(fault: PlannedBusFault): void
  /** Nothing arrives any more, and to publish rejects. What was under way is lost. */
  disconnect(): void
  /** Goes on, and tells every receiver of the gap. */
  reconnect(): void
}

/**
 * `inner` as one node sees it over a network that is not to be relied on. Give each node its own over one memory bus.
 * @example
 * const shared = memoryBus()
 * const bus = faultyBus(shared, { clock, random, faults: [{ chance: 0.1, fault: { kind: 'drop' } }] })
 */
export function faultyBus(inner: Bus, plan: BusFaultPlan = {}): FaultyBus {
  return new FaultyBusDouble(inner, plan)
}

const outgoing: ReadonlySet<string> = new Set(['fail', 'lose'])

/** Where a message goes, and the one before it that waits for it. */
interface Link {
  readonly receiver: BusReceiver
  held: string[]
}

class FaultyBusDouble implements FaultyBus {
  readonly kind: string
  readonly published: string[] = []
  readonly counts = { sent: 0, received: 0, delivered: 0 }
  readonly #inner: Bus
  readonly #clock: Clock
  readonly #random: () => number
  readonly #faults: PlannedBusFault[]
  readonly #links = new Set<Link>()
  /** Grows with each disconnection: what was under way before belongs to another connection. */
  #connection = 0
  #isCut = false

  constructor(inner: Bus, plan: BusFaultPlan) {
    this.#inner = inner
    this.#clock = plan.clock ?? systemClock
    this.#random = plan.random ?? Math.random
    this.#faults = [...(plan.faults ?? [])]
    this.kind = inner.kind
  }

  get isConnected(): boolean {
    return !this.#isCut && this.#inner.isConnected
  }

  plan(fault: PlannedBusFault): void {
    this.#faults.push(fault)
  }

  disconnect(): void {
    this.#isCut = true
    this.#connection += 1
    for (const link of this.#links) link.held = []
  }

  reconnect(): void {
    if (!this.#isCut) return
    this.#isCut = false
    for (const { receiver } of [...this.#links]) receiver.gap()
  }

  async subscribe(channel: string, receiver: BusReceiver): Promise<() => Promise<void>> {
    if (this.#isCut) throw plannedError('subscribe while disconnected', undefined)
    const link: Link = { receiver, held: [] }
    const end = await this.#inner.subscribe(channel, {
      message: (text) => this.#arrive(link, text),
      gap: () => receiver.gap(),
    })
    this.#links.add(link)
    return async () => {
      this.#links.delete(link)
      await end()
    }
  }

  async publish(channel: string, text: string): Promise<void> {
    this.published.push(text)
    if (this.#isCut) throw plannedError('publish while disconnected', undefined)
    this.counts.sent += 1
    const fault = this.#pick(true, this.counts.sent)
    if (fault?.kind !== 'fail') await this.#inner.publish(channel, text)
    if (fault?.kind === 'fail' || fault?.kind === 'lose') throw plannedError('publish', fault.error)
  }

  async close(): Promise<void> {
    this.#links.clear()
    await this.#inner.close()
  }

  #arrive(link: Link, text: string): void {
    if (this.#isCut) return
    this.counts.received += 1
    const fault = this.#pick(false, this.counts.received)
    const held = link.held
    link.held = []
    switch (fault?.kind) {
      case 'drop':
        break
      case 'hold':
        link.held = [text]
        break
      case 'delay':
        this.#later(link, text, fault.ms)
        break
      case 'duplicate':
        this.#deliver(link, text)
        this.#deliver(link, text)
        break
      default:
        this.#deliver(link, text)
    }
    for (const earlier of held) this.#deliver(link, earlier)
  }

  #later(link: Link, text: string, ms: number): void {
    const connection = this.#connection
    this.#clock.setTimeout(() => {
      if (connection === this.#connection) this.#deliver(link, text)
    }, ms)
  }

  #deliver(link: Link, text: string): void {
    if (!this.#links.has(link)) return
    this.counts.delivered += 1
    try {
      link.receiver.message(text)
    } catch {
      // As with every bus, what a receiver does wrong is its own.
    }
  }

  #pick(isOutgoing: boolean, number: number): BusFault | undefined {
    let found: BusFault | undefined
    for (const { fault, nth, chance = 1 } of this.#faults) {
      if (outgoing.has(fault.kind) !== isOutgoing) continue
      if (nth !== undefined && nth !== number) continue
      const isHit = chance >= 1 || this.#random() < chance
      if (isHit) found ??= fault
    }
    return found
  }
}
