import type { Clock } from '../contracts/clock.ts'

/** Calls that are held up, until a time, until they are released or until they are aborted. */
export class FaultWaits {
  readonly #clock: Clock
  readonly #hanging = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Lets all that have no time of their own go on. */
  release(): void {
    for (const go of [...this.#hanging]) go()
  }

  /** @param ms `undefined` = until {@link release}. @throws the signal's reason. */
  async wait(ms: number | undefined, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const end = () => {
        this.#hanging.delete(go)
        timer?.clear()
        signal.removeEventListener('abort', stop)
      }
      const go = () => {
        end()
        resolve()
      }
      const stop = () => {
        end()
        reject(signal.reason)
      }
      const timer = ms === undefined ? undefined : this.#clock.setTimeout(go, ms)
      if (ms === undefined) this.#hanging.add(go)
      signal.addEventListener('abort', stop, { once: true })
    })
  }
}
