import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HoldfastError } from '../contracts/errors.ts'
import { invalidOption } from '../util/options.ts'
import {
  inspectDirectory,
  makePrivate,
  nothingHere,
  prepareDirectory,
  shardsFileName,
} from './directory.ts'
import { formatVersion, type StoreKind } from './schema.ts'
import { toStoreError } from './sqlite-errors.ts'
import type { StoredKey } from './stored-key.ts'

/** What the root of a sharded store says of itself. */
interface ShardsFile {
  readonly format: number
  readonly kind: StoreKind
  readonly shards: number
}

/** More shards than this cost more file handles than they bring. */
const mostShards = 256

/**
 * Prepares the root directory of a sharded store. @returns the directories of its shards, in order.
 * @throws HoldfastError as opening a plain store does; `ERR_SHARD_MISMATCH` for another number of shards.
 */
function prepareShards(
  directory: unknown,
  kind: StoreKind,
  shards: unknown,
  readonly: boolean,
): { root: string; folders: string[] } {
  if (
    typeof shards !== 'number' ||
    !Number.isSafeInteger(shards) ||
    shards < 1 ||
    shards > mostShards
  ) {
    throw invalidOption('shards', shards, `a whole number from 1 to ${mostShards}`)
  }
  const root = prepareDirectory(directory, readonly)
  try {
    const wanted: ShardsFile = { format: formatVersion, kind, shards }
    const found = inspectShards(root)
    if (found === 'empty' && readonly) throw nothingHere(root)
    if (found === 'empty') {
      makePrivate(root)
      publish(root, wanted)
    }
    checkShards(root, readFound(root), wanted)
  } catch (error) {
    throw toStoreError(error, root)
  }
  return {
    root,
    folders: Array.from({ length: shards }, (_, index) =>
      join(root, String(index).padStart(3, '0')),
    ),
  }
}

/** Opens every shard under `directory`; if one fails, none stays open. */
export function openShards<S extends Disposable>(
  directory: string,
  kind: 'cache' | 'index',
  options: { readonly shards: unknown; readonly readonly: boolean | undefined },
  open: (folder: string, shard: string) => S,
): { root: string; shards: S[] } {
  const { root, folders } = prepareShards(
    directory,
    kind,
    options.shards,
    options.readonly ?? false,
  )
  const shards: S[] = []
  try {
    for (const [index, folder] of folders.entries())
      shards.push(open(folder, `${index}/${folders.length}`))
  } catch (error) {
    for (const shard of shards) shard[Symbol.dispose]()
    throw error
  }
  return { root, shards }
}

/** Which of `shards` holds `key`: FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/) over its canonical text, finished with a multiply and shift. */
export function shardOf(key: StoredKey, shards: number): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.text.length; index += 1) {
    hash = Math.imul(hash ^ key.text.charCodeAt(index), 0x01000193)
  }
  // The low bits of FNV follow the last characters; the high ones have seen them all.
  return Math.floor(((Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0) / 2 ** 32) * shards)
}

function inspectShards(root: string): 'empty' | 'shards' {
  const found = inspectDirectory(root)
  if (found === 'shards' || found === 'empty') return found
  throw new HoldfastError(
    'ERR_STORE_KIND',
    `${root}: this is a store without shards. Open it with DiskCache or DiskIndex.`,
  )
}

/** Several processes may create the store at once: a link, unlike a rename, never replaces what another has put there. */
function publish(root: string, content: ShardsFile): void {
  const temporary = join(root, `.holdfast-${randomBytes(8).toString('hex')}.tmp`)
  writeFileSync(temporary, `${JSON.stringify(content)}\n`, { mode: 0o600, flag: 'wx' })
  try {
    linkSync(temporary, join(root, shardsFileName))
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(temporary)
  }
}

function readFound(root: string): ShardsFile {
  const text = readFileSync(join(root, shardsFileName), 'utf8')
  try {
    const found = JSON.parse(text) as Partial<ShardsFile> | null
    if (
      typeof found?.format === 'number' &&
      typeof found.shards === 'number' &&
      typeof found.kind === 'string'
    ) {
      return found as ShardsFile
    }
  } catch {
    // Told below.
  }
  throw new HoldfastError(
    'ERR_CORRUPT',
    `${root}: ${shardsFileName} is damaged. Restore it from a backup.`,
  )
}

function checkShards(root: string, found: ShardsFile, wanted: ShardsFile): void {
  if (found.format > wanted.format) {
    throw new HoldfastError(
      'ERR_NEWER_FORMAT',
      `${root}: the store has format ${found.format}, this version of holdfast knows ${wanted.format}. Update holdfast, or use another directory.`,
    )
  }
  if (found.kind !== wanted.kind) {
    throw new HoldfastError(
      'ERR_STORE_KIND',
      `${root}: this is a sharded ${found.kind}; it cannot be opened as a sharded ${wanted.kind}. Open it as what it is.`,
    )
  }
  if (found.shards === wanted.shards) return
  throw new HoldfastError(
    'ERR_SHARD_MISMATCH',
    `${root}: the store was created with ${found.shards} shards, not ${wanted.shards}. Open it with { shards: ${found.shards} }.`,
  )
}
