import type { LoadContext } from '../contracts/cache-entry.ts'
import type { Flight } from './flights.ts'
import type { KeyRef } from './key-ref.ts'
import type { LoadCall } from './load-options.ts'
import type { Looked } from './looked.ts'
import type { Outcome } from './outcome.ts'

export type Loader = (context: LoadContext<never>) => unknown

export type FlightLoader = (context: LoadContext<never>, flight: Flight<Outcome>) => unknown

/** One load and what it goes by. */
export interface LoadJob {
  readonly ref: KeyRef
  readonly loader: Loader
  readonly call: LoadCall
  /** What the tiers had when it began; `undefined`: they have not been asked. */
  readonly looked: Looked | undefined
  readonly isBackground: boolean
  /** The stamp at which the loader began, where it is one for several keys and others came first. */
  readonly begun?: () => number | undefined
}

/** One whose tiers have been asked. */
export type LookedJob = LoadJob & { readonly looked: Looked }
