import type { Budget, EvictionPolicy, PolicyNode } from './eviction-policy.ts'
import { FrequencySketch } from './frequency-sketch.ts'
import { Miniatures } from './miniatures.ts'
import { type Setting, WindowTinyLfu } from './window-tiny-lfu.ts'

/**
 * What is chosen among. The first holds on to what is used often, against loops and scans; the last is an LRU, for keys that are
 * used a few times and never again; those between are for everything else (decision 0021).
 */
const settings: readonly Setting[] = [
  { window: 0.01, admission: 'strict' },
  { window: 0.2, admission: 'lenient' },
  { window: 0.5, admission: 'lenient' },
  { window: 0.99, admission: 'strict' },
]
/** It begins as an LRU: until something is known, none of the others is sure to be no worse. */
const firstSetting = 3
/** The sketch is told of so many uses of an entry at a time: until then they are counted in the entry, where a hit is anyway. */
const usesAtATime = 4
/** After so many uses for each entry without a new one, there is nothing to learn but that all that is asked for is there. */
const usesWorthLearning = 2
/** Uses are counted once so much of the budget is taken: before that nothing can be learnt that would matter. So when it is full, something is known already. */
const countedFrom = 0.5

/**
 * W-TinyLFU whose window and admission follow the requests: {@link Miniatures} of the store try several settings on a sample
 * of them, and the store goes on with the best. Before the budget is half full a use is as cheap as with LRU.
 */
export class TinyLfu<N extends PolicyNode<N>> implements EvictionPolicy<N> {
  readonly #budget: Budget
  readonly #random: () => number
  readonly #sketch = new FrequencySketch()
  readonly #policy: WindowTinyLfu<N>
  #miniatures: Miniatures | undefined
  #isCounting = false
  /** Uses that the miniatures are still told of, if nothing new comes. */
  #attention = 0

  /** @param random numbers from 0 to 1. */
  constructor(budget: Budget, random: () => number) {
    this.#budget = budget
    this.#random = random
    this.#policy = new WindowTinyLfu(budget, start(), this.#sketch, random)
  }

  add(node: N): void {
    this.#policy.add(node)
    if (!this.#isCounting && !this.#beginCounting()) return
    const { count } = this.#policy
    if (count > this.#sketch.capacity) this.#sketch.grow(count)
    this.#attention = count * usesWorthLearning
    this.#learn(node)
  }

  use(node: N): void {
    this.#policy.use(node)
    if (!this.#isCounting) return
    this.#attention -= 1
    if (this.#attention > 0 && this.#miniatures?.samples(node.hash)) this.#learn(node)
    else {
      node.uses += 1
      if (node.uses >= usesAtATime) this.#report(node)
    }
  }

  resize(node: N, bytes: number): void {
    this.#policy.resize(node, bytes)
  }

  remove(node: N): void {
    this.#policy.remove(node)
    if (node.uses > 0) this.#report(node)
  }

  victim(): N | undefined {
    return this.#policy.victim()
  }

  clear(): void {
    this.#policy.clear()
    this.#policy.change(start())
    this.#sketch.clear()
    this.#miniatures = undefined
    this.#isCounting = false
  }

  #learn(node: N): void {
    const { hash } = node
    this.#sketch.add(hash)
    const miniatures = this.#miniatures
    if (miniatures === undefined || !miniatures.samples(hash)) return
    const setting = miniatures.request(hash, node.bytes, this.#policy.count)
    if (setting !== undefined) this.#policy.change(setting)
  }

  #report(node: N): void {
    this.#sketch.add(node.hash, node.uses)
    node.uses = 0
  }

  #beginCounting(): boolean {
    const { maxBytes, maxEntries } = this.#budget
    const { bytes, count } = this.#policy
    const taken = Math.max(bytes / maxBytes, count / maxEntries)
    if (!(taken > countedFrom)) return false
    this.#isCounting = true
    const store = { budget: this.#budget, entries: Math.min(count / taken, maxEntries) }
    const choice = { settings, chosen: firstSetting }
    this.#miniatures = new Miniatures(store, choice, this.#sketch, this.#random)
    return true
  }
}

function start(): Setting {
  return settings[firstSetting] as Setting
}
