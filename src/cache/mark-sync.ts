import type { Clock } from '../contracts/clock.ts'
import type { ByteTier } from './byte-tier.ts'
import type { Markers } from './markers.ts'
import { unmarked } from './markers.ts'

export interface MarkSyncParts {
  readonly markers: Markers
  /** Keeps the marks of all nodes; `undefined` where this process alone has entries. */
  readonly home: ByteTier | undefined
  readonly clock: Clock
  /** How long this node trusts what it knows, in milliseconds. */
  readonly markerTtl: number
  /** The same while a bus tells it of changes. */
  readonly markerTtlWithBus: number
  readonly hasBus: () => boolean
}

/**
 * Keeps what this node knows of invalidations up to date. A shared tier has a record for each mark, and one that changes with
 * every one of them: as long as that has not changed, everything known is still true, and one look a `markerTtl` is enough.
 */
export class MarkSync {
  readonly #parts: MarkSyncParts
  /** Until when what is known may be used without a look. */
  #trustedUntil = Number.NEGATIVE_INFINITY
  /** What the record that always changes said last: `undefined` = nothing was ever invalidated, `null` = nobody has looked. */
  #seen: string | undefined | null = null
  #looking: Promise<void> | undefined
  readonly #isAlone: boolean

  constructor(parts: MarkSyncParts) {
    this.#parts = parts
    this.#isAlone = parts.home === undefined
    if (parts.home === undefined) this.#trustedUntil = Number.POSITIVE_INFINITY
  }

  /** Whether no tier keeps marks, so that all that are known are these here. */
  get isAlone(): boolean {
    return this.#isAlone
  }

  /** Whether the marks `names` are known as of now. */
  isCurrent(names: readonly string[]): boolean {
    if (this.#isAlone) return true
    const { clock, markers } = this.#parts
    if (clock.now() >= this.#trustedUntil) return false
    return this.#seen === undefined || markers.areKnown(names)
  }

  /** Makes the marks `names` known. Where the tier that has them is down, what is known has to do. */
  async update(names: readonly string[]): Promise<void> {
    const { clock, home, markers } = this.#parts
    if (home === undefined) return
    try {
      if (clock.now() >= this.#trustedUntil) await this.look()
      if (this.#seen === undefined) return
      const missing = names.filter((name) => !markers.isKnown(name))
      if (missing.length === 0) return
      const marks = await home.marks(missing)
      for (const [index, name] of missing.entries()) markers.learn(name, marks[index] ?? unmarked)
    } catch {
      // The tier has told of it. Its entries cannot be read either; those in memory are served as the bus left them.
    }
  }

  /** Looks whether anything was invalidated elsewhere; several at once look once. @throws what the tier throws. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  /** What is known may be out of date: the bus was away, or a tier has lost something. */
  distrust(): void {
    if (this.#parts.home !== undefined) this.#trustedUntil = Number.NEGATIVE_INFINITY
  }

  /** Writes a mark for other nodes. @returns whether the tier has it now. @throws with `strict`. */
  async publish(name: string, strict: boolean): Promise<boolean> {
    const { home, markers } = this.#parts
    if (home === undefined) return true
    const mark = markers.get(name)
    const isKept = await home.mark(name, mark, strict)
    // Last: who finds this changed must find the mark.
    return (await home.sign(strict)) && isKept
  }

  async #look(): Promise<void> {
    const { clock, hasBus, home, markerTtl, markerTtlWithBus, markers } = this.#parts
    if (home === undefined) return
    const began = clock.now()
    const seen = await home.signed()
    if (seen !== this.#seen) {
      markers.forget()
      this.#seen = seen
    }
    this.#trustedUntil = began + (hasBus() ? markerTtlWithBus : markerTtl)
  }
}
