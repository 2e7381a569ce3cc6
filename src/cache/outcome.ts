import { HoldfastError } from '../contracts/errors.ts'
import type { HeldValue, ValueHolder } from './held-value.ts'

/** What a load brought, for all who wait for it: no two of them get one mutable object. */
export class Outcome {
  readonly #holder: ValueHolder
  readonly #held: HeldValue | undefined
  /** The very value that the loader returned: for one caller. */
  #own: { readonly value: unknown } | undefined
  #isNothing = false

  /** @param held `undefined` for a value that cannot be copied: only one caller can have it. */
  constructor(
    holder: ValueHolder,
    held: HeldValue | undefined,
    own: { value: unknown } | undefined,
  ) {
    this.#holder = holder
    this.#held = held
    this.#own = own
  }

  /** That the loader had nothing. */
  static nothing(holder: ValueHolder): Outcome {
    const outcome = new Outcome(holder, undefined, undefined)
    outcome.#isNothing = true
    return outcome
  }

  /** The value for one more caller; {@link taken} if there is none left, {@link nothing} if there was none. */
  take(): unknown {
    if (this.#isNothing) return nothing
    const own = this.#own
    this.#own = undefined
    if (own !== undefined) return own.value
    return this.#held === undefined ? taken : this.#holder.give(this.#held)
  }
}

/** Returned by a loader of several keys that has nothing for one of them: neither a value nor an error. */
export const nothing: unique symbol = Symbol('nothing')

/** Said of a value that cannot be copied and that another caller has. */
export const taken: unique symbol = Symbol('taken')

/** The error of a caller whose patience is over. */
export function loadTimeout(ms: number): HoldfastError {
  return new HoldfastError(
    'ERR_LOAD_TIMEOUT',
    `The loader did not answer within hardTimeout (${ms} ms), and nothing stale could be served. Raise hardTimeout, or give grace so that an older value can be served.`,
  )
}
