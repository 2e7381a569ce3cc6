import { createHash } from 'node:crypto'
import { closeSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HoldfastError } from '../contracts/errors.ts'
import type { ContentOf } from '../contracts/key.ts'

/**
 * A key made from what the file or folder at `path` holds, not from its name: the same bytes give the same key wherever they
 * lie, and a changed byte gives another. The content is read when the key is first used.
 *
 * A file's hash is SHA-256 of its bytes; a folder's is SHA-256 over its entries sorted by name, each as length-prefixed
 * relative path, kind and hash. Symbolic links are refused, because what they point at can change unseen.
 *
 * @throws HoldfastError when used: `ERR_INVALID_KEY` if the path cannot be read or is neither a file nor a folder.
 * @example
 * cache.getOrSet(['rows', contentOf('data/train.csv')], () => parse('data/train.csv'))
 */
export function contentOf(path: string | URL): ContentOf {
  return new ContentMarker(resolve(path instanceof URL ? fileURLToPath(path) : path))
}

/** @internal */
export class ContentMarker implements ContentOf {
  readonly path: string
  #hash: string | undefined

  constructor(path: string, hash?: string) {
    this.path = path
    this.#hash = hash
  }

  /** A marker read back from a stored key: its path is not known any more. */
  static fromHash(hash: string): ContentMarker {
    return new ContentMarker('', hash)
  }

  get hash(): string {
    this.#hash ??= hashPath(this.path)
    return this.#hash
  }
}

function hashPath(path: string): string {
  try {
    const status = lstatSync(path)
    if (status.isFile()) return hashFile(path)
    if (status.isDirectory()) return hashFolder(path)
  } catch (error) {
    if (error instanceof HoldfastError) throw error
    throw new HoldfastError('ERR_INVALID_KEY', `contentOf: ${path} cannot be read.`, {
      cause: error,
    })
  }
  throw new HoldfastError('ERR_INVALID_KEY', `contentOf: ${path} is neither a file nor a folder.`)
}

function hashFile(path: string): string {
  const hash = createHash('sha256')
  const descriptor = openSync(path, 'r')
  try {
    const buffer = Buffer.allocUnsafe(65_536)
    for (
      let count = readSync(descriptor, buffer);
      count > 0;
      count = readSync(descriptor, buffer)
    ) {
      hash.update(buffer.subarray(0, count))
    }
  } finally {
    closeSync(descriptor)
  }
  return `f${hash.digest('hex')}`
}

function hashFolder(path: string): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(path).sort()) {
    const member = hashPath(join(path, name))
    hash.update(`${Buffer.byteLength(name)}:${name}${member.length}:${member}`)
  }
  return `d${hash.digest('hex')}`
}
