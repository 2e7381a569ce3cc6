import type { Node, World } from './world.ts'

/** No call takes longer, whatever fails: deadlines, waits for a lease and loaders together. */
export const longestCall = 3_000
/** After a failure stale values may be served for so long. */
const staleBackoff = 200

interface Running {
  /** How much had happened when its caller came. */
  readonly since: number
}

/** Knows which loaders run, and which have failed. */
export class LoadWatch {
  readonly #world: World
  /** Loaders that run, by machine and entry. */
  readonly #running = new Map<string, Running[]>()
  readonly #failures = new Map<string, number>()
  #forced = 0

  constructor(world: World) {
    this.#world = world
  }

  /** Something happened after which a second load of an entry may begin beside the first. */
  disturbances(node: Node): number {
    const { history } = this.#world
    const { changed, changing, machine } = node
    if (changing > 0) return Number.NaN
    return (
      this.#forced +
      changed +
      history.toldOf(machine).length +
      (history.hadGap(machine, 0, Number.MAX_SAFE_INTEGER) ? 1_000 : 0)
    )
  }

  /** @returns what ends it. */
  loaderBegins(node: Node, id: string, since: number, isForced: boolean): () => void {
    const key = `${node.machine.name} ${id}`
    const running = this.#running.get(key) ?? []
    this.#running.set(key, running)
    const now = this.disturbances(node)
    const isUndisturbed = !isForced && since === now
    if (isUndisturbed && running.some((one) => one.since === now))
      this.#world.violations.add(`${key}: two loads at once, and nothing was invalidated`)
    if (isForced) this.#forced += 1
    const one = { since: isForced ? -1 : since }
    running.push(one)
    return () => {
      const at = running.indexOf(one)
      if (at >= 0) running.splice(at, 1)
    }
  }

  loadFailed(node: Node, id: string): void {
    this.#failures.set(`${node.machine.name} ${id}`, this.#world.scheduler.now)
  }

  failedSince(node: Node, id: string, time: number): boolean {
    return (this.#failures.get(`${node.machine.name} ${id}`) ?? 0) >= time - staleBackoff - 1
  }
}
