/** Rows of numbers, each there once, found in the order in which they came. Millions of them take tens of bytes each. */
export class StateTable {
  readonly #width: number
  #rows: Int32Array
  /** Number of a row plus 1 where its hash points to, or behind it; 0 where nothing is. */
  #places = new Int32Array(1_024)
  #size = 0

  /** @param width numbers in a row; beside them it has one that does not count. */
  constructor(width: number) {
    this.#width = width
    this.#rows = new Int32Array(1_024 * (width + 1))
  }

  get size(): number {
    return this.#size
  }

  /** Adds a row with what it came from, if it is new. */
  add(row: ArrayLike<number>, origin: number): void {
    const { length } = this.#places
    let place = hashOf(row, this.#width) & (length - 1)
    for (; this.#places[place] !== 0; place = (place + 1) & (length - 1))
      if (this.#equals((this.#places[place] as number) - 1, row)) return
    this.#size += 1
    this.#places[place] = this.#size
    const start = (this.#size - 1) * (this.#width + 1)
    if (start === this.#rows.length) {
      const rows = new Int32Array(this.#rows.length * 2)
      rows.set(this.#rows)
      this.#rows = rows
    }
    for (let index = 0; index < this.#width; index += 1)
      this.#rows[start + index] = row[index] as number
    this.#rows[start + this.#width] = origin
    if (this.#size * 2 > length) this.#grow()
  }

  row(number: number): Int32Array {
    const start = number * (this.#width + 1)
    return this.#rows.slice(start, start + this.#width)
  }

  origin(number: number): number {
    return this.#rows[number * (this.#width + 1) + this.#width] as number
  }

  #equals(number: number, row: ArrayLike<number>): boolean {
    const start = number * (this.#width + 1)
    for (let index = 0; index < this.#width; index += 1)
      if (this.#rows[start + index] !== row[index]) return false
    return true
  }

  #grow(): void {
    const length = this.#places.length * 2
    this.#places = new Int32Array(length)
    for (let number = 0; number < this.#size; number += 1) {
      let place = hashOf(this.row(number), this.#width) & (length - 1)
      while (this.#places[place] !== 0) place = (place + 1) & (length - 1)
      this.#places[place] = number + 1
    }
  }
}

function hashOf(row: ArrayLike<number>, width: number): number {
  let hash = 0
  for (let index = 0; index < width; index += 1) {
    hash = Math.imul(hash ^ (row[index] as number), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash
}
