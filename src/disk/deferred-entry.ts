import type { EncodedValue } from '../contracts/codec.ts'
import type { Key } from '../contracts/key.ts'
import { ownBytes } from '../frame/own-bytes.ts'
import { hashContent } from '../keys/pending-content.ts'
import type { Engine } from './engine.ts'
import { type StoredKey, toStoredKey, wholeKey } from './stored-key.ts'
import type { Prepared } from './writer.ts'

/** A key and a value ready to be stored. */
export interface ReadyEntry {
  readonly key: StoredKey
  readonly prepared: Prepared
}

/**
 * An entry of `setAsync`: most are ready at once, and those whose key stands for files or whose value takes long to compress
 * get ready beside the event loop. A write that must come after it can {@link force} it.
 */
export class DeferredEntry {
  /** Resolves when the entry is ready; `undefined` if it is from the start. */
  readonly whenReady: Promise<void> | undefined
  readonly #engine: Engine
  #key: Key
  readonly #encoded: EncodedValue
  readonly #onKey: (key: StoredKey) => void
  #stored: StoredKey | undefined
  #prepared: Prepared | undefined

  /** @param onKey is told the key as it is stored, once it is known. */
  constructor(engine: Engine, key: Key, encoded: EncodedValue, onKey: (key: StoredKey) => void) {
    this.#engine = engine
    this.#key = key
    this.#onKey = onKey
    const hashed = hashContent(key)
    if (hashed === undefined && !engine.format.isSlow(encoded)) {
      this.#encoded = encoded
      this.force()
      return
    }
    // Its owner may change it meanwhile.
    this.#encoded = ownBytes(encoded)
    this.whenReady = this.#prepare(hashed)
  }

  get isReady(): boolean {
    return this.#prepared !== undefined
  }

  /** Gets ready now, if that is not done yet. @throws what the key or the value is refused with. */
  force(): ReadyEntry {
    const key = this.#storedKey()
    this.#prepared ??= this.#engine.writer.prepare('setAsync', key, this.#encoded)
    return { key, prepared: this.#prepared }
  }

  async #prepare(hashed: Promise<Key> | undefined): Promise<void> {
    if (hashed !== undefined) this.#key = await hashed
    const key = this.#storedKey()
    const sealed = await this.#engine.format.sealAsync(this.#encoded, wholeKey(key))
    // It may have been forced meanwhile.
    this.#prepared ??= this.#engine.writer.place('setAsync', sealed)
  }

  #storedKey(): StoredKey {
    if (this.#stored !== undefined) return this.#stored
    this.#stored = toStoredKey(this.#key)
    this.#onKey(this.#stored)
    return this.#stored
  }
}
