import { type Kept, Process, type Shape } from './process.ts'
import { Run } from './run.ts'
import type { Actor } from './scenario.ts'
import { enter } from './scripted-file.ts'
import { nobody, type World } from './world.ts'

/** Says of an operation that it is a read; any other number is that of a write. */
const read = -1

/** Where a process is. */
export interface Place {
  readonly isDead: boolean
  readonly isBusy: boolean
  /** Writes that it has begun, and reads if their number is limited. */
  readonly writes: number
  readonly reads: number
  /** What it kept when its code began to run. */
  readonly kept: Kept | undefined
  /** The operations since then; the last one is not over if it is busy. */
  readonly operations: readonly number[]
  /** What its steps since then gave. */
  readonly results: readonly number[]
  /** What was committed when its read began. */
  readonly known: number
}

export const beginning: Place = {
  ...{ isDead: false, isBusy: false, writes: 0, reads: 0 },
  ...{ kept: undefined, operations: [], results: [], known: 0 },
}

/** One step, and what it leads to. */
export interface Step {
  readonly memory: readonly number[]
  readonly place: Place
  readonly label: string
  /** The value of the hot hit that it completed. */
  readonly hit: number | undefined
  /** Why it must not be. */
  readonly violation: string | undefined
}

/** The steps that one process can take. */
export class Steps {
  readonly #world: World
  readonly #number: number
  readonly #actor: Actor
  readonly #shape: Shape

  constructor(world: World, number: number, actor: Actor, shape: Shape) {
    this.#world = world
    this.#number = number
    this.#actor = actor
    this.#shape = shape
  }

  from(place: Place, memory: readonly number[]): Step[] {
    const steps = this.#next(place, memory).map((next) => this.#take(next, memory))
    return [...steps, this.#die(place, memory)].filter((step) => step !== undefined)
  }

  /** Where the process is when it goes on, or begins something. */
  #next(place: Place, memory: readonly number[]): Place[] {
    if (place.isDead) return []
    if (place.isBusy) return [place]
    const { writes, reads } = this.#actor
    this.#world.load(memory)
    // Nobody finds the second page before the database names it.
    if (this.#shape.page === 'second' && this.#world.named === 0) return []
    const begun = { ...place, isBusy: true, known: this.#world.value }
    const next: Place[] = []
    if (place.writes < writes.length) {
      const operations = [...place.operations, place.writes]
      next.push({ ...begun, operations, writes: place.writes + 1, known: 0 })
    }
    if (reads === true || place.reads < Number(reads)) {
      const operations = [...place.operations, read]
      next.push({ ...begun, operations, reads: reads === true ? 0 : place.reads + 1 })
    }
    return next
  }

  /** One step of a process that does something, unless it has to wait. */
  #take(place: Place, memory: readonly number[]): Step | undefined {
    const world = this.#world
    world.load(memory)
    const run = new Run(world, this.#number, place.results)
    const { kept, hit } = this.#run(run, place)
    if (run.isBlocked) return undefined
    const violation = hit === undefined ? undefined : this.#judge(hit, place.known)
    const label = `${this.#number} ${this.#nameOf(place)}: ${run.label}`
    const next = this.#after(place, run, kept)
    return { memory: world.save(), place: next, label, hit, violation }
  }

  #run(run: Run, place: Place): { kept: Kept | undefined; hit: number | undefined } {
    enter(run)
    const process = new Process(run, this.#shape)
    if (place.kept !== undefined) process.restore(place.kept)
    let hit: number | undefined
    try {
      for (const operation of place.operations) hit = this.#operate(process, operation)
    } catch (error) {
      if (!run.isSuspended) throw error
    } finally {
      enter(undefined)
    }
    return { kept: process.kept, hit: run.isSuspended ? undefined : hit }
  }

  #operate(process: Process, operation: number): number | undefined {
    if (operation === read) return process.get()
    const write = this.#actor.writes[operation]
    if (write === undefined) throw new Error('no such write')
    process.connection.writing = { value: write.value }
    write.work(process, write.value)
    return undefined
  }

  /**
   * A process with the page mapped is, between two operations, what it keeps. One without has words of its own and a version
   * of the database that it remembers, so it runs from its beginning again.
   */
  #after(place: Place, { isSuspended, results }: Run, kept: Kept | undefined): Place {
    // Without anything that is kept there is no hit that could be stale.
    if (isSuspended) return { ...place, results, known: kept === undefined ? 0 : place.known }
    const { writes, reads } = place
    if (this.#actor.isMapped) return { ...beginning, writes, reads, kept }
    return { ...place, isBusy: false, results, known: 0 }
  }

  /**
   * Whoever has the lock may die, and the lock is free then. That others die needs no step: it is as if their next one never
   * came.
   */
  #die(place: Place, memory: readonly number[]): Step | undefined {
    const world = this.#world
    world.load(memory)
    if (world.lock !== this.#number) return undefined
    const write = this.#actor.writes[place.writes - 1]
    // One who takes the lock only to take his token away has had his turn.
    if (write !== undefined && world.turn === write.value - 1) world.rollBack()
    else world.lock = nobody
    const label = `${this.#number} dies`
    const dead = { ...beginning, isDead: true }
    return { memory: world.save(), place: dead, label, hit: undefined, violation: undefined }
  }

  /**
   * A hit must be as fresh as the database was when the read began. That is more than what is promised, which is to know of
   * writes that returned, and it comes to the same: somebody who keeps nothing may have read the database at any moment.
   */
  #judge(hit: number, known: number): string | undefined {
    if (((this.#world.committed >> hit) & 1) === 0) return `hit ${hit}, which was never committed`
    return hit < known ? `hit ${hit}, when ${known} was committed already` : undefined
  }

  #nameOf({ operations }: Place): string {
    const operation = operations.at(-1) ?? read
    return operation === read ? 'get' : (this.#actor.writes[operation]?.name ?? '')
  }
}
