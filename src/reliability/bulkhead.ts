/** Something that waits for a place. */
export interface Waiter {
  /** It has a place now, and must {@link Bulkhead.leave}. */
  enter(): void
}

/** Whether a call has a place, waits for one, or is refused because too many wait. */
export type Admission = 'entered' | 'queued' | 'full'

/**
 * Bounds the calls that are under way at once, and those that wait for that (Nygard, Release It!, "Bulkheads"). Who waits is
 * served in the order of arrival.
 */
export class Bulkhead {
  readonly #concurrent: number
  readonly #queueLimit: number
  readonly #queue = new Set<Waiter>()
  #inside = 0
  #isServing = false

  constructor(settings: { readonly concurrent: number; readonly queue: number }) {
    this.#concurrent = settings.concurrent
    this.#queueLimit = settings.queue
  }

  get inside(): number {
    return this.#inside
  }

  get queued(): number {
    return this.#queue.size
  }

  enter(waiter: Waiter): Admission {
    if (this.#inside < this.#concurrent) {
      this.#inside += 1
      return 'entered'
    }
    if (this.#queue.size >= this.#queueLimit) return 'full'
    this.#queue.add(waiter)
    return 'queued'
  }

  /** Waits no more. Does nothing for one that does not wait. */
  forget(waiter: Waiter): void {
    this.#queue.delete(waiter)
  }

  /** Gives a place back, to whoever has waited longest. */
  leave(): void {
    this.#inside -= 1
    // In a loop that does not nest: what enters may leave before it returns.
    if (this.#isServing) return
    this.#isServing = true
    try {
      for (const waiter of this.#queue) {
        if (this.#inside >= this.#concurrent) break
        this.#queue.delete(waiter)
        this.#inside += 1
        waiter.enter()
      }
    } finally {
      this.#isServing = false
    }
  }
}
