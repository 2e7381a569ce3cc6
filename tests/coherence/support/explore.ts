import { Names } from './names.ts'
import { soundParts } from './process.ts'
import { absencesOf, type Scenario } from './scenario.ts'
import { StateTable } from './state-table.ts'
import { beginning, type Place, type Step, Steps } from './steps.ts'
import { World } from './world.ts'

export interface Exploration {
  readonly states: number
  /** Values that hot hits had. */
  readonly hits: readonly number[]
  /** The steps to the first violation, and what it is. */
  readonly trace: readonly string[] | undefined
}

/** A step between numbers of memories and places. */
type Edge = Pick<Step, 'label' | 'hit' | 'violation'> & {
  readonly memory: number
  readonly place: number
}

/** Takes every step that the processes of a scenario can take, in every order, up to the first violation. */
export function explore(scenario: Scenario): Exploration {
  return new Explorer(scenario).run()
}

class Explorer {
  readonly #world = new World()
  readonly #memories = new Names<readonly number[]>()
  readonly #places: readonly Names<Place>[]
  readonly #steps: readonly Steps[]
  /** By process, its place, and the memory: steps depend on nothing else. So the code runs seldom, compared with the states. */
  readonly #edges: readonly Map<number, Map<number, readonly Edge[]>>[]
  /** Rows of the number of the memory, then that of the place of each process. */
  readonly #states: StateTable
  readonly #hits = new Set<number>()

  constructor(scenario: Scenario) {
    const { actors, parts, saysBusy = false } = scenario
    const canRetire = actors.some(({ page }) => page !== 'first')
    const shape = {
      canRetire,
      saysBusy,
      absences: absencesOf(scenario),
      parts: { ...soundParts, ...parts },
    }
    this.#places = actors.map(() => new Names<Place>())
    this.#steps = actors.map(
      (actor, number) => new Steps(this.#world, number, actor, { ...shape, ...actor }),
    )
    this.#edges = actors.map(() => new Map())
    this.#states = new StateTable(actors.length + 1)
  }

  run(): Exploration {
    const states = this.#states
    const start = this.#places.map((places) => places.numberOf(beginning))
    states.add([this.#memories.numberOf(this.#world.save()), ...start], -1)
    for (let number = 0; number < states.size; number += 1) {
      const bad = this.#follow(number)
      if (bad === undefined) continue
      return this.#result([...this.#traceTo(number), `${bad.label}: ${bad.violation}`])
    }
    return this.#result(undefined)
  }

  #result(trace: string[] | undefined): Exploration {
    return { states: this.#states.size, hits: [...this.#hits].sort(), trace }
  }

  /** Adds what follows a state. @returns a step that must not be. */
  #follow(number: number): Edge | undefined {
    const state = this.#states.row(number)
    const next = new Int32Array(state)
    for (let actor = 0; actor < this.#steps.length; actor += 1) {
      for (const edge of this.#edgesOf(actor, state)) {
        if (edge.violation !== undefined) return edge
        if (edge.hit !== undefined) this.#hits.add(edge.hit)
        next[0] = edge.memory
        next[actor + 1] = edge.place
        this.#states.add(next, number)
      }
      next[actor + 1] = state[actor + 1] as number
    }
    return undefined
  }

  #edgesOf(actor: number, state: Int32Array): readonly Edge[] {
    const ofActor = this.#edges[actor] as Map<number, Map<number, readonly Edge[]>>
    const [memory, place] = [state[0] as number, state[actor + 1] as number]
    let ofPlace = ofActor.get(place)
    if (ofPlace === undefined) {
      ofPlace = new Map()
      ofActor.set(place, ofPlace)
    }
    let edges = ofPlace.get(memory)
    if (edges === undefined) {
      edges = this.#run(actor, place, memory)
      ofPlace.set(memory, edges)
    }
    return edges
  }

  #run(actor: number, place: number, memory: number): Edge[] {
    const places = this.#places[actor] as Names<Place>
    const steps = this.#steps[actor] as Steps
    return steps.from(places.thing(place), this.#memories.thing(memory)).map((step) => ({
      ...step,
      memory: this.#memories.numberOf(step.memory),
      place: places.numberOf(step.place),
    }))
  }

  #traceTo(number: number): string[] {
    const origin = this.#states.origin(number)
    if (origin < 0) return []
    const [from, to] = [this.#states.row(origin), this.#states.row(number)]
    const labels = this.#steps.flatMap((_, actor) =>
      this.#edgesOf(actor, from)
        .filter(({ memory, place }) => {
          const next = from.with(0, memory).with(actor + 1, place)
          return next.every((part, index) => part === to[index])
        })
        .map(({ label }) => label),
    )
    return [...this.#traceTo(origin), labels[0] ?? '']
  }
}
