import { createHash } from 'node:crypto'
import { isHoldfastError } from '../contracts/errors.ts'
import type { Key } from '../contracts/key.ts'
import type { DiskCache } from '../index.ts'
import { analyseFile, analysisVersion, type FileFacts } from './demo-analyse.ts'
import type { FoundFile } from './demo-walk.ts'

/** One look at every file, through the cache. */
export interface Pass {
  readonly ms: number
  readonly fromCache: number
  readonly computed: number
  /** Files that went away, or could not be read, since they were listed. */
  readonly unreadable: number
  /** What computing all these results cost, now or in the run that did it. */
  readonly computeMs: number
  readonly tokens: number
  /** Hash of all results: equal in every pass, or something is wrong. */
  readonly digest: string
}

/** Gets the facts of every file from `cache`, and computes those it does not have. */
export function runPass(
  cache: DiskCache,
  root: string,
  files: readonly FoundFile[],
  onFile: () => void = () => {},
): Pass {
  const started = performance.now()
  const counts = { fromCache: 0, computed: 0, unreadable: 0, computeMs: 0, tokens: 0 }
  const digest = createHash('sha256')
  for (const file of files) {
    let computed = false
    const facts = unlessUnreadable(() =>
      cache.getOrSet<FileFacts>(keyOf(root, file), () => {
        computed = true
        return analyseFile(file.absolute)
      }),
    )
    if (!facts) counts.unreadable += 1
    else {
      counts[computed ? 'computed' : 'fromCache'] += 1
      counts.computeMs += facts.ms
      counts.tokens += facts.tokens
      digest.update(`${facts.sha256} ${facts.tokens} ${facts.vector?.[0]}\n`)
    }
    onFile()
  }
  return { ...counts, ms: performance.now() - started, digest: digest.digest('hex') }
}

/** Another size or time of last change is another file: nothing has to be invalidated. */
function keyOf(root: string, file: FoundFile): Key {
  return ['holdfast demo', analysisVersion, root, file.path, file.size, file.mtimeMs]
}

function unlessUnreadable<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    // What the cache throws ends the demo; what reading a file throws is counted.
    if (isHoldfastError(error) || !(error instanceof Error && 'syscall' in error)) throw error
    return undefined
  }
}
