import { HoldfastError } from '../contracts/errors.ts'

/*
 * A namespace is a path of names. In ids of entries, and in names of markers, it is written as its names, each closed by `/`,
 * with `%`, `/` and `:` in them escaped, so that no two paths have the same text and the text of a path begins those of all below it.
 */

/** The text of a path: `''` for a cache itself. */
export type NamespacePath = string

/** The path of `name` below `parent`. @throws HoldfastError `ERR_INVALID_OPTION`. */
export function pathBelow(parent: NamespacePath, name: unknown): NamespacePath {
  if (typeof name !== 'string' || name === '' || !name.isWellFormed() || name.includes('\0')) {
    throw new HoldfastError(
      'ERR_INVALID_OPTION',
      'namespace: the name must be a non-empty string without NUL or lone surrogates.',
    )
  }
  const escaped = name.replaceAll('%', '%25').replaceAll('/', '%2F').replaceAll(':', '%3A')
  return `${parent}${escaped}/`
}

/** The path itself and all above it, the cache's own last. */
export function pathsUp(path: NamespacePath): readonly NamespacePath[] {
  const paths = [path]
  let end = path.length
  while (end > 0) {
    end = path.lastIndexOf('/', end - 2) + 1
    paths.push(path.slice(0, end))
  }
  return paths
}
