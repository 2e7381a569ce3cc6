import { Call } from './call.ts'
import type { Moment } from './history.ts'
import { LoadWatch, longestCall } from './load-watch.ts'
import type { Operation } from './plan.ts'
import type { World } from './world.ts'

/** Calls that may cut a load when they begin, end, or at any time between. */
const changes = new Set<string>(['set', 'add', 'delete', 'expire', 'touch', 'tags', 'clear'])

/** Does what the callers of a plan do, and asks the oracle of everything that they get. */
export class Calls {
  readonly #world: World
  readonly #open = new Set<string>()
  readonly #watch: LoadWatch
  #count = 0

  constructor(world: World) {
    this.#world = world
    this.#watch = new LoadWatch(world)
  }

  /** Calls that have not ended although their machines live. */
  get open(): ReadonlySet<string> {
    return this.#open
  }

  start(operation: Operation): void {
    const { history, nodes, violations } = this.#world
    const node = nodes[operation.node]
    if (node === undefined) return
    const began = history.moment()
    const name = `call ${this.#count} ${JSON.stringify(operation)}`
    this.#count += 1
    this.#open.add(name)
    const isChange = changes.has(operation.do)
    if (isChange) node.changing += 1
    history.log(`begins: ${name}`)
    const call = new Call(this.#world, this.#watch, node, operation, began)
    const run = call.run()
    const ended = (): void => {
      if (!isChange) return
      node.changing -= 1
      node.changed += 1
    }
    run.then(ended, ended)
    run.then(
      (told) => this.#end(name, began, told),
      (error: unknown) => {
        if (!call.mayThrow(error)) violations.add(`${name} threw ${String(error)}`)
        this.#end(name, began, String(error))
      },
    )
    // What dies with its machine is waited for by nobody.
    const watch = (): void => {
      if (!node.machine.isAlive) this.#open.delete(name)
      else if (this.#open.has(name)) this.#world.scheduler.after(longestCall, watch)
    }
    watch()
  }

  #end(name: string, began: Moment, told: unknown): void {
    const { history, scheduler, violations } = this.#world
    this.#open.delete(name)
    history.log(`ends: ${name} = ${typeof told === 'string' ? told : JSON.stringify(told)}`)
    if (scheduler.now - began.time > longestCall)
      violations.add(`${name} took ${scheduler.now - began.time} ms`)
  }
}
