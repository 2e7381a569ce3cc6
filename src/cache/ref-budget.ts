/** So many young refs make all age. With keys of common lengths, twice as many take 2 to 3 MB. */
const mostYoung = 8_192

/** Keeps refs that were used lately, and older ones. */
export interface RefKeeper {
  /** Drops the older refs; those that are young are old from now on. */
  age(): void
}

/**
 * Bounds the refs that a cache and its namespaces keep of their keys, all together. Each keeper has two generations of them, and
 * all age at the same time.
 */
export class RefBudget {
  #young = new Set<RefKeeper>()
  #old = new Set<RefKeeper>()
  #added = 0

  /** Notes that `keeper` has one young ref more. */
  add(keeper: RefKeeper): void {
    this.#young.add(keeper)
    this.#added += 1
    if (this.#added < mostYoung) return
    // Those that had nothing new since have old refs still.
    for (const idle of this.#old) if (!this.#young.has(idle)) idle.age()
    for (const one of this.#young) one.age()
    this.#old = this.#young
    this.#young = new Set()
    this.#added = 0
  }
}
