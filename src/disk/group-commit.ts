import type { Engine } from './engine.ts'
import type { ResolvedSetOptions } from './set-options.ts'
import type { StoredKey } from './stored-key.ts'
import type { Prepared } from './writer.ts'

interface Pending {
  readonly key: StoredKey
  readonly prepared: Prepared
  /** `undefined` removes the entry: its time to live is over already. */
  readonly options: ResolvedSetOptions | undefined
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Collects the `setAsync` calls of a turn of the event loop into one transaction.
 * A synchronous write in between commits them first, so writes take effect in the order of the calls.
 */
export class GroupCommit {
  readonly #engine: Engine
  #queue: Pending[] = []
  #scheduled = false

  constructor(engine: Engine) {
    this.#engine = engine
    engine.beforeClose.push(() => this.flush())
  }

  add(key: StoredKey, prepared: Prepared, options: ResolvedSetOptions | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#queue.push({ key, prepared, options, resolve, reject })
      if (this.#scheduled) return
      this.#scheduled = true
      setImmediate(() => void this.#commitLater())
    })
  }

  /** Commits what is waiting, now. Failures go to the promises of its calls. */
  flush(): void {
    if (this.#queue.length === 0) return
    const group = this.#take()
    try {
      this.#engine.transactions.write('setAsync', () => this.#store(group))
      for (const pending of group) pending.resolve()
    } catch (error) {
      this.#fail(group, error)
    }
  }

  async #commitLater(): Promise<void> {
    this.#scheduled = false
    if (this.#queue.length === 0) return
    let group: Pending[] = []
    try {
      await this.#engine.transactions.writeAsync('setAsync', () => {
        // Only now: what came while the lock was awaited goes along, what a flush took is gone.
        group = this.#take()
        this.#store(group)
      })
      for (const pending of group) pending.resolve()
    } catch (error) {
      this.#fail(group.length > 0 ? group : this.#take(), error)
    }
  }

  #take(): Pending[] {
    const group = this.#queue
    this.#queue = []
    return group
  }

  #store(group: readonly Pending[]): void {
    const { writer } = this.#engine
    for (const { key, prepared, options } of group) {
      if (options === undefined) writer.remove('setAsync', key)
      else writer.store('setAsync', key, prepared, options)
    }
    for (const { prepared } of group) writer.abandon(prepared) // of entries whose time was over
  }

  #fail(group: readonly Pending[], error: unknown): void {
    for (const { prepared, reject } of group) {
      this.#engine.writer.abandon(prepared)
      reject(error)
    }
  }
}
