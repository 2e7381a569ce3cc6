import type { EntryList } from './entry-list.ts'
import type { Budget, PolicyNode } from './eviction-policy.ts'
import type { FrequencySketch } from './frequency-sketch.ts'
import { type Setting, WindowTinyLfu } from './window-tiny-lfu.ts'

/** About how many entries a miniature has room for. A store with fewer is simulated as it is. */
const entriesInMiniature = 128
/** The settings are compared again after so many requests for each entry of a miniature. */
const requestsPerEntry = 0.5
/** What hits count for after each comparison, so that the old ones are forgotten. */
const fading = 0.9
/** Another setting has to have more hits by this share of all requests: below that it may be chance. */
const margin = 0.01

class MiniatureNode implements PolicyNode<MiniatureNode> {
  readonly hash: number
  bytes: number
  uses = 0
  list: EntryList<MiniatureNode> | undefined = undefined
  older: MiniatureNode | undefined = undefined
  newer: MiniatureNode | undefined = undefined

  constructor(hash: number, bytes: number) {
    this.hash = hash
    this.bytes = bytes
  }
}

/** One setting tried on a sample. It holds hashes and sizes, no values. */
class Miniature {
  readonly #nodes = new Map<number, MiniatureNode>()
  readonly #policy: WindowTinyLfu<MiniatureNode>
  /** Hits, the old ones counting for less. */
  score = 0

  constructor(budget: Budget, setting: Setting, sketch: FrequencySketch, random: () => number) {
    this.#policy = new WindowTinyLfu(budget, setting, sketch, random)
  }

  request(hash: number, bytes: number): void {
    const known = this.#nodes.get(hash)
    if (known === undefined) {
      const node = new MiniatureNode(hash, bytes)
      this.#nodes.set(hash, node)
      this.#policy.add(node)
    } else {
      this.score += 1
      this.#policy.resize(known, bytes)
      this.#policy.use(known)
    }
    while (this.#policy.isOver) {
      const victim = this.#policy.victim()
      if (victim === undefined) return
      this.#policy.remove(victim)
      this.#nodes.delete(victim.hash)
    }
  }
}

/**
 * Tries several settings of W-TinyLFU on a sample of the requests, each in a miniature of the store, and says which has the
 * most hits of late. The sample is of keys, by their hashes: all requests of a key or none, and room for the same share of the budget
 * (Waldspurger, Saemundson, Ahmad and Park, "Cache modeling and optimization using miniature simulations", USENIX ATC 2017,
 * https://www.usenix.org/conference/atc17/technical-sessions/presentation/waldspurger; for the window of W-TinyLFU: Einziger,
 * Eytan, Friedman and Manes, "Adaptive software cache management", Middleware 2018, https://dl.acm.org/doi/10.1145/3274808.3274816).
 */
export class Miniatures {
  readonly #budget: Budget
  readonly #settings: readonly Setting[]
  readonly #sketch: FrequencySketch
  readonly #random: () => number
  #miniatures: readonly Miniature[] = []
  /** A key is in the sample if so many of the first bits of its hash are zero. */
  #bits = 0
  /** Bytes beyond which a request would take too much of a miniature to tell anything. */
  #largest = 0
  #requests = 0
  #requestsUntilComparison = 0
  /** Requests of all time, the old ones counting for less. */
  #total = 0
  #chosen: number

  /** @param chosen the index of the setting that the store begins with. @param entries how many entries the store has. */
  constructor(
    store: { readonly budget: Budget; readonly entries: number },
    choice: { readonly settings: readonly Setting[]; readonly chosen: number },
    sketch: FrequencySketch,
    random: () => number,
  ) {
    this.#budget = store.budget
    this.#settings = choice.settings
    this.#chosen = choice.chosen
    this.#sketch = sketch
    this.#random = random
    this.#scale(store.entries)
  }

  /** Whether requests of a key with `hash` are to be told. Cheap. */
  samples(hash: number): boolean {
    return this.#bits === 0 || hash >>> (32 - this.#bits) === 0
  }

  /**
   * Tells of a request.
   * @param entries how many entries the store has now.
   * @returns the setting to go on with, `undefined` for the one that was.
   */
  request(hash: number, bytes: number, entries: number): Setting | undefined {
    if (bytes > this.#largest) return undefined
    for (const miniature of this.#miniatures) miniature.request(hash, bytes)
    this.#requests += 1
    return this.#requests < this.#requestsUntilComparison ? undefined : this.#compare(entries)
  }

  #compare(entries: number): Setting | undefined {
    this.#total += this.#requests
    this.#requests = 0
    const before = this.#chosen
    let best = before
    for (const [index, { score }] of this.#miniatures.entries())
      if (score > this.#score(best)) best = index
    if (this.#score(best) > this.#score(before) + this.#total * margin) this.#chosen = best
    this.#total *= fading
    for (const miniature of this.#miniatures) miniature.score *= fading
    const size = entries / 2 ** this.#bits
    if (size > 2.5 * entriesInMiniature || (this.#bits > 0 && size < 0.5 * entriesInMiniature))
      this.#scale(entries)
    return this.#chosen === before ? undefined : this.#settings[this.#chosen]
  }

  #score(index: number): number {
    return this.#miniatures[index]?.score ?? 0
  }

  /** Begins anew with miniatures of the right size; what the scores said stays. */
  #scale(entries: number): void {
    let bits = 0
    while (entries / 2 ** bits > 1.5 * entriesInMiniature) bits += 1
    const share = 2 ** -bits
    const budget = {
      maxBytes: this.#budget.maxBytes * share,
      maxEntries: Math.max(1, Math.round(this.#budget.maxEntries * share)),
    }
    this.#bits = bits
    this.#largest = bits === 0 ? Number.POSITIVE_INFINITY : budget.maxBytes / 4
    this.#requestsUntilComparison = Math.max(16, Math.round(entries * share * requestsPerEntry))
    const scores = this.#miniatures.map(({ score }) => score)
    this.#miniatures = this.#settings.map((setting, index) => {
      const miniature = new Miniature(budget, setting, this.#sketch, this.#random)
      miniature.score = scores[index] ?? 0
      return miniature
    })
  }
}
