import type { Key } from '../contracts/key.ts'
import { decodeKey } from '../keys/decode-key.ts'
import { encodeKey } from '../keys/encode-key.ts'
import { markNames } from './markers.ts'
import { type NamespacePath, pathBelow, pathsUp } from './namespace-path.ts'

/** A key within its namespace, as the parts of a cache pass it on. */
export interface KeyRef {
  readonly key: Key
  /** The namespace's path and the key's canonical text: the same in every process. */
  readonly id: string
  readonly space: KeySpace
}

/** One namespace: how its keys become ids. */
export class KeySpace {
  readonly path: NamespacePath
  /** The namespace and all above it. */
  readonly paths: readonly NamespacePath[]
  /** Names of the marks of an entry without tags. */
  readonly marks: readonly string[]

  constructor(path: NamespacePath) {
    this.path = path
    this.paths = pathsUp(path)
    this.marks = markNames(this.paths, [])
  }

  /** The namespace `name` within this one. @throws HoldfastError `ERR_INVALID_OPTION`. */
  below(name: string): KeySpace {
    return new KeySpace(pathBelow(this.path, name))
  }

  /** @throws HoldfastError `ERR_INVALID_KEY` or `ERR_UNSUPPORTED_KEY`. */
  ref(key: Key): KeyRef {
    return { key, id: this.idOf(key), space: this }
  }

  /** @throws HoldfastError `ERR_INVALID_KEY` or `ERR_UNSUPPORTED_KEY`. */
  idOf(key: Key): string {
    // The canonical text of a key never has a `/` before its type, and the path of a namespace ends with one.
    return typeof key === 'string' && key.isWellFormed()
      ? `${this.path}:s${key}`
      : `${this.path}:${encodeKey(key)}`
  }

  /** Names of the marks that concern an entry with `tags`. */
  marksOf(tags: readonly string[]): readonly string[] {
    return tags.length === 0 ? this.marks : markNames(this.paths, tags)
  }
}

/** The namespace of an id: no name in its path has a `:`. */
export function spaceOfId(id: string): KeySpace {
  return new KeySpace(id.slice(0, id.indexOf(':')))
}

/** The key of an id, for events and people. */
export function keyOfId(id: string): Key {
  return decodeKey(id.slice(id.indexOf(':') + 1))
}
