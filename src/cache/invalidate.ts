import { checkTag } from '../util/check-tag.ts'
import { checkOptionNames } from '../util/options.ts'
import type { CacheCore } from './cache-core.ts'
import type { KeySpace } from './key-ref.ts'
import { clearMark, tagMark } from './markers.ts'
import { checkFlag } from './read-options.ts'

/** How `invalidateTags` invalidates. */
export interface InvalidateOptions {
  /** Absent at once, instead of stale: they are not served for their grace either. @default false */
  readonly hard?: boolean | undefined
}

/** See `Cache.invalidateTags`. @param tags the last may be options. @throws HoldfastError `ERR_INVALID_OPTION`. */
export async function invalidateTags(
  core: CacheCore,
  { path }: KeySpace,
  tags: readonly (string | InvalidateOptions)[],
): Promise<void> {
  const last = tags.at(-1)
  const options = typeof last === 'object' ? last : undefined
  if (options !== undefined) {
    checkOptionNames('invalidateTags', options, ['hard'])
    checkFlag('hard', options.hard)
  }
  const given: readonly unknown[] = options === undefined ? tags : tags.slice(0, -1)
  const names = given.map((tag) => {
    checkTag(tag)
    return tag
  })
  if (names.length === 0) return
  await core.starting
  const hard = options?.hard === true
  const marks = names.map((tag) => tagMark(path, tag))
  await core.invalidate(path, marks, hard)
  core.counters.tagInvalidations += 1
  if (core.events.has('tagInvalidate'))
    core.events.emit('tagInvalidate', { tags: names, hard, isRemote: false })
}

/** See `Cache.clear`. */
export async function clearAll(core: CacheCore, { path }: KeySpace): Promise<void> {
  await core.starting
  const done = core.invalidate(path, [clearMark(path)], true)
  for (const tier of core.stack.tiers) if (tier.isMemory) tier.clear(path)
  await done
}
