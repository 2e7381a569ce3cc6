import type { MissReason } from '../contracts/cache-events.ts'
import type { Clock } from '../contracts/clock.ts'

/** So many entries' last misses and departures are remembered. */
const most = 1_000
/** Lines that are remembered of one entry. */
const mostLines = 8

interface Past {
  lastMiss: { readonly at: number; readonly reason: MissReason } | undefined
  /** Why it is not there any more. */
  gone: MissReason | undefined
  readonly lines: { readonly at: number; readonly text: string }[]
}

/** What is known of one entry, as `explain` tells it. */
export interface Recent {
  readonly lastMiss: Past['lastMiss']
  /** Oldest first, each with its time. */
  readonly lines: readonly string[]
}

/** What happened to entries lately, for `explain`: of the last {@link most} that anything happened to. */
export class MissLog {
  readonly #clock: Clock
  readonly #past = new Map<string, Past>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A read of `id` found nothing. @param seen why, if the read knows; otherwise what is remembered. @returns the reason. */
  miss(id: string, seen: MissReason | undefined): MissReason {
    const past = this.#of(id)
    const reason = seen ?? past.gone ?? 'never-stored'
    past.lastMiss = { at: this.#clock.now(), reason }
    this.#line(past, `miss: ${reason}`)
    return reason
  }

  /** The entry of `id` is there no more. @param who says it, for people. */
  gone(id: string, reason: MissReason, who: string): void {
    const past = this.#of(id)
    past.gone = reason
    this.#line(past, `${reason}: ${who}`)
  }

  stored(id: string, who: string): void {
    // Most entries are never missed: only those that were are worth a line.
    const past = this.#past.get(id)
    if (past === undefined) return
    past.gone = undefined
    this.#line(past, who)
  }

  get(id: string): Recent {
    const { lastMiss, lines } = this.#past.get(id) ?? { lastMiss: undefined, lines: [] }
    return { lastMiss, lines: lines.map(({ at, text }) => `${new Date(at).toISOString()} ${text}`) }
  }

  #of(id: string): Past {
    let past = this.#past.get(id)
    if (past === undefined) past = { lastMiss: undefined, gone: undefined, lines: [] }
    else this.#past.delete(id)
    this.#past.set(id, past)
    if (this.#past.size > most) {
      const [oldest] = this.#past.keys()
      if (oldest !== undefined) this.#past.delete(oldest)
    }
    return past
  }

  #line(past: Past, text: string): void {
    past.lines.push({ at: this.#clock.now(), text })
    if (past.lines.length > mostLines) past.lines.shift()
  }
}
