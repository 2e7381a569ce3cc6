import { type ByteSize, parseByteSize } from '../util/byte-size.ts'
import { type Duration, parseDuration } from '../util/duration.ts'
import { checkOptionNames, invalidOption, oneOf } from '../util/options.ts'
import { operatorMemory } from './environment.ts'
import type { Share } from './held-value.ts'

/** Options of a memory tier. */
export interface MemoryOptions {
  /** What it is called in events, stats and metrics. @default 'memory' */
  readonly name?: string | undefined
  /** Bytes that entries may take, by an estimate of what they take on the heap. @default `HOLDFAST_MEMORY`, or '64MiB' */
  readonly maxBytes?: ByteSize | undefined
  /** Entries that it may hold. @default none */
  readonly maxEntries?: number | undefined
  /** The share of `maxBytes` that one entry may take, more than 0 and at most 1: a larger one is served and not kept. @default 0.125 */
  readonly maxEntryShare?: number | undefined
  /** Which entries go first; see docs/concepts/memory-policy.md. @default 'tinylfu' */
  readonly policy?: 'tinylfu' | 's3fifo' | 'lru' | undefined
  /**
   * What readers get: each a value of his own, all the same plain objects and arrays deep-frozen, or all the very object that
   * was stored. @default 'copy'
   */
  readonly share?: Share | undefined
  /** Longest life in this tier: bounds how long another machine's write goes unnoticed without a bus. @default none */
  readonly ttl?: Duration | undefined
}

/** {@link MemoryOptions} with every default filled in. */
export interface ResolvedMemoryOptions {
  readonly maxBytes: number
  readonly maxEntries: number
  readonly maxEntryShare: number
  readonly policy: 'tinylfu' | 's3fifo' | 'lru'
  readonly share: Share
  readonly ttl: number
}

export const memoryOptionNames: readonly string[] = [
  'name',
  'maxBytes',
  'maxEntries',
  'maxEntryShare',
  'policy',
  'share',
  'ttl',
] as const

/** @throws HoldfastError `ERR_INVALID_OPTION`. */
export function resolveMemoryOptions(options: MemoryOptions): ResolvedMemoryOptions {
  checkOptionNames('memory', options, memoryOptionNames)
  const {
    maxBytes = operatorMemory() ?? '64MiB',
    maxEntries = Number.POSITIVE_INFINITY,
    maxEntryShare = 1 / 8,
  } = options
  if (typeof maxEntries !== 'number' || !(maxEntries >= 1))
    throw invalidOption('maxEntries', maxEntries, 'a number from 1 up')
  if (typeof maxEntryShare !== 'number' || !(maxEntryShare > 0 && maxEntryShare <= 1))
    throw invalidOption('maxEntryShare', maxEntryShare, 'a number above 0 and at most 1')
  return Object.freeze({
    maxBytes: parseByteSize('maxBytes', maxBytes),
    maxEntries,
    maxEntryShare,
    policy: oneOf('policy', options.policy, ['tinylfu', 's3fifo', 'lru'], 'tinylfu'),
    share: oneOf('share', options.share, ['copy', 'frozen', 'reference'], 'copy'),
    ttl: options.ttl === undefined ? Number.POSITIVE_INFINITY : parseDuration('ttl', options.ttl),
  })
}
