import type { EncodedValue } from '../contracts/codec.ts'

/** A copy, because the codec may have given a view of the value, which its owner may change. */
export function ownBytes(encoded: EncodedValue): EncodedValue {
  // Not slice(): a Buffer's is a view.
  const meta = new Uint8Array(encoded.meta)
  return { ...encoded, meta, bytes: new Uint8Array(encoded.bytes) }
}
