/** Is told when a signal is aborted. */
export interface AbortWatcher {
  onAbort(): void
}

/**
 * Who waits for which signal. A signal has one listener for all of them: one for each would make Node warn of a leak from
 * the eleventh on, and go through all of them whenever one is added or removed, where a thousand calls share a signal.
 */
const watched = new WeakMap<AbortSignal, Watch>()

class Watch {
  readonly watchers = new Set<AbortWatcher>()
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this)
  }

  handleEvent(): void {
    const watchers = [...this.watchers]
    this.end()
    for (const watcher of watchers) watcher.onAbort()
  }

  end(): void {
    watched.delete(this.#signal)
    this.#signal.removeEventListener('abort', this)
  }
}

/** Tells `watcher` when `signal`, which is not aborted yet, is. */
export function watchAbort(signal: AbortSignal, watcher: AbortWatcher): void {
  let watch = watched.get(signal)
  if (watch === undefined) {
    watch = new Watch(signal)
    watched.set(signal, watch)
  }
  watch.watchers.add(watcher)
}

/** Undoes {@link watchAbort}; does nothing for one that does not watch. */
export function unwatchAbort(signal: AbortSignal, watcher: AbortWatcher): void {
  const watch = watched.get(signal)
  if (watch?.watchers.delete(watcher) === true && watch.watchers.size === 0) watch.end()
}
