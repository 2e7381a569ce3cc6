/** Options that are remembered; a program rarely has more that differ than this. */
const mostKept = 16

interface Known<R> {
  /** A copy: its giver may change his. */
  readonly options: Readonly<Record<string, unknown>>
  readonly count: number
  readonly result: R
}

/**
 * What checking options came to, for those that come again: most calls give the same few literals over and over, and checking
 * them takes many times what a hit takes. Options are the same if they have the same names with identical values.
 */
export class RecentOptions<R> {
  readonly #apart: readonly string[]
  /** Those that are asked for often come to stand first. */
  readonly #known: Known<R>[] = []

  /** @param apart names whose values differ from call to call: whoever asks sees to these. */
  constructor(apart: readonly string[]) {
    this.#apart = apart
  }

  /** What `resolve` made of the same options before, or makes of these now, without those that are apart. @throws what it throws. */
  get(options: object, resolve: (options: object) => R): R {
    // Of an object of a class, not all that it has can be seen.
    if (Object.getPrototypeOf(options) !== Object.prototype) return resolve(options)
    const given = options as Readonly<Record<string, unknown>>
    const known = this.#known
    for (let at = 0; at < known.length; at += 1) {
      const one = known[at] as Known<R>
      if (!this.#isSame(one, given)) continue
      const before = known[at - 1]
      if (before !== undefined) {
        known[at - 1] = one
        known[at] = before
      }
      return one.result
    }
    return this.#add(given, resolve)
  }

  #isSame({ options, count }: Known<R>, given: Readonly<Record<string, unknown>>): boolean {
    let same = 0
    for (const name in given) {
      if (this.#apart.includes(name)) continue
      const value = given[name]
      // `undefined` may stand for a name that is not there. What an object holds may have changed, but for a schema.
      if (value === undefined || value !== options[name]) return false
      if (typeof value === 'object' && value !== null && name !== 'schema') return false
      same += 1
    }
    return same === count
  }

  #add(given: Readonly<Record<string, unknown>>, resolve: (options: object) => R): R {
    const options: Record<string, unknown> = {}
    let count = 0
    for (const name in given) {
      if (this.#apart.includes(name)) continue
      options[name] = given[name]
      count += 1
    }
    const result = resolve(options)
    if (this.#known.length === mostKept) this.#known.pop()
    // In the middle: at the end, two new ones that come in turn would displace each other.
    this.#known.splice(this.#known.length >> 1, 0, { options, count, result })
    return result
  }
}
