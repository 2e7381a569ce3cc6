import { createRequire } from 'node:module'
import { HoldfastError } from '../contracts/errors.ts'
import { findOptional, requireOptional } from '../util/optional-package.ts'
import type { ArrowCopy } from './arrow-types.ts'

/** The module `apache-arrow` (`import * as arrow from 'apache-arrow'`), 17 or newer. */
export interface ArrowModule {
  readonly Table: unknown
  readonly RecordBatch: unknown
  readonly RecordBatchReader: unknown
  readonly RecordBatchFileWriter: unknown
  readonly makeData: unknown
}

const require = createRequire(import.meta.url)

const packageName = 'apache-arrow'

/** The copy of the first table or vector that this process met: what its user imports. */
let firstSeen: ArrowCopy | undefined

/**
 * Checks a copy of apache-arrow that was handed in.
 * @throws HoldfastError `ERR_INVALID_OPTION`.
 */
export function asArrowCopy(module: ArrowModule | undefined): ArrowCopy | undefined {
  if (module === undefined) return undefined
  const { Table, RecordBatch, RecordBatchReader, RecordBatchFileWriter, makeData } = module
  const parts = [Table, RecordBatch, RecordBatchReader, RecordBatchFileWriter, makeData]
  if (!parts.every((part) => typeof part === 'function')) {
    throw new HoldfastError(
      'ERR_INVALID_OPTION',
      "Option 'arrow': expected the module apache-arrow itself, as import * as arrow from 'apache-arrow' gives it.",
    )
  }
  return module as unknown as ArrowCopy
}

/** The copy that tables are given back in: handed in, first seen, or what a user of this process would import. */
export function arrowCopyForReading(handedIn: ArrowCopy | undefined): ArrowCopy {
  if (handedIn !== undefined) return handedIn
  firstSeen ??= likelyCopy()
  return firstSeen
}

/**
 * The copy that made `sample` (a table, or a chunk of a vector), whose writer must write it: another copy's throws on it,
 * or worse, takes it for a list of batches.
 */
export function arrowCopyOf(
  sample: object,
  part: 'Table' | 'Data',
  handedIn: ArrowCopy | undefined,
): ArrowCopy {
  const owner = copiesByLikelihood(handedIn).find((load) => isOf(load(), part, sample))?.()
  if (owner !== undefined) {
    firstSeen ??= owner
    return owner
  }
  throw new HoldfastError(
    'ERR_UNSUPPORTED_VALUE',
    "Value: a table of a copy of apache-arrow that cannot be found from here. Hand that copy in: arrow({ arrow: await import('apache-arrow') }).",
  )
}

/** Forgets the first copy seen: for tests. @internal */
export function forgetArrowCopy(): void {
  firstSeen = undefined
}

type Load = () => ArrowCopy | undefined

/** Loads as little as possible: a copy costs some 50 ms. */
function copiesByLikelihood(handedIn: ArrowCopy | undefined): readonly Load[] {
  return [() => handedIn, () => firstSeen, loadedCommonJsCopy, esmCopy, commonJsCopy]
}

// `instanceof` asks Symbol.hasInstance, which newer versions answer with yes for any copy.
function isOf(copy: ArrowCopy | undefined, part: 'Table' | 'Data', sample: object): boolean {
  const type = (copy as unknown as Record<string, { prototype: object }> | undefined)?.[part]
  return type !== undefined && Object.prototype.isPrototypeOf.call(type.prototype, sample)
}

function likelyCopy(): ArrowCopy {
  // A program that is CommonJS itself and has loaded that copy is what is left of evidence: ESM leaves none.
  const loaded = require.main === undefined ? undefined : loadedCommonJsCopy()
  return (
    loaded ??
    esmCopy() ??
    requireOptional<ArrowCopy>(
      packageName,
      'Reading an Arrow table',
      "hand it in: arrow({ arrow: await import('apache-arrow') })",
    )
  )
}

function commonJsCopy(): ArrowCopy | undefined {
  return findOptional<ArrowCopy>(packageName)
}

function loadedCommonJsCopy(): ArrowCopy | undefined {
  const path = commonJsPath()
  return path !== undefined && require.cache[path]?.loaded === true ? commonJsCopy() : undefined
}

/** The copy that `import` gives, which lies beside the other one. */
function esmCopy(): ArrowCopy | undefined {
  const path = commonJsPath()
  return path === undefined ? undefined : findOptional<ArrowCopy>(path.replace(/\.c?js$/, '.mjs'))
}

function commonJsPath(): string | undefined {
  try {
    return require.resolve(packageName)
  } catch {
    return undefined
  }
}
