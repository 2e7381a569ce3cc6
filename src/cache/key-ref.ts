import type { Key } from '../contracts/key.ts'
import { decodeKey } from '../keys/decode-key.ts'
import { encodeKey } from '../keys/encode-key.ts'
import { markNames } from './markers.ts'
import { type NamespacePath, pathBelow, pathsUp } from './namespace-path.ts'
import type { RefBudget, RefKeeper } from './ref-budget.ts'

/** A key within its namespace, as the parts of a cache pass it on. */
export interface KeyRef {
  readonly key: Key
  /** The namespace's path and the key's canonical text: the same in every process. */
  readonly id: string
  readonly space: KeySpace
}

/** Refs of keys longer than this are not kept: making one takes little beside hashing such a key. */
const longestKept = 128

/** One namespace: how its keys become ids. */
export class KeySpace implements RefKeeper {
  readonly path: NamespacePath
  /** The namespace and all above it. */
  readonly paths: readonly NamespacePath[]
  /** Names of the marks of an entry without tags. */
  readonly marks: readonly string[]
  /** Refs of keys that were used lately: making one allocates, and its id must be hashed anew. */
  #young = new Map<unknown, KeyRef>()
  #old = new Map<unknown, KeyRef>()
  readonly #budget: RefBudget

  constructor(path: NamespacePath, budget: RefBudget) {
    this.path = path
    this.#budget = budget
    this.paths = pathsUp(path)
    this.marks = markNames(this.paths, [])
  }

  /** The namespace `name` within this one. @throws HoldfastError `ERR_INVALID_OPTION`. */
  below(name: string): KeySpace {
    return new KeySpace(pathBelow(this.path, name), this.#budget)
  }

  /** @throws HoldfastError `ERR_INVALID_KEY` or `ERR_UNSUPPORTED_KEY`. */
  ref(key: Key): KeyRef {
    if (typeof key === 'object') return { key, id: this.idOf(key), space: this }
    return this.#young.get(key) ?? this.#keep(key)
  }

  #keep(key: Key): KeyRef {
    const ref = this.#old.get(key) ?? { key, id: this.idOf(key), space: this }
    if (typeof key === 'string' && key.length > longestKept) return ref
    this.#young.set(key, ref)
    this.#budget.add(this)
    return ref
  }

  age(): void {
    this.#old = this.#young
    this.#young = new Map()
  }

  /** What memory has the entry of `key` under: {@link slotOfId} of its id. @throws as {@link ref} does. */
  slotOf(key: Key): string {
    if (typeof key === 'string' && this.path === '' && key.isWellFormed() && !looksLikeId(key))
      return key
    return slotOfId(this.ref(key).id)
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

/** As {@link KeySpace.marksOf}, where there is only the id: no name in a path has a `:`. */
export function marksOfId(id: string, tags: readonly string[]): readonly string[] {
  return markNames(pathsUp(id.slice(0, id.indexOf(':'))), tags)
}

/** What ids of texts in no namespace begin with. */
const textId = ':s'

/**
 * What memory has the entry of `id` under: the key itself where that is a text in no namespace, so that most keys are looked up
 * as they come. One that looks like an id of another key (these have a `:` at their beginning, or behind a `/`) keeps its id.
 */
export function slotOfId(id: string): string {
  if (!id.startsWith(textId)) return id
  const key = id.slice(textId.length)
  return looksLikeId(key) ? id : key
}

function looksLikeId(key: string): boolean {
  const at = key.indexOf(':')
  return at === 0 || (at > 0 && key.charCodeAt(at - 1) === slash)
}

const slash = 0x2f

/** Whether there may be content in `key` that has to be hashed first. Most keys are texts, or arrays of these and numbers. */
export function mayNameContent(key: Key): boolean {
  if (typeof key !== 'object') return false
  return !Array.isArray(key) || key.some((part) => typeof part === 'object')
}

/** The key of an id, for events and people. */
export function keyOfId(id: string): Key {
  return decodeKey(id.slice(id.indexOf(':') + 1))
}
