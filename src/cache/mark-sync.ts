import type { Clock } from '../contracts/clock.ts'
import type { ByteTier } from './byte-tier.ts'
import type { Markers } from './markers.ts'
import { unmarked } from './markers.ts'

/** Marks are asked for so often at most, where invalidations come faster than answers. */
const mostTries = 3

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
  /** When the last look began: what is known may be used for a while without another. */
  #lookedAt = Number.NEGATIVE_INFINITY
  /** What the record that always changes said last: `undefined` = nothing was ever invalidated, `null` = nobody has looked. */
  #seen: string | undefined | null = null
  #looking: Promise<void> | undefined
  /** Counts the times that known marks were forgotten. */
  #round = 0
  readonly #isAlone: boolean

  constructor(parts: MarkSyncParts) {
    this.#parts = parts
    this.#isAlone = parts.home === undefined
  }

  /** Whether no tier keeps marks, so that all that are known are these here. */
  get isAlone(): boolean {
    return this.#isAlone
  }

  /** Whether the marks `names` are known as of now. */
  isCurrent(names: readonly string[]): boolean {
    if (this.#isAlone) return true
    if (!this.#isTrusted) return false
    return this.#seen === undefined || this.#parts.markers.areKnown(names)
  }

  /** Makes the marks `names` known. Where the tier that has them is down, what is known has to do. */
  async update(names: readonly string[]): Promise<void> {
    const { home, markers } = this.#parts
    if (home === undefined) return
    try {
      for (let tries = 0; tries < mostTries; tries += 1) {
        if (!this.#isTrusted) await this.look()
        if (this.#seen === undefined) return
        const missing = names.filter((name) => !markers.isKnown(name))
        if (missing.length === 0) return
        const round = this.#round
        const marks = await home.marks(missing)
        // Where a look found something new meanwhile, these marks may have been read before it was there.
        const isAll = round === this.#round
        for (const [index, name] of missing.entries())
          markers.learn(name, marks[index] ?? unmarked, isAll)
        if (isAll) return
      }
    } catch {
      // The tier has told of it. Its entries cannot be read either; those in memory are served as the bus left them.
    }
  }

  /** Looks whether anything was invalidated elsewhere; several at once look once. @throws what the tier throws. */
  look(): Promise<void> {
    if (this.#looking !== undefined) return this.#looking
    const looking: Promise<void> = this.#look(() => this.#looking === looking).finally(() => {
      if (this.#looking === looking) this.#looking = undefined
    })
    this.#looking = looking
    return looking
  }

  /** What is known may be out of date: the bus was away, or a tier has lost something. */
  distrust(): void {
    this.#lookedAt = Number.NEGATIVE_INFINITY
    // A look that is under way may have seen what was before.
    this.#looking = undefined
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

  /** For longer only while a bus tells of changes: when it breaks, what is known ages at once. */
  get #isTrusted(): boolean {
    const { clock, hasBus, markerTtl, markerTtlWithBus } = this.#parts
    return clock.now() < this.#lookedAt + (hasBus() ? markerTtlWithBus : markerTtl)
  }

  async #look(isWanted: () => boolean): Promise<void> {
    const { clock, home, markers } = this.#parts
    if (home === undefined) return
    const began = clock.now()
    const seen = await home.signed()
    if (!isWanted()) return await this.look()
    if (seen !== this.#seen) {
      markers.forget()
      this.#seen = seen
      this.#round += 1
    }
    this.#lookedAt = began
  }
}
