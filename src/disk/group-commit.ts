import type { DeferredEntry, ReadyEntry } from './deferred-entry.ts'
import type { Engine } from './engine.ts'
import type { ResolvedSetOptions } from './set-options.ts'

interface Pending {
  readonly entry: DeferredEntry
  /** `undefined` removes the entry: its time to live is over already. */
  readonly options: ResolvedSetOptions | undefined
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** A {@link Pending} whose entry is ready. */
interface Ready extends Pending, ReadyEntry {}

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

  add(entry: DeferredEntry, options: ResolvedSetOptions | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const pending = { entry, options, resolve, reject }
      this.#queue.push(pending)
      if (entry.whenReady === undefined) this.#schedule()
      else entry.whenReady.then(this.#schedule, (error: unknown) => this.#giveUp(pending, error))
    })
  }

  /** Commits what is waiting, now. Failures go to the promises of its calls. */
  flush(): void {
    if (this.#queue.length === 0) return
    const group = this.#take(this.#queue.length)
    if (group.length === 0) return
    try {
      this.#engine.transactions.write('setAsync', () => this.#store(group))
      for (const pending of group) pending.resolve()
    } catch (error) {
      this.#fail(group, error)
    }
  }

  readonly #schedule = (): void => {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => void this.#commitLater())
  }

  /** What stands behind one that is not ready waits for it: an earlier call takes effect first. */
  #readyCount(): number {
    const first = this.#queue.findIndex(({ entry }) => !entry.isReady)
    return first < 0 ? this.#queue.length : first
  }

  async #commitLater(): Promise<void> {
    this.#scheduled = false
    if (this.#readyCount() === 0) return
    let group: Ready[] = []
    try {
      await this.#engine.transactions.writeAsync('setAsync', () => {
        // Only now: what came while the lock was awaited goes along, what a flush took is gone.
        group = this.#take(this.#readyCount())
        this.#store(group)
      })
      for (const pending of group) pending.resolve()
    } catch (error) {
      this.#fail(group.length > 0 ? group : this.#take(this.#readyCount()), error)
    }
  }

  /** Takes the first `count`; what cannot be made ready is told so and left out. */
  #take(count: number): Ready[] {
    const ready: Ready[] = []
    for (const pending of this.#queue.splice(0, count)) {
      try {
        ready.push({ ...pending, ...pending.entry.force() })
      } catch (error) {
        pending.reject(error)
      }
    }
    return ready
  }

  #store(group: readonly Ready[]): void {
    const { writer } = this.#engine
    for (const { key, prepared, options } of group) {
      if (options === undefined) writer.remove('setAsync', key)
      else writer.store('setAsync', key, prepared, options)
    }
    for (const { prepared } of group) writer.abandon(prepared) // of entries whose time was over
  }

  #fail(group: readonly Ready[], error: unknown): void {
    for (const { prepared, reject } of group) {
      this.#engine.writer.abandon(prepared)
      reject(error)
    }
  }

  /** An entry that cannot be made ready holds up nobody else. */
  #giveUp(pending: Pending, error: unknown): void {
    const place = this.#queue.indexOf(pending)
    if (place >= 0) this.#queue.splice(place, 1)
    pending.reject(error)
    this.#schedule()
  }
}
