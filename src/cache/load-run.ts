import type { CacheEntry, LoadContext } from '../contracts/cache-entry.ts'
import { HoldfastError } from '../contracts/errors.ts'
import type { Key } from '../contracts/key.ts'
import { checkTag } from '../util/check-tag.ts'
import { type Duration, parseDuration } from '../util/duration.ts'

/** One call of a loader: what it is told, and what it says of its result beside returning it. */
export class LoadRun {
  readonly context: LoadContext<unknown>
  ttl: number | undefined
  tags: readonly string[] | undefined
  etag: string | undefined
  lastModified: string | undefined
  /** The result is not to be stored. */
  isSkipped = false
  /** The result is the stale entry's. */
  isNotModified = false

  /** @param flight has the signal that the loader may ask for. */
  constructor(key: Key, flight: { readonly signal: AbortSignal }, stale: CacheEntry | undefined) {
    this.context = {
      key,
      get signal() {
        return flight.signal
      },
      ...(stale === undefined ? {} : { stale }),
      setTtl: (ttl: Duration) => {
        this.ttl = parseDuration('setTtl', ttl)
      },
      setTags: (...tags: string[]) => {
        for (const tag of tags) checkTag(tag)
        this.tags = [...new Set(tags)]
      },
      setValidators: ({ etag, lastModified }) => {
        this.etag = etag
        this.lastModified = lastModified
      },
      skip: (value) => {
        this.isSkipped = true
        return value
      },
      notModified: () => {
        if (stale === undefined)
          throw new HoldfastError(
            'ERR_NOT_FOUND',
            'notModified: there is no stale entry to renew. Ask the source without validators if context.stale is undefined.',
          )
        this.isNotModified = true
        return stale.value
      },
      fail: (error) => {
        throw error ?? new HoldfastError('ERR_LOAD_FAILED', 'The loader said that it failed.')
      },
    }
  }
}
