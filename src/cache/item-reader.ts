import { unwrap } from '../frame/frame.ts'
import type { ValueFormat } from '../frame/value-format.ts'
import { readEnvelope } from './envelope.ts'
import type { ValueHolder } from './held-value.ts'
import type { Item } from './item.ts'

/** Makes items of the bytes that a tier has. */
export class ItemReader {
  readonly #format: ValueFormat
  readonly #holder: ValueHolder

  constructor(format: ValueFormat, holder: ValueHolder) {
    this.#format = format
    this.#holder = holder
  }

  /** @throws HoldfastError `ERR_INVALID_FRAME`, `ERR_DECRYPT`, and as `ValueFormat.open` does. */
  read(id: string, bytes: Uint8Array): Item {
    const { fields, frame, about } = readEnvelope(bytes)
    const { createdAt, expiresAt, staleUntil, tags, node } = fields
    const { version, etag, lastModified, description, meta } = fields
    const held =
      fields.negative === true
        ? undefined
        : this.#holder.holdOpened(
            this.#format.open(unwrap(frame, true), this.bound(id, about)),
            this.#format,
          )
    const times = { createdAt, expiresAt, staleUntil }
    return {
      id,
      held,
      ...times,
      tags,
      node,
      version,
      etag,
      lastModified,
      description,
      meta,
      cost: fields.cost,
    }
  }

  /** When an envelope was written; `undefined` if it cannot be read. */
  stampOf(bytes: Uint8Array): number | undefined {
    try {
      return readEnvelope(bytes).fields.createdAt
    } catch {
      return undefined
    }
  }

  /** What an encrypted value is tied to: its entry, and all that stands beside it. */
  bound(id: string, about: Uint8Array): Uint8Array {
    if (this.#format.cipher === undefined) return none
    const name = Buffer.from(id, 'utf8')
    const length = Buffer.alloc(4)
    length.writeUInt32LE(name.byteLength)
    return Buffer.concat([length, name, about])
  }
}

const none = new Uint8Array(0)
