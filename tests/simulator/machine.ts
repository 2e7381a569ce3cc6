/** A time during which the shared tier did not answer a machine as it should. */
interface Trouble {
  readonly from: number
  readonly to: number
}

/** One life of a node: a crash ends it, and the node that starts afterwards is another. */
export class Machine {
  readonly name: string
  /** Place in the history at which it began. */
  readonly born: number
  /** Milliseconds that its clock is ahead. */
  readonly offset: number
  isAlive = true
  storeCut: 'refuse' | 'hang' | undefined
  isBusCut = false
  readonly #troubles: Trouble[] = []
  #failIn = 0

  constructor(name: string, born: number, offset: number) {
    this.name = name
    this.born = born
    this.offset = offset
  }

  failCall(k: number): void {
    this.#failIn = k
  }

  /** @returns whether this call of the store is the one that fails. */
  countCall(): boolean {
    if (this.#failIn === 0) return false
    this.#failIn -= 1
    return this.#failIn === 0
  }

  trouble(from: number, to: number): void {
    this.#troubles.push({ from, to })
  }

  /** Whether a call of the store that was under way between two times had trouble. */
  hadTrouble(from: number, to: number): boolean {
    return this.#troubles.some((trouble) => trouble.from <= to && trouble.to >= from)
  }
}
