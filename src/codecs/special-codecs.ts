import type { Codec } from '../contracts/codec.ts'
import { urlCodec } from './basic.ts'
import { isTagged } from './walk.ts'

/** Classes that no codec but those of a user's own is asked about: a store meets them all the time. */
const common = new Set<unknown>([
  null,
  Array.prototype,
  Map.prototype,
  Set.prototype,
  Date.prototype,
  RegExp.prototype,
  Error.prototype,
  TypeError.prototype,
  Buffer.prototype,
  Uint8Array.prototype,
  Float32Array.prototype,
  Float64Array.prototype,
])

/**
 * Finds the codec of an object that general forms cannot hold: first the user's, in their order, each by its test; then URL, then
 * tables and tensors.
 */
export function specialCodecs(
  own: readonly Codec[],
  tables: readonly Codec[],
): (value: object) => Codec | undefined {
  return (value) => {
    for (const codec of own) if (codec.test?.(value) === true) return codec.choose?.(value) ?? codec
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype ? !isTagged(value) : common.has(prototype)) return undefined
    if (prototype === URL.prototype) return urlCodec
    return tables.find((codec) => codec.test?.(value))
  }
}
