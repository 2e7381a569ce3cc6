import { parseByteSize } from '../util/byte-size.ts'
import { checkOptionNames, invalidOption, oneOf } from '../util/options.ts'
import { type Algorithm, algorithmNamed } from './algorithms.ts'

/** A {@link Compression} that was checked. */
export interface ResolvedCompression {
  readonly algorithm: Algorithm
  /** On the algorithm's scale; 0 where it has none. */
  readonly level: number
  /** Smaller values are not compressed. */
  readonly minBytes: number
}

const names = ['none', 'lz4', 'zstd', 'gzip', 'brotli'] as const
const known = ['algorithm', 'level', 'minBytes']
const defaultMinBytes = 1_024

/**
 * What an option of type `Compression` means; `undefined` for `none` and for nothing.
 * @throws HoldfastError `ERR_INVALID_OPTION`; `ERR_UNSUPPORTED` for zstd where Node has none; `ERR_DEPENDENCY_MISSING` for lz4
 *   without its package.
 */
export function resolveCompression(
  option: unknown,
  name = 'compress',
): ResolvedCompression | undefined {
  if (option === undefined) return undefined
  const isRecord = typeof option === 'object'
  if (isRecord) checkOptionNames(name, option, known)
  const { algorithm, level, minBytes } = (isRecord ? option : { algorithm: option }) as {
    readonly [key in 'algorithm' | 'level' | 'minBytes']?: unknown
  }
  const algorithmOption = isRecord ? `${name}.algorithm` : name
  if (algorithm === undefined) throw invalidOption(algorithmOption, algorithm, quoted())
  const chosen = algorithmNamed(oneOf(algorithmOption, algorithm, names, 'none'))
  const resolvedLevel = resolveLevel(`${name}.level`, level, chosen)
  const resolvedMin =
    minBytes === undefined ? defaultMinBytes : parseByteSize(`${name}.minBytes`, minBytes)
  if (chosen === undefined) return undefined
  chosen.checkUsable(`${name}: '${chosen.name}'`)
  return Object.freeze({ algorithm: chosen, level: resolvedLevel, minBytes: resolvedMin })
}

function quoted(): string {
  return `one of ${names.map((name) => `'${name}'`).join(', ')}`
}

function resolveLevel(option: string, level: unknown, algorithm: Algorithm | undefined): number {
  const levels = algorithm?.levels
  if (level === undefined) return levels?.default ?? 0
  if (levels === undefined)
    throw invalidOption(option, level, `no level: '${algorithm?.name ?? 'none'}' has none`)
  const { min, max } = levels
  if (typeof level === 'number' && Number.isInteger(level) && level >= min && level <= max)
    return level
  throw invalidOption(option, level, `a whole number from ${min} to ${max}`)
}
