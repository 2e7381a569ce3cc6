import type { StoreEvent } from '../contracts/events.ts'
import { DiskCache } from '../index.ts'
import { CliError } from './cli-error.ts'

/**
 * The cache of the demo, open for as long as `work` runs. `getOrSet` returns its result also when that could not be stored,
 * on a full disk for example: `throwIfDropped` says so, because the demo would show a cache that keeps nothing.
 */
export function withDemoCache<const T>(
  directory: string,
  work: (cache: DiskCache, throwIfDropped: () => void) => T,
): T {
  let drop: StoreEvent | undefined
  using cache = new DiskCache(directory, {
    // What is kept here can be computed anew; a damaged store is set aside.
    onCorrupt: 'recreate',
    onEvent: (event) => {
      if (event.type === 'drop') drop ??= event
    },
  })
  return work(cache, () => {
    if (drop) throw new CliError(`a result could not be kept in ${directory}: ${reasonOf(drop)}`)
  })
}

function reasonOf({ reason, detail }: StoreEvent): string {
  return detail instanceof Error ? detail.message : reason
}
