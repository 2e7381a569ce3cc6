import { Packr } from 'msgpackr'
import type { Codec } from '../contracts/codec.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { scanMessagePack } from './msgpack-scan.ts'
import { formOf, forms } from './walk.ts'

/**
 * Plain MessagePack. Without records, msgpackr's own compression of names, whose reader would compile code from the bytes;
 * without its references, for which it must remember every object; and without toJSON, which would change the value.
 */
const packr = new Packr({
  useRecords: false,
  variableMapSize: true,
  mapsAsObjects: true,
  moreTypes: true,
  useToJSON: false,
} as ConstructorParameters<typeof Packr>[0])

/** For values that a walk found to be kept by this form. */
export const msgpackTree: Codec = {
  id: 'msgpack',
  encode(value) {
    try {
      return packr.pack(value)
    } catch (error) {
      throw new HoldfastError(
        'ERR_UNSUPPORTED_VALUE',
        'Value: MessagePack cannot hold it; see the cause.',
        {
          cause: error,
        },
      )
    }
  },
  decode(bytes) {
    scanMessagePack(bytes)
    // A Buffer, because then bytes within it come back as Buffers, and strings are read faster.
    const buffer = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return packr.unpack(buffer)
  },
}

const msgpackCodec: Codec = {
  ...msgpackTree,
  encode(value) {
    formOf(value, { most: forms.msgpack })
    return msgpackTree.encode(value)
  },
}

/**
 * MessagePack (https://msgpack.org), which other languages read: null, booleans, numbers, strings, plain objects, arrays,
 * bigints of 64 bits as integers, `Date` as its timestamp, `Buffer` as bin. `undefined`, `Set` and the other typed arrays take
 * msgpackr's extensions 0, 0x73 and 0x74. What it would lose is refused with `ERR_UNSUPPORTED_VALUE` and the path: Map, `-0`,
 * array holes, cycles, RegExp, Error, half surrogate pairs, larger bigints. A part that is shared is written, and comes back,
 * once for each place.
 */
export function msgpack(): Codec {
  return msgpackCodec
}
