import type { MappedValue } from '../contracts/entry.ts'
import { HoldfastError } from '../contracts/errors.ts'
import type { Engine } from './engine.ts'
import type { StoredKey } from './stored-key.ts'

/**
 * The bytes of the value under `key`, apart from the cache: a private map of the value's file where that is possible, a copy
 * otherwise.
 */
export function openMapped(engine: Engine, key: StoredKey): MappedValue | undefined {
  const found = engine.reader.findEncoded(key, 'map')
  engine.reader.count(found?.id)
  return found === undefined ? undefined : new MappedBytes(found.encoded.bytes)
}

class MappedBytes implements MappedValue {
  readonly size: number
  #bytes: Uint8Array | undefined

  constructor(bytes: Uint8Array) {
    this.size = bytes.byteLength
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get bytes(): Uint8Array {
    if (this.#bytes !== undefined) return this.#bytes
    throw new HoldfastError('ERR_CLOSED', 'map: this view was closed. Call map(key) again.')
  }

  /** Only lets go of the pages: they are unmapped when the last view of them is collected, so no view ever dangles. */
  close(): void {
    this.#bytes = undefined
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
