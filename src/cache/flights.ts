import type { NamespacePath } from './namespace-path.ts'

/** A load or a read of slower tiers that several callers wait for. */
export class Flight<T> {
  readonly id: string
  readonly abort: AbortController = new AbortController()
  /** Whether something newer than what it brings was written: it must not be stored. */
  isOutdated = false
  #waiting = 0
  #isKept = false
  readonly #result: Promise<T>

  constructor(id: string, work: (flight: Flight<T>) => Promise<T>) {
    this.id = id
    this.#result = work(this)
    // Each waiter has the rejection from its own wait; without any there is nobody to tell.
    this.#result.catch(() => {})
  }

  get result(): Promise<T> {
    return this.#result
  }

  /** It goes on although nobody waits. */
  keep(): void {
    this.#isKept = true
  }

  /** Whether somebody waits, or it goes on anyway. */
  get isWanted(): boolean {
    return this.#isKept || this.#waiting > 0
  }

  /** Waits with all others. The flight is aborted when the last one has given up: call what comes with it then. */
  join(): { readonly result: Promise<T>; readonly leave: () => void } {
    this.#waiting += 1
    let isHere = true
    const leave = (): void => {
      if (!isHere) return
      isHere = false
      this.#waiting -= 1
      if (!this.isWanted) this.abort.abort(new Error('Nobody waits for it any more'))
    }
    return { result: this.#result, leave }
  }

  wait(): Promise<T> {
    return this.#result
  }
}

/** The flights that callers may join, one for each id. */
export class Flights<T> {
  /** Those that may be joined. */
  readonly #open = new Map<string, Flight<T>>()
  /** All that are under way. */
  readonly #all = new Map<string, Set<Flight<T>>>()

  get size(): number {
    return this.#all.size
  }

  /** The flight that a caller who comes now may join. */
  get(id: string): Flight<T> | undefined {
    const flight = this.#open.get(id)
    // One that was aborted has nothing to bring.
    return flight?.abort.signal.aborted === true ? undefined : flight
  }

  start(id: string, work: (flight: Flight<T>) => Promise<T>): Flight<T> {
    const flight = new Flight<T>(id, work)
    this.#open.set(id, flight)
    const others = this.#all.get(id)
    if (others === undefined) this.#all.set(id, new Set([flight]))
    else others.add(flight)
    const land = (): void => {
      if (this.#open.get(id) === flight) this.#open.delete(id)
      const all = this.#all.get(id)
      all?.delete(flight)
      if (all?.size === 0) this.#all.delete(id)
    }
    flight.result.then(land, land)
    return flight
  }

  /** The entry of `id` was changed: nobody joins the flights that are under way, and what they bring is not stored. */
  cut(id: string): void {
    if (this.#all.size === 0) return
    this.#open.delete(id)
    for (const flight of this.#all.get(id) ?? []) flight.isOutdated = true
  }

  /** Any entry may have been changed. */
  cutAll(): void {
    this.#open.clear()
    for (const flights of this.#all.values()) for (const flight of flights) flight.isOutdated = true
  }

  /** Something in a namespace was invalidated: nobody joins its flights. What they bring is judged by its tags. */
  detach(path: NamespacePath): void {
    for (const id of this.#open.keys()) if (id.startsWith(path)) this.#open.delete(id)
  }

  abortAll(reason: unknown): void {
    for (const flights of this.#all.values()) for (const { abort } of flights) abort.abort(reason)
  }
}
