import type { PageOf, Parts } from './process.ts'
import type { Kind, Write } from './writes.ts'

export interface Actor {
  readonly writes: readonly Write[]
  /** Whether it reads, any number of times; a number where it cannot map the page, since then it is never as before. */
  readonly reads: boolean | number
  readonly isMapped: boolean
  readonly page: PageOf
}

export interface Scenario {
  readonly actors: readonly Actor[]
  /** Whether statements that find the write lock taken say so. */
  readonly saysBusy?: boolean
  readonly parts?: Partial<Parts>
}

/** A process that only reads. */
export const reader: Actor = { writes: [], reads: true, isMapped: true, page: 'first' }

/** Processes that write, each once, in this order. */
export function writers(...kinds: Kind[]): Actor[] {
  return kinds.map((kind, index) => ({
    writes: [{ ...kind, value: index + 1 }],
    reads: false,
    isMapped: true,
    page: 'first',
  }))
}

/** The same, which also read, before and after. */
export function reading(actors: readonly Actor[], reads: true | number = true): Actor[] {
  return actors.map((actor) => ({ ...actor, reads }))
}

/** The same where they cannot map the page. */
export function unmapped(actors: readonly Actor[]): Actor[] {
  return actors.map((actor) => ({ ...actor, isMapped: false }))
}

/** The same, which found another page when they began. */
export function joining(actors: readonly Actor[], page: PageOf): Actor[] {
  return actors.map((actor) => ({ ...actor, page }))
}

/** The values that hot hits in a scenario can have: where one of them has none, the scenario shows nothing of it. */
export function valuesOf({ actors }: Scenario): number[] {
  const writes = actors.flatMap((actor) => actor.writes)
  return [0, ...writes.filter(({ leaves }) => leaves !== 'nothing').map(({ value }) => value)]
}

/** The values that say that there is no entry. */
export function absencesOf({ actors }: Scenario): ReadonlySet<number> {
  const writes = actors.flatMap((actor) => actor.writes)
  return new Set(writes.filter(({ leaves }) => leaves === 'absence').map(({ value }) => value))
}
