import type { Bus, BusReceiver } from '../../../src/index.ts'

/** Joins the caches of a test; what was sent is kept, and a test can take it down. */
export class TestBus implements Bus {
  readonly kind = 'test'
  readonly sent: string[] = []
  isConnected = true
  readonly #receivers = new Set<BusReceiver>()

  async subscribe(_channel: string, receiver: BusReceiver): Promise<() => Promise<void>> {
    this.#receivers.add(receiver)
    return async () => {
      this.#receivers.delete(receiver)
    }
  }

  async publish(_channel: string, text: string): Promise<void> {
    if (!this.isConnected) throw new Error('the bus is down')
    this.sent.push(text)
    this.deliver(text)
  }

  /** Brings a message to all, as if it had been sent. */
  deliver(text: string): void {
    for (const receiver of [...this.#receivers]) receiver.message(text)
  }

  /** It was away, and is back: messages may have been missed. */
  gap(): void {
    for (const receiver of [...this.#receivers]) receiver.gap()
  }

  async close(): Promise<void> {
    this.#receivers.clear()
  }
}
