import { code } from './record.mjs'

/** What an object holds. An object is one key, or two keys that are only ever written together. */
export interface State {
  /** Number of the value, 0 = none. */
  readonly value: number
  /** Bits of its tags. */
  readonly tags: number
  /** It ends between these two moments by the wall clock: of `touch` we know only when the call began and ended. */
  readonly endsFrom: number
  readonly endsBy: number
}

/** One call, as far as it concerns one object. What is not known is NaN. */
export interface Operation {
  readonly code: number
  readonly client: number
  /** Number of the call within its client: calls on several objects have one operation for each. */
  readonly operation: number
  readonly object: number
  readonly expect: number
  readonly second: number
  readonly result: number
  readonly written: number
  readonly tags: number
  readonly expires: number
  readonly start: number
  readonly end: number
  readonly wallStart: number
  readonly wallEnd: number
  /** Its client was killed before it told the outcome: it may have taken effect or not. */
  readonly isOptional: boolean
}

export const absent: State = { value: 0, tags: 0, endsFrom: Infinity, endsBy: Infinity }

/** Whether `operation` changes nothing, whatever it finds. */
export function isObserver({ code: what, result, expect }: Operation): boolean {
  switch (what) {
    case code.read:
    case code.has:
      return true
    case code.add:
    case code.remove:
    case code.touch:
      return result === 0
    case code.pop:
      return expect === 0
    default:
      return false
  }
}

/** Whether it may take effect more than once: a mass removal is a loop of transactions, until one removes nothing. */
export function isRepeatable({ code: what }: Operation): boolean {
  return what === code.evict
}

/**
 * The states in which `operation` can leave an object that is in `state`; none if it cannot have gone as it did. Around the
 * moment at which an entry expires there can be two: it was still there, or no more.
 */
export function after(state: State, operation: Operation): State[] {
  const following: State[] = []
  const mayEnd = operation.wallEnd >= state.endsFrom
  if (state.value !== 0 && !(operation.wallStart >= state.endsBy)) {
    const next = whenLive(state, operation)
    if (next !== undefined) following.push(next)
  }
  if (state.value === 0 || mayEnd) {
    const next = whenAbsent(state, operation)
    if (next !== undefined) following.push(next)
  }
  return following
}

function whenLive(state: State, operation: Operation): State | undefined {
  const { code: what, expect, second, result, written } = operation
  if (!allows(expect, state.value) || !allows(second, state.value)) return undefined
  switch (what) {
    case code.read:
      return state
    case code.has:
      return allows(result, 1) ? state : undefined
    case code.set:
      return stored(operation)
    case code.add:
      return allows(result, 0) ? state : undefined
    case code.remove:
      return allows(result, 1) ? absent : undefined
    case code.pop:
    case code.clear:
      return absent
    case code.count:
      return allows(result, state.value + 1) ? { ...state, value: state.value + 1 } : undefined
    case code.update:
      return { ...state, value: written }
    case code.touch:
      return allows(result, 1) ? touched(state, operation) : undefined
    case code.evict:
      return (state.tags & operation.tags) === 0 ? state : absent
    default:
      throw new Error(`an operation with code ${what}`)
  }
}

function whenAbsent(state: State, operation: Operation): State | undefined {
  const { code: what, expect, second, result, written } = operation
  if (!allows(expect, 0) || !allows(second, 0)) return undefined
  switch (what) {
    case code.read:
    case code.pop:
      return state
    case code.has:
    case code.remove:
    case code.touch:
      return allows(result, 0) ? state : undefined
    case code.set:
      return stored(operation)
    case code.add:
      return allows(result, 1) ? stored(operation) : undefined
    case code.clear:
      return absent
    case code.count:
      return allows(result, written + 1) ? { ...absent, value: written + 1 } : undefined
    case code.update:
      return { ...absent, value: written }
    case code.evict:
      return (state.tags & operation.tags) === 0 ? state : absent
    default:
      throw new Error(`an operation with code ${what}`)
  }
}

/** What is not known allows everything. */
function allows(known: number, actual: number): boolean {
  return known === actual || Number.isNaN(known)
}

function stored({ written, tags, expires }: Operation): State {
  return { value: written, tags, endsFrom: expires, endsBy: expires }
}

function touched(state: State, { expires, wallStart, wallEnd }: Operation): State {
  return { ...state, endsFrom: wallStart + expires, endsBy: wallEnd + expires }
}
