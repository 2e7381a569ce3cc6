/** A key by the id that is stored beside what was made with it. */
export interface KeyringEntry {
  /** 8 bytes. */
  readonly id: Uint8Array
}

/** Keys of which the first is used to write, and any to read what it once wrote. */
export class Keyring<K extends KeyringEntry> {
  /** The key that writes. */
  readonly current: K
  readonly #byId = new Map<string, K>()

  constructor(current: K, previous: readonly K[]) {
    this.current = current
    for (const key of [current, ...previous]) this.#byId.set(nameOf(key.id), key)
  }

  /** The key with that id, if it is held. */
  find(id: Uint8Array): K | undefined {
    return this.#byId.get(nameOf(id))
  }
}

function nameOf(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('latin1')
}
