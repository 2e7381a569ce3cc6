import { deserialize, serialize } from 'node:v8'
import type { Codec } from '../contracts/codec.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { scanStructured } from './structured-scan.ts'
import { formOf, forms } from './walk.ts'

/** For values that a walk found to be kept by this form. */
export const structuredTree: Codec = {
  id: 'structured',
  encode: writeStructured,
  decode: (bytes) => readStructured(bytes, false),
}

/**
 * Values with structure, through V8's structured clone format: plain objects and arrays with shared and circular references,
 * Map, Set, Date, RegExp, Error, bigint, every typed array, Buffer, ArrayBuffer, DataView, `-0`, `NaN`.
 * V8 writes its format version into the bytes; bytes of a newer one fail to decode, which reads as a miss.
 */
export const structuredCodec: Codec = {
  ...structuredTree,
  encode(value) {
    formOf(value, { most: forms.structured })
    return structuredTree.encode(value)
  },
}

/**
 * V8's structured clone format, as `node:v8` writes it: for values with shared parts, cycles, Map, RegExp or Error when they
 * are to be read by Node alone. What it would lose (class instances, URL, objects without a prototype, errors with
 * properties of their own) is refused with `ERR_UNSUPPORTED_VALUE` and the path.
 */
export function structured(): Codec {
  return structuredCodec
}

/** @throws HoldfastError `ERR_UNSUPPORTED_VALUE`. */
export function writeStructured(value: unknown): Uint8Array {
  try {
    return serialize(value)
  } catch (error) {
    throw new HoldfastError(
      'ERR_UNSUPPORTED_VALUE',
      'Value: structured clone refuses it; see the cause.',
      { cause: error },
    )
  }
}

/**
 * @param withBoxes whether boxed numbers may be in it, which only graphs use.
 * @throws HoldfastError `ERR_CORRUPT`; whatever V8 throws.
 */
export function readStructured(bytes: Uint8Array, withBoxes: boolean): unknown {
  scanStructured(bytes, withBoxes)
  return deserialize(bytes)
}
