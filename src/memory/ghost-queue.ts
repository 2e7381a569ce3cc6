/**
 * The hashes of the entries that went last, in the order in which they went: as many as `capacity`, which grows when it is
 * told to. Two keys with one hash are taken for each other, which costs a wrong guess and nothing else.
 */
export class GhostQueue {
  /** When each hash came, as the number of those that came before it. */
  readonly #arrival = new Map<number, number>()
  #ring = new Int32Array(16)
  #arrivals = 0
  #oldest = 0

  get size(): number {
    return this.#arrival.size
  }

  /** Adds `hash`, and forgets the oldest ones beyond `capacity`. */
  add(hash: number, capacity: number): void {
    if (this.#arrivals - this.#oldest >= this.#ring.length) this.#grow()
    this.#ring[this.#arrivals % this.#ring.length] = hash
    this.#arrival.set(hash, this.#arrivals)
    this.#arrivals += 1
    while (this.#arrivals - this.#oldest > Math.max(1, capacity)) this.#forgetOldest()
  }

  /** Whether `hash` is among them; if so, it is no more. */
  take(hash: number): boolean {
    return this.#arrival.delete(hash)
  }

  clear(): void {
    this.#arrival.clear()
    this.#ring = new Int32Array(16)
    this.#arrivals = 0
    this.#oldest = 0
  }

  #forgetOldest(): void {
    const hash = this.#ring[this.#oldest % this.#ring.length] as number
    // One that was taken, or that came again later, is not meant.
    if (this.#arrival.get(hash) === this.#oldest) this.#arrival.delete(hash)
    this.#oldest += 1
  }

  #grow(): void {
    const ring = new Int32Array(this.#ring.length * 2)
    for (let at = this.#oldest; at < this.#arrivals; at += 1)
      ring[at % ring.length] = this.#ring[at % this.#ring.length] as number
    this.#ring = ring
  }
}
