import { EntryList } from './entry-list.ts'
import { type Budget, type EvictionPolicy, isOver, type PolicyNode } from './eviction-policy.ts'
import type { FrequencySketch } from './frequency-sketch.ts'

/** How the budget is shared out, and who gets past the window. */
export interface Setting {
  /** The share of the budget that the window has, 0 to 1. */
  readonly window: number
  /**
   * `strict`: an entry leaves the window for the main part if it was used more often than what it displaces, all together.
   * `lenient`: also if it was used twice for each entry that it displaces.
   */
  readonly admission: 'strict' | 'lenient'
}

/** The share of the main part that is kept for entries that were used in it. */
const protectedShare = 0.8
/** Entries that one operation moves at most when a new setting moves the boundaries. */
const movesPerOperation = 8
/** So often used, an entry is let in against what was used more in one case of so many: see {@link WindowTinyLfu.victim}. */
const warmUses = 6
const luckOfWarm = 1 / 128
const mostUses = 15

/**
 * W-TinyLFU (Einziger, Friedman and Manes, 2017, https://arxiv.org/abs/1512.00727) with a given {@link Setting}. New entries go
 * through a window, an LRU. What falls out of it is compared with what the main part, a segmented LRU, would lose for it.
 */
export class WindowTinyLfu<N extends PolicyNode<N>> implements EvictionPolicy<N> {
  readonly #budget: Budget
  readonly #sketch: FrequencySketch
  readonly #random: () => number
  readonly #window = new EntryList<N>()
  readonly #probation = new EntryList<N>()
  readonly #protected = new EntryList<N>()
  #windowBudget: Budget = { maxBytes: 0, maxEntries: 0 }
  #protectedBudget: Budget = { maxBytes: 0, maxEntries: 0 }
  #isLenient = false

  /**
   * @param sketch how often keys were used; whoever uses this class counts, there or in the nodes.
   * @param random numbers from 0 to 1.
   */
  constructor(budget: Budget, setting: Setting, sketch: FrequencySketch, random: () => number) {
    this.#budget = budget
    this.#sketch = sketch
    this.#random = random
    this.change(setting)
  }

  get count(): number {
    return this.#window.count + this.#probation.count + this.#protected.count
  }

  get bytes(): number {
    return this.#window.bytes + this.#probation.bytes + this.#protected.bytes
  }

  get isOver(): boolean {
    return isOver(this.#budget, this.bytes, this.count)
  }

  /** Goes on with another setting. Entries change places little by little, with the operations to come. */
  change({ window, admission }: Setting): void {
    const { maxBytes, maxEntries } = this.#budget
    this.#isLenient = admission === 'lenient'
    this.#windowBudget = {
      maxBytes: maxBytes * window,
      maxEntries: Math.max(1, Math.min(maxEntries - 1, Math.round(maxEntries * window))),
    }
    this.#protectedBudget = {
      maxBytes: maxBytes * (1 - window) * protectedShare,
      maxEntries: Math.floor((maxEntries - this.#windowBudget.maxEntries) * protectedShare),
    }
    if (maxEntries === Number.POSITIVE_INFINITY)
      this.#protectedBudget = { ...this.#protectedBudget, maxEntries }
  }

  add(node: N): void {
    this.#settleWindow()
    this.#window.add(node)
    // As long as there is room, nothing that falls out of the window displaces anything.
    if (!this.isOver) this.#settleWindow()
  }

  use(node: N): void {
    const { list } = node
    if (list === this.#probation) {
      this.#probation.remove(node)
      this.#protected.add(node)
      this.#settleProtected()
    } else list?.renew(node)
  }

  resize(node: N, bytes: number): void {
    node.list?.resize(node, bytes)
  }

  remove(node: N): void {
    node.list?.remove(node)
  }

  /**
   * What falls out of the window, or what it displaces in the main part if it is let in. Entries that are used often are let in
   * now and then whatever they are compared with: who floods the sketch so that a victim looks better than it is (two keys
   * that share counters) cannot keep everybody else out by it.
   */
  victim(): N | undefined {
    const main = this.#probation.oldest ?? this.#protected.oldest
    const candidate = this.#window.oldest
    if (candidate === undefined || main === undefined) return main ?? candidate
    if (!this.#isWindowOver()) return main
    if (!this.#isLetIn(candidate)) return candidate
    this.#window.remove(candidate)
    this.#probation.add(candidate)
    return main
  }

  clear(): void {
    this.#window.clear()
    this.#probation.clear()
    this.#protected.clear()
  }

  #isLetIn(candidate: N): boolean {
    const uses = this.#usesOf(candidate)
    if (uses >= mostUses || (uses >= warmUses && this.#random() < luckOfWarm)) return true
    let bytes = this.bytes - this.#budget.maxBytes
    let entries = this.count - this.#budget.maxEntries
    let displaced = 0
    let theirUses = 0
    let node = this.#probation.oldest ?? this.#protected.oldest
    while (node !== undefined && (bytes > 0 || entries > 0)) {
      displaced += 1
      theirUses += this.#usesOf(node)
      if (uses <= theirUses && !(this.#isLenient && uses >= 2 * displaced)) return false
      bytes -= node.bytes
      entries -= 1
      node = node.newer ?? (node.list === this.#probation ? this.#protected.oldest : undefined)
    }
    return true
  }

  #usesOf(node: N): number {
    return this.#sketch.count(node.hash) + node.uses
  }

  #isWindowOver(): boolean {
    return isOver(this.#windowBudget, this.#window.bytes, this.#window.count)
  }

  #settleWindow(): void {
    for (let moves = 0; moves < movesPerOperation && this.#isWindowOver(); moves += 1) {
      const node = this.#window.oldest
      if (node === undefined) return
      this.#window.remove(node)
      this.#probation.add(node)
    }
  }

  #settleProtected(): void {
    const list = this.#protected
    for (let moves = 0; moves < movesPerOperation; moves += 1) {
      const node = list.oldest
      if (node === undefined || !isOver(this.#protectedBudget, list.bytes, list.count)) return
      list.remove(node)
      this.#probation.add(node)
    }
  }
}
