import { findCodec } from '../../../src/codecs/built-in.ts'
import type { Codec } from '../../../src/contracts/codec.ts'

/** What a store records of a value. */
export interface Encoded {
  readonly codec: string
  readonly version: number
  readonly meta: Uint8Array
  readonly bytes: Uint8Array
}

/** As a store encodes: by the codec that is chosen, into bytes of its own. */
export function encoded(codec: Codec, value: unknown): Encoded {
  const chosen = codec.choose?.(value) ?? codec
  const result = chosen.encode(value)
  const { bytes, meta = new Uint8Array(0) } =
    result instanceof Uint8Array ? { bytes: result } : result
  const { id, version = 1 } = chosen
  return { codec: id, version, meta: Uint8Array.from(meta), bytes: Uint8Array.from(bytes) }
}

/** As a store decodes: by the codec of the recorded id, the given one's members first. */
export function decoded(codec: Codec, { codec: id, ...stored }: Encoded): unknown {
  const found = findCodec(codec, id)
  if (found === undefined) throw new Error(`no codec '${id}'`)
  return found.decode(Uint8Array.from(stored.bytes), stored)
}

export function roundTrip(codec: Codec, value: unknown): unknown {
  return decoded(codec, encoded(codec, value))
}
