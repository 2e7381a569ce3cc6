import { after, isObserver, isRepeatable, type Operation, type State } from './object-model.ts'

/** A call that cannot have gone as it was recorded, whatever the order of the calls that overlap. */
export interface Violation {
  readonly operation: Operation
  /** What the object could hold when the call began to be impossible. */
  readonly possible: readonly State[]
}

export type Verdict = { readonly states: readonly State[] } | { readonly violation: Violation }

/** Calls on one object that may overlap: the bits of a number say which of them have taken effect. */
const mostPending = 31
const perState = 2 ** mostPending

/**
 * Whether the calls on one object are linearizable: whether each can be given one moment between its start and its end at
 * which it took effect, so that what came back is what an object that does one thing at a time would have said. Because
 * that is a local property (Herlihy and Wing 1990, theorem 1) each object is checked by itself.
 *
 * The method is that of Wing and Gong (1993) with Lowe's memoisation (2017), turned from depth first to breadth first: it goes
 * through starts and ends in order of time and keeps every configuration that explains all calls that ended so far: the state,
 * and which of the calls that still run have taken effect. A call takes effect as late as possible: when it ends, or when
 * one that ends needs it. Calls that change nothing take effect as soon as they can, which excludes no explanation. So
 * memory is bounded by what overlaps, and not by the length of the history; a history that is wrong costs no more than one
 * that is right; and the call that cannot be explained is named.
 */
export class HistoryChecker {
  readonly #states: State[] = []
  readonly #ids = new Map<string, number>()
  readonly #pending: (Operation | undefined)[] = new Array(mostPending).fill(undefined)
  /** Each is the number of a state times {@link perState}, and the bits of what has taken effect. */
  #configurations: number[]

  constructor(initial: readonly State[]) {
    this.#configurations = [...new Set(initial.map((state) => this.#idOf(state) * perState))]
  }

  /**
   * Checks `operations`, which it sorts by their start, and after which nothing runs. Those that touch (one ends at the
   * nanosecond at which another starts) count as overlapping.
   */
  check(operations: Operation[]): Verdict {
    operations.sort((a, b) => a.start - b.start)
    for (const operation of operations) {
      const violation = this.#endBefore(operation.start)
      if (violation !== undefined) return { violation }
      this.#begin(operation)
    }
    const violation = this.#endBefore(Infinity)
    if (violation !== undefined) return { violation }
    return { states: this.#statesOf(this.#configurations) }
  }

  #begin(operation: Operation): void {
    const place = this.#pending.indexOf(undefined)
    if (place < 0) throw new Error(`more than ${mostPending} calls on one object overlap`)
    this.#pending[place] = operation
    if (!isObserver(operation)) return
    const configurations = this.#configurations
    for (const [at, one] of configurations.entries())
      if (this.#explains(one, operation)) configurations[at] = one + 2 ** place
  }

  /** Ends the calls that ended before `time`, in their order. */
  #endBefore(time: number): Violation | undefined {
    for (;;) {
      let first = -1
      let end = time
      for (let place = 0; place < mostPending; place += 1) {
        const operation = this.#pending[place]
        if (operation === undefined || operation.end >= end) continue
        first = place
        end = operation.end
      }
      const operation = this.#pending[first]
      if (operation === undefined) return undefined
      const before = this.#configurations
      this.#end(operation, first)
      if (this.#configurations.length === 0) return { operation, possible: this.#statesOf(before) }
    }
  }

  #end(operation: Operation, place: number): void {
    const bit = 2 ** place
    const has = (one: number) => Math.floor(one / bit) % 2 === 1
    const { isOptional } = operation
    const mayRepeat = isRepeatable(operation)
    if (!isOptional && !mayRepeat && this.#configurations.every(has)) {
      for (const [at, one] of this.#configurations.entries()) this.#configurations[at] = one - bit
      if (this.#configurations.length > 1) this.#configurations = [...new Set(this.#configurations)]
    } else {
      const kept = new Set<number>()
      const open: number[] = []
      for (const one of this.#configurations) {
        if (has(one)) kept.add(one - bit)
        else if (isOptional) kept.add(one)
        if (!has(one) || mayRepeat) open.push(one)
      }
      for (const one of this.#reach(open, place)) kept.add(one - bit)
      this.#configurations = [...kept]
    }
    this.#pending[place] = undefined
  }

  /** The configurations that can be reached from `open` by calls that run, the last of which is the one at `place`. */
  #reach(open: number[], place: number): Set<number> {
    const reached = new Set<number>()
    const seen = new Set(open)
    const last = this.#pending[place]
    const goesOn = last !== undefined && isRepeatable(last)
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      for (const [other, operation] of this.#pending.entries()) {
        if (operation === undefined || isObserver(operation)) continue
        for (const next of this.#apply(one, operation, other)) {
          const isDone = Math.floor(next / 2 ** place) % 2 === 1
          if (isDone && (other === place || Math.floor(one / 2 ** place) % 2 === 0)) {
            reached.add(next)
            if (!goesOn) continue
          }
          if (seen.has(next)) continue
          seen.add(next)
          open.push(next)
        }
      }
    }
    return reached
  }

  /** What becomes of configuration `one` if the call at `place` takes effect in it. */
  #apply(one: number, operation: Operation, place: number): number[] {
    const state = this.#stateOf(one)
    const bits = one % perState
    const isDone = Math.floor(bits / 2 ** place) % 2 === 1
    if (isDone && !isRepeatable(operation)) return []
    return after(state, operation).flatMap((next) => {
      if (isDone && next === state) return []
      return [this.#observed(this.#idOf(next), isDone ? bits : bits + 2 ** place)]
    })
  }

  /** Lets the calls that change nothing take effect where they can. */
  #observed(id: number, bits: number): number {
    let one = id * perState + bits
    for (const [place, operation] of this.#pending.entries()) {
      if (operation === undefined || !isObserver(operation)) continue
      const isDone = Math.floor(bits / 2 ** place) % 2 === 1
      if (!isDone && this.#explains(one, operation)) one += 2 ** place
    }
    return one
  }

  #explains(one: number, operation: Operation): boolean {
    return after(this.#stateOf(one), operation).length > 0
  }

  #statesOf(configurations: readonly number[]): State[] {
    return [...new Set(configurations.map((one) => this.#stateOf(one)))]
  }

  #stateOf(one: number): State {
    return this.#states[Math.floor(one / perState)] as State
  }

  #idOf(state: State): number {
    const text = `${state.value} ${state.tags} ${state.endsFrom} ${state.endsBy}`
    const known = this.#ids.get(text)
    if (known !== undefined) return known
    this.#states.push(state)
    this.#ids.set(text, this.#states.length - 1)
    return this.#states.length - 1
  }
}
