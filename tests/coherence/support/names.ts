/** Numbers for things that are equal when their texts are. */
export class Names<T> {
  readonly #numbers = new Map<string, number>()
  readonly #things: T[] = []

  numberOf(thing: T): number {
    const text = JSON.stringify(thing)
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    this.#numbers.set(text, this.#things.length)
    return this.#things.push(thing) - 1
  }

  thing(number: number): T {
    return this.#things[number] as T
  }
}
