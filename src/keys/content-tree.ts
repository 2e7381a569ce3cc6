import { lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { sep } from 'node:path'
import { HoldfastError } from '../contracts/errors.ts'
import { hashOfFolder, hashOfLink } from './content-hash.ts'
import { type ContentMemo, type FileState, stateOf } from './content-memo.ts'

/** What happens to symbolic links; see `ContentOfOptions`. */
export type SymlinkPolicy = 'refuse' | 'follow' | 'link'

/** Names that are not UTF-8 are kept as bytes. */
type Path = string | Buffer

/** A regular file, as it was when it was looked at. */
export interface FileNode {
  readonly kind: 'file'
  readonly path: Path
  readonly file: FileState
  readonly size: number
  /** Whether its hash may be remembered. */
  readonly settled: boolean
  hash: string | undefined
}

interface FolderNode {
  readonly kind: 'folder'
  readonly path: Path
  readonly members: { readonly name: Buffer; readonly node: Node }[]
  /** Set while its members are being hashed: a folder met again meanwhile lies within itself. */
  entered: boolean
  hash: string | undefined
}

interface LinkNode {
  readonly kind: 'link'
  readonly hash: string
}

type Node = FileNode | FolderNode | LinkNode

/** Something changed between two looks at it. Everything is looked at again, a few times. */
export class ContentChanged extends Error {}

/**
 * A file, or a folder and all that lies in it: found out first, then hashed from the leaves. Both are generators that pause
 * after each small step, so that the same code runs at a stretch or in slices.
 */
export class ContentTree {
  readonly #path: string
  readonly #symlinks: SymlinkPolicy
  readonly #memo: ContentMemo
  /** With `follow`, what was found under a real path: many links to one folder must not make it many folders. */
  readonly #seen = new Map<string, FileNode | FolderNode>()
  readonly #files: FileNode[] = []
  readonly #folders: FolderNode[] = []
  #root: Node | undefined

  constructor(path: string, symlinks: SymlinkPolicy, memo: ContentMemo) {
    this.#path = path
    this.#symlinks = symlinks
    this.#memo = memo
  }

  /** Every file once, with its hash if that is remembered. Complete after {@link look}. */
  get files(): readonly FileNode[] {
    return this.#files
  }

  /** Finds out what is there. */
  *look(): Generator<undefined, void> {
    this.#root = tried(this.#path, false, () =>
      // A real path to begin with, so that the real paths of links meet those of names.
      this.#nodeAt(this.#symlinks === 'follow' ? realPath(this.#path) : this.#path),
    )
    for (const folder of this.#folders) {
      for (const name of tried(folder.path, true, () => namesIn(folder.path))) {
        const path = join(folder.path, name)
        const node = tried(path, true, () => this.#nodeAt(path))
        folder.members.push({ name: Buffer.from(name), node })
        yield
      }
      folder.members.sort((a, b) => Buffer.compare(a.name, b.name))
    }
  }

  /** The hash of it all, once every file has its own. */
  *fold(): Generator<undefined, string> {
    const open = this.#root?.kind === 'folder' ? [this.#root] : []
    for (let folder = open.at(-1); folder !== undefined; folder = open.at(-1)) {
      if (folder.hash === undefined && !folder.entered) {
        folder.entered = true
        for (const { node } of folder.members) {
          if (node.kind !== 'folder' || node.hash !== undefined) continue
          if (node.entered) throw refused(node.path, 'lies within itself by way of symbolic links')
          open.push(node)
        }
      } else {
        folder.hash ??= hashOfFolder(
          folder.members.map(({ name, node }) => ({ name, hash: hashOf(node) })),
        )
        open.pop()
        yield
      }
    }
    return hashOf(this.#root)
  }

  #nodeAt(path: Path): Node {
    const seen = this.#seen.get(idOf(path))
    if (seen !== undefined) return seen
    const status = lstatSync(path, { bigint: true })
    if (status.isSymbolicLink()) return this.#nodeOfLink(path)
    if (!status.isDirectory() && !status.isFile()) {
      throw refused(path, 'is neither a file nor a folder')
    }
    const node = status.isDirectory() ? folderNode(path) : this.#fileNode(path, status)
    if (node.kind === 'folder') this.#folders.push(node)
    else this.#files.push(node)
    if (this.#symlinks === 'follow') this.#seen.set(idOf(path), node)
    return node
  }

  #nodeOfLink(path: Path): Node {
    switch (this.#symlinks) {
      case 'follow':
        return this.#nodeAt(realPath(path))
      case 'link': {
        const target = readlinkSync(path, 'buffer')
        return { kind: 'link', hash: hashOfLink(withSlashes(target)) }
      }
      default:
        throw refused(
          path,
          "is a symbolic link. Pass { symlinks: 'follow' } to hash what it points to, or { symlinks: 'link' } to hash the link itself",
        )
    }
  }

  #fileNode(path: Path, file: FileState): FileNode {
    const hash = this.#memo.get(file)
    const settled = this.#memo.settled(file)
    return { kind: 'file', path, file, size: Number(file.size), settled, hash }
  }
}

/** The error for something at `path` that has no content hash. */
export function refused(path: Path, why: string, cause?: unknown): HoldfastError {
  return new HoldfastError('ERR_INVALID_KEY', `contentOf: ${path} ${why}.`, { cause })
}

/** What `look` finds at `path`. `wasThere`: it was there a moment ago, so if it is not, it went. */
function tried<T>(path: Path, wasThere: boolean, look: () => T): T {
  try {
    return look()
  } catch (error) {
    if (error instanceof HoldfastError || error instanceof ContentChanged) throw error
    if (wasThere && error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new ContentChanged(undefined, { cause: error })
    }
    throw refused(path, 'cannot be read', error)
  }
}

function folderNode(path: Path): FolderNode {
  return { kind: 'folder', path, members: [], entered: false, hash: undefined }
}

function hashOf(node: Node | undefined): string {
  if (node?.hash === undefined) throw new TypeError('a member was not hashed')
  return node.hash
}

/** The names in a folder; none may come or go while they are listed. */
function namesIn(folder: Path): readonly Path[] {
  const before = lstatSync(folder, { bigint: true })
  let names: readonly Path[] = readdirSync(folder)
  // What is not UTF-8 reads as U+FFFD, and could not be opened.
  if (names.some((name) => name.includes('\ufffd'))) names = readdirSync(folder, 'buffer')
  const after = lstatSync(folder, { bigint: true })
  const same = after.isDirectory() && after.ino === before.ino && stateOf(after) === stateOf(before)
  if (!same) throw new ContentChanged()
  return names
}

function join(folder: Path, name: Path): Path {
  if (typeof folder === 'string' && typeof name === 'string') {
    return folder.endsWith(sep) ? folder + name : folder + sep + name
  }
  return Buffer.concat([Buffer.from(folder), Buffer.from(sep), Buffer.from(name)])
}

function idOf(path: Path): string {
  return typeof path === 'string' ? path : `bytes ${path.toString('latin1')}`
}

function realPath(path: Path): Path {
  const bytes = realpathSync.native(path, 'buffer')
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? text : bytes
}

/** Windows stores `\` between the names of a link's target; elsewhere that is a character like any other. */
function withSlashes(target: Buffer): Uint8Array {
  return sep === '/' ? target : Buffer.from(target.toString('utf8').replaceAll(sep, '/'))
}
