import {
  type Channel,
  channel,
  type TracingChannel,
  tracingChannel,
} from 'node:diagnostics_channel'
import type { CacheEventName, CacheEvents } from '../contracts/cache-events.ts'
import type { Key } from '../contracts/key.ts'
import { Emitter, type Outlets } from './emitter.ts'

/** What a tracing channel tells: `holdfast:<operation>`. */
export const tracedOperations = [
  'get',
  'getMany',
  'getOrSet',
  'getOrSetMany',
  'load',
  'set',
  'setMany',
  'delete',
  'invalidateTags',
  'clear',
  'tier',
] as const

/** An operation with a tracing channel; `tier` is a single call to one tier. */
export type TracedOperation = (typeof tracedOperations)[number]

/**
 * What the subscribers of a tracing channel get: one object for all steps of an operation. Node adds `result` or `error` to it.
 * There is no key in it, only the hash that stands for it.
 */
export interface TraceContext {
  readonly cache: string
  readonly operation: TracedOperation
  /** Where the operation is one of a tier. */
  readonly tier?: string
  /** `keyId` of the key, where there is one key. */
  readonly keyId?: string
  /** How many keys, where there are several. */
  readonly keys?: number
  /** What the tier is asked for, for the operation `tier`. */
  readonly call?: string
}

/** A message of the channel `holdfast:<event>`: the payload of the event with the key's id in place of the key. */
export type ChannelMessage<E extends CacheEventName = CacheEventName> = Omit<
  CacheEvents[E],
  'key'
> & {
  readonly cache: string
  readonly event: E
  readonly keyId?: string
}

// Kept here: Node holds channels that nobody has subscribed to only weakly.
const channels = new Map<CacheEventName, Channel>()
const tracing = Object.fromEntries(
  tracedOperations.map((operation) => [operation, tracingChannel(`holdfast:${operation}`)]),
) as Readonly<Record<TracedOperation, TracingChannel<unknown, TraceContext>>>

/** The channel `holdfast:<event>`. */
export function eventChannel(event: CacheEventName): Channel {
  let found = channels.get(event)
  if (found === undefined) {
    found = channel(`holdfast:${event}`)
    channels.set(event, found)
  }
  return found
}

/**
 * The emitter of one cache, whose events are also published on the channels of `node:diagnostics_channel`.
 * @param cache its name.
 * @param keyIdOf makes the id of a key; called only for an event whose channel has subscribers.
 */
export function cacheEmitter(cache: string, keyIdOf: (key: Key) => string): Emitter<CacheEvents> {
  const outlets: Outlets<CacheEvents> = {
    outlet: eventChannel,
    message(event, payload) {
      const { key, ...facts } = payload as { readonly key?: Key }
      return { ...facts, cache, event, ...(key === undefined ? {} : { keyId: keyIdOf(key) }) }
    },
  }
  return new Emitter<CacheEvents>(outlets)
}

/** Whether anybody follows `operation`. Ask before a context is made; without subscribers that is all that tracing costs. */
export function isTraced(operation: TracedOperation): boolean {
  return tracing[operation].hasSubscribers
}

/**
 * Runs `work` and tells the subscribers of `operation` when it begins, ends and fails.
 * @param context a new one each time: Node adds to it.
 * @example
 * return isTraced('get') ? trace('get', { cache, operation: 'get', keyId: keyId(key) }, () => this.#get(key)) : this.#get(key)
 */
export function trace<T>(
  operation: TracedOperation,
  context: TraceContext,
  work: () => Promise<T>,
): Promise<T> {
  return tracing[operation].tracePromise(work, context)
}
