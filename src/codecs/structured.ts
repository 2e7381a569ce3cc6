import { deserialize, serialize } from 'node:v8'
import type { Codec } from '../contracts/codec.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { assertStructured } from './assert-structured.ts'

/**
 * Values with structure, through V8's structured clone format: plain objects and arrays with shared and circular references,
 * Map, Set, Date, RegExp, Error, bigint, every typed array, Buffer, ArrayBuffer, DataView, `-0`, `NaN`.
 * V8 writes its format version into the bytes; bytes of a newer one fail to decode, which reads as a miss.
 */
export const structuredCodec: Codec = {
  id: 'structured',
  encode(value) {
    assertStructured(value)
    try {
      return serialize(value)
    } catch (error) {
      throw new HoldfastError(
        'ERR_UNSUPPORTED_VALUE',
        'Value: structured clone refuses it; see the cause.',
        {
          cause: error,
        },
      )
    }
  },
  decode: (bytes) => deserialize(bytes),
}
