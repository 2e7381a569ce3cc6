import type { World } from './world.ts'

/** Thrown where a process is to stop. Whatever its code makes of that is ignored, so it looks like no error of the store. */
const suspended = new Error('suspended')

/** What a step that has to wait says. */
export const blocked: unique symbol = Symbol('blocked')

/**
 * One run of the code of a process from its beginning: steps that it took before give what they gave then, one more is
 * taken for real, and then everything that the world would notice is refused.
 */
export class Run {
  readonly world: World
  /** Index of the process. */
  readonly actor: number
  readonly results: number[]
  /** The new step, in words. */
  label = ''
  isSuspended = false
  isBlocked = false
  #position = 0
  #hasStepped = false
  #fresh = 0

  constructor(world: World, actor: number, results: readonly number[]) {
    this.world = world
    this.actor = actor
    this.results = [...results]
  }

  /** Who writes, as the page says it. */
  get token(): number {
    return this.actor + 1
  }

  /** Does one thing that all processes see at once. */
  step(label: string, perform: () => number | typeof blocked): number {
    if (this.isSuspended) throw suspended
    if (this.#position < this.results.length) return this.results[this.#position++] as number
    if (this.#hasStepped) return this.#suspend()
    this.#hasStepped = true
    const result = perform()
    if (result === blocked) {
      this.isBlocked = true
      return this.#suspend()
    }
    this.label = `${label} = ${result}`
    this.results.push(result)
    this.#position += 1
    return result
  }

  /** A number that no word has had before. */
  fresh(): number {
    this.#fresh += 1
    return 1_000 * this.token + 10 * this.#fresh
  }

  #suspend(): never {
    this.isSuspended = true
    throw suspended
  }
}
