import type { ContentOf } from '../contracts/key.ts'
import type { SymlinkPolicy } from './content-tree.ts'
import { type HashAheadOptions, hashPath, hashPathAhead } from './hash-path.ts'

/** What `contentOf` makes. */
export class ContentMarker implements ContentOf {
  readonly path: string
  readonly symlinks: SymlinkPolicy
  readonly #fixed: string | undefined

  constructor(path: string, symlinks: SymlinkPolicy, fixed?: string) {
    this.path = path
    this.symlinks = symlinks
    this.#fixed = fixed
  }

  /** A marker read back from a stored key: its path is not known any more. */
  static fromHash(hash: string): ContentMarker {
    return new ContentMarker('', 'refuse', hash)
  }

  /** Whether the hash is a stored or given one, so that nothing is looked at. */
  get isFixed(): boolean {
    return this.#fixed !== undefined
  }

  get hash(): string {
    return this.#fixed ?? hashPath(this.path, this.symlinks)
  }

  /** The hash, without keeping the event loop. */
  async hashAhead(options: HashAheadOptions): Promise<string> {
    options.signal?.throwIfAborted()
    return this.#fixed ?? (await hashPathAhead(this.path, this.symlinks, options))
  }

  /** The same path with a hash that stays. */
  fixedAt(hash: string): ContentMarker {
    return new ContentMarker(this.path, this.symlinks, hash)
  }
}
