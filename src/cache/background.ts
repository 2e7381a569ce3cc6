/** Work that nobody waits for at once: known, bounded, and awaited when the cache closes. */
export class Background {
  readonly #most: number
  readonly #running = new Set<Promise<void>>()
  #isClosed = false

  /** @param most beyond so many, work that can be left is left. */
  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#running.size
  }

  /** Whether more work that can be left may begin. */
  get hasRoom(): boolean {
    return !this.#isClosed && this.#running.size < this.#most
  }

  /** Lets `work` go on. Whoever started it has seen to its errors: here they end. */
  track(work: Promise<unknown>): void {
    const ended: Promise<void> = work.then(
      () => {
        this.#running.delete(ended)
      },
      () => {
        this.#running.delete(ended)
      },
    )
    this.#running.add(ended)
  }

  /** Resolves when everything has ended, that which began meanwhile too. */
  async close(): Promise<void> {
    this.#isClosed = true
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}
