import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HoldfastError } from '../contracts/errors.ts'
import type { ContentOf } from '../contracts/key.ts'
import { describe } from '../util/describe.ts'
import { checkOptionNames, invalidOption, oneOf } from '../util/options.ts'
import { ContentMarker } from './content-marker.ts'
import type { SymlinkPolicy } from './content-tree.ts'
import type { ContentProgress } from './content-work.ts'

/** How `contentOf` takes what it finds. */
export interface ContentOfOptions {
  /**
   * What to do with symbolic links, the path itself included: `'refuse'` them; `'follow'` them, so that a link counts as
   * what it points to, wherever that lies; or take the `'link'` itself, so that it counts as the path it holds.
   * @default 'refuse'
   */
  readonly symlinks?: SymlinkPolicy | undefined
}

/** How `contentOf.hashed` goes about it. */
export interface ContentHashedOptions extends ContentOfOptions {
  /** Aborts the hashing: the promise rejects with its reason, at once where threads read. */
  readonly signal?: AbortSignal | undefined
  /** Told every few milliseconds how far it is, and once at the end. What it throws ends the hashing. */
  readonly onProgress?: ((progress: ContentProgress) => void) | undefined
}

/** The type of `contentOf`. */
export interface ContentOfFunction {
  /**
   * A key made from what the file or folder at `path` holds, not from its name: the same bytes give the same key wherever
   * they lie, and a changed byte gives another.
   *
   * It is looked at each time the key is used, so a key that is kept notices a change. What was read once in this process
   * is not read again as long as size and times stay as they are; but each file of a folder is looked at. Names and bytes
   * count, and empty folders; times, owners and permissions do not. Hashes are XXH3-128: they tell different contents
   * apart, unless somebody makes two with the same hash on purpose.
   *
   * @throws HoldfastError `ERR_INVALID_KEY` for a URL that is no file; and when used, for what cannot be read, for symbolic
   * links (see `symlinks`), for pipes, sockets and devices, and for what keeps changing while it is read.
   * `ERR_INVALID_OPTION`.
   * @example
   * cache.getOrSet(['rows', contentOf('data/train.csv')], () => parse('data/train.csv'))
   */
  (path: string | URL, options?: ContentOfOptions): ContentOf

  /**
   * Reads and hashes ahead of time and without keeping the event loop, with several threads where there is much to read, so
   * that the key is ready when a synchronous verb uses it. It is a key as `contentOf` makes it (the same one, if one was
   * given), and still notices changes.
   *
   * @throws HoldfastError as `contentOf`; the reason of `signal`; what `onProgress` throws.
   * @example
   * const images = await contentOf.hashed('images', { signal, onProgress: ({ files }) => bar.update(files) })
   * cache.get(['thumbnails', images])
   */
  hashed(path: string | URL | ContentOf, options?: ContentHashedOptions): Promise<ContentOf>
}

/** See {@link ContentOfFunction}. */
export const contentOf: ContentOfFunction = /* @__PURE__ */ Object.assign(mark, { hashed })

function mark(path: string | URL, options?: ContentOfOptions): ContentOf {
  checkOptionNames('contentOf', options, ['symlinks'])
  return new ContentMarker(absolute(path), policyOf(options))
}

async function hashed(
  path: string | URL | ContentOf,
  options: ContentHashedOptions = {},
): Promise<ContentOf> {
  checkOptionNames('contentOf.hashed', options, ['symlinks', 'signal', 'onProgress'])
  const { signal, onProgress } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidOption('contentOf.hashed: signal', signal, 'an AbortSignal')
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw invalidOption('contentOf.hashed: onProgress', onProgress, 'a function')
  }
  if (!(path instanceof ContentMarker)) {
    const marker = new ContentMarker(absolute(path as string | URL), policyOf(options))
    await marker.hashAhead(options)
    return marker
  }
  if (options.symlinks !== undefined && options.symlinks !== path.symlinks) {
    throw invalidOption(
      'contentOf.hashed: symlinks',
      options.symlinks,
      'the one that the key was made with, or none',
    )
  }
  await path.hashAhead(options)
  return path
}

function policyOf(options: ContentOfOptions | undefined): SymlinkPolicy {
  return oneOf('contentOf: symlinks', options?.symlinks, ['refuse', 'follow', 'link'], 'refuse')
}

function absolute(path: string | URL): string {
  try {
    const text = path instanceof URL ? fileURLToPath(path) : path
    // An empty text would mean the working directory.
    if (typeof text === 'string' && text !== '') return resolve(text)
  } catch (cause) {
    throw new HoldfastError('ERR_INVALID_KEY', 'contentOf: only file: URLs have content.', {
      cause,
    })
  }
  throw new HoldfastError(
    'ERR_INVALID_KEY',
    `contentOf: ${describe(path)} is no path. Pass a text or a file: URL.`,
  )
}
