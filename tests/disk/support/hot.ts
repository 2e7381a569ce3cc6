import type { DiskCache, DiskCacheOptions } from '../../../src/index.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { openCache } from './forms.ts'

/** A cache that keeps hot entries also in the run of the tests that reads from the database. */
export function openHot(options?: DiskCacheOptions, directory?: string): DiskCache {
  return openCache({ hot: {}, ...options }, directory)
}

/** Two handles on one store: as far as hot entries go, two processes. */
export function hotPair(
  options: DiskCacheOptions = {},
  other: DiskCacheOptions = options,
): readonly [DiskCache, DiskCache] {
  const directory = temporaryDirectory()
  return [openHot(options, directory), openHot(other, directory)]
}

/** Reads that were answered without the database. */
export function hitsOf(cache: DiskCache): number {
  return cache.engine.hot?.hits ?? 0
}
