/** Why an entry went without its owner asking for it. */
export type RemovalReason = 'evict' | 'expire'

/** Told of each entry that goes without its owner asking for it. */
export type RemovalListener = (key: string, item: unknown, reason: RemovalReason) => void

interface Notice {
  readonly key: string
  readonly item: unknown
  readonly reason: RemovalReason
}

/**
 * Removals that the listener was not told of yet. It is told when the work that caused them is done, so it may use the store;
 * what that removes is told after, never inside. Its errors are its own.
 */
export class Notices {
  readonly #listener: RemovalListener | undefined
  #pending: Notice[] = []
  #isTelling = false

  constructor(listener: RemovalListener | undefined) {
    this.#listener = listener
  }

  add(key: string, item: unknown, reason: RemovalReason): void {
    if (this.#listener !== undefined) this.#pending.push({ key, item, reason })
  }

  /** Tells of all; does nothing if that is being done. */
  tell(): void {
    if (this.#pending.length === 0 || this.#isTelling) return
    this.#isTelling = true
    while (this.#pending.length > 0) {
      const pending = this.#pending
      this.#pending = []
      for (const { key, item, reason } of pending) this.#tellOf(key, item, reason)
    }
    this.#isTelling = false
  }

  #tellOf(key: string, item: unknown, reason: RemovalReason): void {
    try {
      this.#listener?.(key, item, reason)
    } catch {
      // A listener must not break the call that it is told about.
    }
  }
}
