import type { Bus, BusReceiver } from '../contracts/bus.ts'
import { HoldfastError } from '../contracts/errors.ts'

/**
 * A bus of this process: one object joins the caches that are given it. Messages arrive in the order in which they were
 * published, after the call that published them has returned.
 * @example
 * const bus = memoryBus()
 * const [a, b] = [createCache({ tiers, bus }), createCache({ tiers, bus })]
 */
export function memoryBus(): Bus {
  return new MemoryBus()
}

interface Subscription {
  readonly channel: string
  readonly receiver: BusReceiver
}

class MemoryBus implements Bus {
  readonly kind = 'memory'
  readonly #subscriptions = new Set<Subscription>()
  #queue: { readonly channel: string; readonly text: string }[] = []
  #isClosed = false

  get isConnected(): boolean {
    return !this.#isClosed
  }

  async subscribe(channel: string, receiver: BusReceiver): Promise<() => Promise<void>> {
    this.#checkOpen('subscribe')
    const subscription = { channel, receiver }
    this.#subscriptions.add(subscription)
    return async () => {
      this.#subscriptions.delete(subscription)
    }
  }

  async publish(channel: string, text: string): Promise<void> {
    this.#checkOpen('publish')
    this.#queue.push({ channel, text })
    if (this.#queue.length === 1) queueMicrotask(this.#deliver)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#subscriptions.clear()
    this.#queue = []
  }

  /** Delivers what is waiting. What receivers publish meanwhile has its own turn, behind what else is ready to run. */
  readonly #deliver = (): void => {
    const messages = this.#queue
    this.#queue = []
    for (const { channel, text } of messages) {
      for (const subscription of [...this.#subscriptions]) {
        // One that ended since does not get it any more.
        if (subscription.channel !== channel || !this.#subscriptions.has(subscription)) continue
        try {
          subscription.receiver.message(text)
        } catch {
          // What one receiver does wrong is nothing to the others, nor to who published.
        }
      }
    }
  }

  #checkOpen(what: string): void {
    if (!this.#isClosed) return
    throw new HoldfastError('ERR_CLOSED', `memory bus: ${what} after close. Make another bus.`)
  }
}
