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

interface Subscription<A extends readonly unknown[]> {
  readonly listener: (...payload: A) => unknown
  isActive: boolean
}

/** Who listens to one event. The list is replaced, never changed, so that an emit goes through the one that it began with. */
interface Port {
  listeners: readonly Subscription<[payload: never]>[]
  readonly outlet: Outlet | undefined
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
  readonly #ports = new Map<string, Port>()
  readonly #outlets: Outlets<Events> | undefined
  #any: readonly Subscription<[event: never, payload: never]>[] = []

  constructor(outlets?: Outlets<Events>) {
    this.#outlets = outlets
  }

  /**
   * Whether anybody listens to `event`. Ask before a payload is made: that is all that an event costs then, some nanoseconds.
   */
  has(event: keyof Events & string): boolean {
    if (this.#any.length > 0) return true
    const port = this.#ports.get(event) ?? this.#newPort(event)
    return port.listeners.length > 0 || port.outlet?.hasSubscribers === true
  }

  /** @returns what ends it; harmless to call twice. A function that is added twice is called twice. */
  on<E extends keyof Events & string>(
    event: E,
    listener: (payload: Events[E]) => unknown,
  ): () => void {
    const port = this.#ports.get(event) ?? this.#newPort(event)
    const added: Subscription<[payload: never]> = { listener, isActive: true }
    port.listeners = [...port.listeners, added]
    return () => {
      added.isActive = false
      port.listeners = port.listeners.filter((other) => other !== added)
    }
  }

  /** As {@link on} for every event, after the listeners of the event itself. */
  onAny(listener: AnyListener<Events>): () => void {
    const added = {
      listener: listener as (event: never, payload: never) => unknown,
      isActive: true,
    }
    this.#any = [...this.#any, added]
    return () => {
      added.isActive = false
      this.#any = this.#any.filter((other) => other !== added)
    }
  }

  emit<E extends keyof Events & string>(event: E, payload: Events[E]): void {
    const port = this.#ports.get(event) ?? this.#newPort(event)
    const any = this.#any
    for (const { listener, isActive } of port.listeners)
      if (isActive) callListener(`'${event}'`, listener, payload as never)
    for (const { listener, isActive } of any)
      if (isActive) callListener('every event', listener, event as never, payload as never)
    if (port.outlet?.hasSubscribers === true)
      port.outlet.publish(this.#outlets?.message(event, payload))
  }

  #newPort(event: keyof Events & string): Port {
    const port: Port = { listeners: [], outlet: this.#outlets?.outlet(event) }
    this.#ports.set(event, port)
    return port
  }
}
