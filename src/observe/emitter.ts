import { callListener } from '../util/call-listener.ts'

/** Where events also go, such as a channel of `node:diagnostics_channel`. */
export interface Outlet {
  readonly hasSubscribers: boolean
  publish(message: unknown): void
}

/** Makes the outlet of an event, and what is published there. Asked once for each event. */
export interface Outlets<Events extends object> {
  outlet(event: keyof Events & string): Outlet
  message<E extends keyof Events & string>(event: E, payload: Events[E]): unknown
}

/** Gets every event. */
export type AnyListener<Events extends object> = <E extends keyof Events & string>(
  event: E,
  payload: Events[E],
) => unknown

/** One event of an {@link Emitter}, to be kept by whoever emits it often. */
export interface Port<P> {
  /** Whether anybody listens. Ask before a payload is made: that is all that an event costs then, some nanoseconds. */
  readonly isHeard: boolean
  emit(payload: P): void
}

interface Subscription<A extends readonly unknown[]> {
  readonly listener: (...payload: A) => unknown
  isActive: boolean
}

/** Listeners in the order in which they came. `all` is replaced, never changed: an emit goes through what it began with. */
class Listeners<A extends readonly unknown[]> {
  all: readonly Subscription<A>[] = []

  add(listener: (...payload: A) => unknown): () => void {
    const added: Subscription<A> = { listener, isActive: true }
    this.all = [...this.all, added]
    return () => {
      added.isActive = false
      this.all = this.all.filter((other) => other !== added)
    }
  }
}

class EventPort<P> implements Port<P> {
  readonly own: Listeners<[payload: P]> = new Listeners()
  readonly #event: string
  readonly #any: Listeners<[event: string, payload: P]>
  readonly #outlet: Outlet | undefined
  readonly #message: (payload: P) => unknown

  constructor(
    event: string,
    any: Listeners<[event: string, payload: P]>,
    outlet: Outlet | undefined,
    message: (payload: P) => unknown,
  ) {
    this.#event = event
    this.#any = any
    this.#outlet = outlet
    this.#message = message
  }

  get isHeard(): boolean {
    return (
      this.own.all.length > 0 || this.#any.all.length > 0 || this.#outlet?.hasSubscribers === true
    )
  }

  emit(payload: P): void {
    const any = this.#any.all
    const event = this.#event
    for (const { listener, isActive } of this.own.all)
      if (isActive) callListener(`'${event}'`, listener, payload)
    for (const { listener, isActive } of any)
      if (isActive) callListener('every event', listener, event, payload)
    if (this.#outlet?.hasSubscribers === true) this.#outlet.publish(this.#message(payload))
  }
}

/**
 * Tells listeners what happens, by the name of the event. Listeners run before {@link emit} returns, in the order in which they
 * came, and can do no harm: what one throws, or rejects with later, is a process warning (code `HOLDFAST_LISTENER`, once for
 * each listener), and the next one is told all the same. One that is added while an event is told does not get that event;
 * one that is removed meanwhile does not get it either, if it has not yet.
 *
 * @example
 * if (events.has('hit')) events.emit('hit', { key, tier, stale: false })
 */
export class Emitter<Events extends object> {
  readonly #ports = new Map<string, EventPort<never>>()
  readonly #outlets: Outlets<Events> | undefined
  readonly #any: Listeners<[event: string, payload: never]> = new Listeners()

  constructor(outlets?: Outlets<Events>) {
    this.#outlets = outlets
  }

  /** The port of `event`, always the same. Where nobody listens it takes a third of what {@link has} takes. */
  port<E extends keyof Events & string>(event: E): Port<Events[E]> {
    return this.#portOf(event)
  }

  /** Whether anybody listens to `event`: see {@link Port.isHeard}. */
  has(event: keyof Events & string): boolean {
    return this.#portOf(event).isHeard
  }

  /** @returns what ends it; harmless to call twice. A function that is added twice is called twice. */
  on<E extends keyof Events & string>(
    event: E,
    listener: (payload: Events[E]) => unknown,
  ): () => void {
    return this.#portOf(event).own.add(listener)
  }

  /** As {@link on} for every event, after the listeners of the event itself. */
  onAny(listener: AnyListener<Events>): () => void {
    return this.#any.add(listener as (event: string, payload: never) => unknown)
  }

  emit<E extends keyof Events & string>(event: E, payload: Events[E]): void {
    this.#portOf(event).emit(payload)
  }

  #portOf<E extends keyof Events & string>(event: E): EventPort<Events[E]> {
    const found = this.#ports.get(event)
    if (found !== undefined) return found as unknown as EventPort<Events[E]>
    const outlets = this.#outlets
    const message = (payload: Events[E]): unknown => outlets?.message(event, payload)
    const any = this.#any as unknown as Listeners<[event: string, payload: Events[E]]>
    const port = new EventPort<Events[E]>(event, any, outlets?.outlet(event), message)
    this.#ports.set(event, port as unknown as EventPort<never>)
    return port
  }
}
