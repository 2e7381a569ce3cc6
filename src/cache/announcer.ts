import type { Bus, BusMessage } from '../contracts/bus.ts'
import { mostIds } from '../contracts/bus.ts'
import type { CacheEvents } from '../contracts/cache-events.ts'
import type { Clock, Timer } from '../contracts/clock.ts'
import { clearMark, isClearMark } from './markers.ts'

/** Told of what other nodes did. */
export interface AnnouncementReceiver {
  /** @param at the stamp of the change. */
  keys(ids: readonly string[], at: number): void
  /** @param names of marks. */
  marks(names: readonly string[], at: number, node: string, hard: boolean): void
  /** Messages may have been missed. */
  gap(): void
  /** Told of each message that came or went. */
  onMessage(message: CacheEvents['busMessage']): void
}

/** Messages that wait while the bus is away. Instead of more, others are told that everything older is void. */
const mostWaiting = 1_000
const retryAfter = 1_000

/** Tells other nodes of changes over a bus, and this one of theirs. What the bus does not take now is sent later. */
export class Announcer {
  readonly #bus: Bus
  readonly #cache: string
  readonly #node: string
  readonly #clock: Clock
  readonly #receiver: AnnouncementReceiver
  readonly #waiting = new Map<string, string>()
  #subscription: Promise<() => Promise<void>> | undefined
  #isSubscribed = false
  #timer: Timer | undefined
  #isClosed = false

  constructor(bus: Bus, cache: string, node: string, clock: Clock, receiver: AnnouncementReceiver) {
    this.#bus = bus
    this.#cache = cache
    this.#node = node
    this.#clock = clock
    this.#receiver = receiver
    this.#subscribe()
  }

  /** Whether messages of others arrive. */
  get isConnected(): boolean {
    return this.#isSubscribed && this.#bus.isConnected
  }

  get queued(): number {
    return this.#waiting.size
  }

  /** Resolves when messages arrive, or at the first failure to see to that. */
  async ready(): Promise<void> {
    await this.#subscription?.catch(() => {})
  }

  /** Tells of changed entries. @returns whether the bus took it. */
  async keys(ids: readonly string[], at: number): Promise<boolean> {
    let isSent = true
    for (let start = 0; start < ids.length; start += mostIds) {
      const part = ids.slice(start, start + mostIds)
      isSent = (await this.#send('key', part, at, undefined)) && isSent
    }
    return isSent
  }

  /** Tells of new marks. @returns whether the bus took it. */
  async marks(names: readonly string[], at: number, hard: boolean): Promise<boolean> {
    let isSent = true
    for (let start = 0; start < names.length; start += mostIds) {
      const part = names.slice(start, start + mostIds)
      const action = part.every(isClearMark) ? 'clear' : 'tag'
      isSent = (await this.#send(action, part, at, hard)) && isSent
    }
    return isSent
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.clear()
    await this.#flush()
    const end = await this.#subscription?.catch(() => undefined)
    await end?.()
  }

  #subscribe(): void {
    const subscription = this.#bus.subscribe(this.#cache, {
      message: (text) => this.#receive(text),
      gap: () => this.#receiver.gap(),
    })
    this.#subscription = subscription
    subscription.then(
      () => {
        this.#isSubscribed = true
        // What came before was missed.
        this.#receiver.gap()
      },
      () => {
        if (!this.#isClosed) this.#clock.setTimeout(() => this.#subscribe(), retryAfter)
      },
    )
  }

  async #send(
    action: BusMessage['action'],
    ids: readonly string[],
    at: number,
    hard: boolean | undefined,
  ): Promise<boolean> {
    const text = this.#textOf(action, ids, at, hard)
    try {
      await this.#bus.publish(this.#cache, text)
      this.#receiver.onMessage({ direction: 'out', action, result: 'sent' })
      return true
    } catch {
      this.#receiver.onMessage({ direction: 'out', action, result: 'queued' })
      this.#queue(`${action} ${hard ?? ''} ${ids.join(' ')}`, text, at)
      return false
    }
  }

  #textOf(
    action: BusMessage['action'],
    ids: readonly string[],
    at: number,
    hard: boolean | undefined,
  ): string {
    const message: BusMessage = {
      v: 1,
      node: this.#node,
      cache: this.#cache,
      action,
      ids,
      at,
      ...(hard === undefined ? {} : { hard }),
    }
    return JSON.stringify(message)
  }

  /** The newest of each kind is enough. */
  #queue(about: string, text: string, at: number): void {
    this.#waiting.delete(about)
    this.#waiting.set(about, text)
    if (this.#waiting.size > mostWaiting) {
      this.#waiting.clear()
      this.#waiting.set('all', this.#textOf('clear', [clearMark('')], at, true))
    }
    if (this.#timer === undefined && !this.#isClosed)
      this.#timer = this.#clock.setTimeout(() => void this.#flush(), retryAfter)
  }

  async #flush(): Promise<void> {
    this.#timer = undefined
    for (const [about, text] of [...this.#waiting]) {
      try {
        await this.#bus.publish(this.#cache, text)
        if (this.#waiting.get(about) === text) this.#waiting.delete(about)
      } catch {
        break
      }
    }
    if (this.#waiting.size > 0 && !this.#isClosed)
      this.#timer ??= this.#clock.setTimeout(() => void this.#flush(), retryAfter)
  }

  #receive(text: string): void {
    const message = parseMessage(text)
    if (message === undefined) {
      this.#receiver.onMessage({ direction: 'in', action: 'unknown', result: 'malformed' })
      return
    }
    const { action, at, cache, hard, ids, node } = message
    const isOwn = node === this.#node || cache !== this.#cache
    this.#receiver.onMessage({ direction: 'in', action, result: isOwn ? 'ignored' : 'applied' })
    if (isOwn) return
    if (action === 'key') this.#receiver.keys(ids, at)
    else this.#receiver.marks(ids, at, node, hard ?? false)
  }
}

/** The message in `text`; `undefined` if there is none. */
export function parseMessage(text: string): BusMessage | undefined {
  let message: Partial<BusMessage> | null
  try {
    message = JSON.parse(text) as Partial<BusMessage> | null
  } catch {
    return undefined
  }
  if (typeof message !== 'object' || message === null || message.v !== 1) return undefined
  const { node, cache, action, ids, hard, at } = message
  const isText = typeof node === 'string' && typeof cache === 'string'
  if (!isText || (action !== 'key' && action !== 'tag' && action !== 'clear')) return undefined
  if (!Array.isArray(ids) || ids.length > mostIds || !ids.every((id) => typeof id === 'string'))
    return undefined
  if (typeof at !== 'number' || !Number.isFinite(at)) return undefined
  if (hard !== undefined && typeof hard !== 'boolean') return undefined
  return message as BusMessage
}
