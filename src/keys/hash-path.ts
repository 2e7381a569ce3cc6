import { setImmediate as nextTurn } from 'node:timers/promises'
import { ContentMemo } from './content-memo.ts'
import { ContentPool } from './content-pool.ts'
import { ContentChanged, ContentTree, refused, type SymlinkPolicy } from './content-tree.ts'
import { type ContentProgress, ContentWork } from './content-work.ts'

/** What hashing works with, and keeps between calls. */
export interface ContentHasher {
  readonly memo: ContentMemo
  readonly pool: ContentPool
}

/** How `hashPathAhead` goes about it. */
export interface HashAheadOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: ContentProgress) => void) | undefined
}

/** The one of this process. */
export const processHasher: ContentHasher = { memo: new ContentMemo(), pool: new ContentPool() }

/** What changes while it is read is read again until it was tried so often, and then refused. */
const attempts = 4

/** The longest that hashing ahead keeps the event loop at a time, in milliseconds, but for one piece of a file. */
const slice = 5

/**
 * The content hash of what lies at `path`, read at a stretch.
 * @throws HoldfastError `ERR_INVALID_KEY`.
 */
export function hashPath(
  path: string,
  symlinks: SymlinkPolicy,
  hasher: ContentHasher = processHasher,
): string {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const tree = new ContentTree(path, symlinks, hasher.memo)
      finish(tree.look())
      finish(new ContentWork(tree, hasher.memo).here())
      return finish(tree.fold())
    } catch (error) {
      giveUpOrTryAgain(path, error, attempt)
    }
  }
}

/**
 * The same without keeping the event loop: in slices, or in other threads where there is much to read.
 * @throws HoldfastError `ERR_INVALID_KEY`; the reason of `signal`; what `onProgress` throws.
 */
export async function hashPathAhead(
  path: string,
  symlinks: SymlinkPolicy,
  options: HashAheadOptions,
  hasher: ContentHasher = processHasher,
): Promise<string> {
  const { signal } = options
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted()
    try {
      const tree = new ContentTree(path, symlinks, hasher.memo)
      const work = new ContentWork(tree, hasher.memo, options.onProgress)
      await inSlices(tree.look(), signal, () => work.report(false))
      await work.inThreads(hasher.pool, signal)
      await inSlices(work.here(), signal, () => work.report(true))
      const hash = await inSlices(tree.fold(), signal)
      work.report(true)
      return hash
    } catch (error) {
      giveUpOrTryAgain(path, error, attempt)
    }
  }
}

function finish<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

async function inSlices<T>(
  steps: Generator<undefined, T>,
  signal: AbortSignal | undefined,
  onPause?: () => void,
): Promise<T> {
  let until = performance.now() + slice
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    if (performance.now() < until) continue
    onPause?.()
    await nextTurn()
    signal?.throwIfAborted()
    until = performance.now() + slice
  }
}

function giveUpOrTryAgain(path: string, error: unknown, attempt: number): void {
  if (!(error instanceof ContentChanged)) throw error
  if (attempt < attempts) return
  if (error.cause !== undefined) throw refused(path, 'cannot be read', error.cause)
  throw refused(path, 'changes while it is read. Use it once nothing writes to it any more')
}
