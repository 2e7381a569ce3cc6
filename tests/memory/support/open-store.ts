import {
  entryBytes,
  type MemoryPolicy,
  MemoryStore,
  type MemoryStoreOptions,
} from '../../../src/memory/memory-store.ts'
import { type ManualClock, manualClock } from '../../../src/testing/index.ts'
import { seededRandom } from '../../support/seeded-random.mjs'

export const policies: readonly MemoryPolicy[] = ['tinylfu', 's3fifo', 'lru']
export const never: number = Number.POSITIVE_INFINITY

/** A store without limits but those given, on a manual clock, with seeded luck. */
export function openStore<T = unknown>(
  options: Partial<MemoryStoreOptions> = {},
): { store: MemoryStore<T>; clock: ManualClock } {
  const clock = manualClock()
  const store = new MemoryStore<T>({
    maxBytes: never,
    maxEntries: never,
    maxEntryShare: 1,
    policy: 'tinylfu',
    clock,
    random: seededRandom(1),
    ...options,
  })
  return { store, clock }
}

/** What an entry counts for. Keys are ASCII in these tests. */
export function costOf(policy: MemoryPolicy, key: string, bytes: number): number {
  return bytes + 16 + key.length + entryBytes[policy]
}

export function keysOf<T>(store: MemoryStore<T>): string[] {
  return [...store.entries()].map(([key]) => key)
}
