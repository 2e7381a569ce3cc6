/** Runs work one after the other for each key, so that writes of one key end in the order in which they began. */
export class KeyedQueue {
  readonly #last = new Map<string, Promise<unknown>>()

  /** What `work` brings, once all that was queued for `key` before has ended. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key)
    const mine = before === undefined ? work() : before.then(work, work)
    this.#last.set(key, mine)
    const end = (): void => {
      if (this.#last.get(key) === mine) this.#last.delete(key)
    }
    mine.then(end, end)
    return mine
  }
}
