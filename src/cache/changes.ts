import type { CacheCore } from './cache-core.ts'
import { Flights } from './flights.ts'
import type { KeyRef } from './key-ref.ts'
import type { Looked } from './looked.ts'

/** Keeps what is read and what is written of one entry from undoing each other within this process. */
export class Changes {
  /** How many there were, so that a read of many keys can tell whether there was one meanwhile. */
  count = 0
  readonly #core: CacheCore
  /** Writes of entries that are under way. */
  readonly #writing = new Map<string, Promise<unknown>>()
  readonly #flights: Flights<boolean> = new Flights()

  constructor(core: CacheCore) {
    this.#core = core
  }

  /** Whether an entry is being written: what a slower tier says of it may be what was there before. */
  isUnderWay(id: string): boolean {
    return this.#writing.has(id)
  }

  /** Before an entry is changed: what is being read and loaded of it is out of date. */
  cut(id: string): void {
    this.#cutReads(id)
    this.#core.onChange(id)
  }

  #cutReads(id: string): void {
    this.count += 1
    this.#core.lookups.reads.cut(id)
    this.#flights.cut(id)
  }

  /**
   * Does `work`, which changes an entry in all tiers. Until it has ended, a slower tier may still say what was there before:
   * what is read meanwhile is given to its readers and kept nowhere.
   */
  async writing<T>(id: string, work: () => Promise<T>): Promise<T> {
    this.cut(id)
    const mine = work()
    this.#writing.set(id, mine)
    try {
      return await mine
    } finally {
      if (this.#writing.get(id) === mine) this.#writing.delete(id)
      this.#cutReads(id)
    }
  }

  /** A load is being written to slower tiers: what would change its entry waits, or it would find nothing. */
  storing(id: string, work: Promise<unknown>): void {
    this.#writing.set(id, work)
    const end = (): void => {
      if (this.#writing.get(id) === work) this.#writing.delete(id)
    }
    work.then(end, end)
  }

  /**
   * Changes what is stored under `ref`.
   * @param change what becomes of it; `undefined`: it stays. Called again if somebody stores another meanwhile.
   */
  async change(ref: KeyRef, change: (looked: Looked) => Promise<boolean>): Promise<boolean> {
    for (;;) {
      while (this.#writing.has(ref.id)) await this.#writing.get(ref.id)?.catch(() => {})
      let isOutdated = false
      const flight = this.#flights.start(ref.id, async (self) => {
        const looked = await this.#core.lookups.lookAll(ref)
        isOutdated = self.isOutdated
        return isOutdated ? false : await change(looked)
      })
      const isChanged = await flight.wait()
      if (!isOutdated) return isChanged
    }
  }

  /** Before a loaded value is stored: what is being read of its entry is older. */
  overtakeReads(id: string): void {
    this.count += 1
    this.#core.lookups.reads.cut(id)
  }

  /** Something in a namespace was invalidated: nobody joins what is under way there. */
  invalidated(path: string): void {
    this.count += 1
    this.#core.lookups.reads.detach(path)
    this.#core.onInvalidate(path)
  }

  /** Any entry may have been changed. */
  missed(): void {
    this.count += 1
    this.#core.lookups.reads.cutAll()
    this.#core.onGap()
  }
}
