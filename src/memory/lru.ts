import { EntryList } from './entry-list.ts'
import type { EvictionPolicy, PolicyNode } from './eviction-policy.ts'

/** Removes what was not used for longest. */
export class Lru<N extends PolicyNode<N>> implements EvictionPolicy<N> {
  readonly #entries = new EntryList<N>()

  add(node: N): void {
    this.#entries.add(node)
  }

  use(node: N): void {
    this.#entries.renew(node)
  }

  resize(node: N, bytes: number): void {
    this.#entries.resize(node, bytes)
  }

  remove(node: N): void {
    this.#entries.remove(node)
  }

  victim(): N | undefined {
    return this.#entries.oldest
  }

  clear(): void {
    this.#entries.clear()
  }
}
