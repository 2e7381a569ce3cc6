import { Unpackr } from 'msgpackr'
import type { Codec } from '../contracts/codec.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { asBuffer } from './bytes.ts'
import { scanMessagePack } from './msgpack-scan.ts'
import { writeMessagePack } from './msgpack-writer.ts'
import { formOf, forms } from './walk.ts'

/** Without records, msgpackr's compression of names: its reader would compile code from the bytes. */
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true })

const msgpackCodec: Codec = {
  id: 'msgpack',
  encode(value) {
    formOf(value, { most: forms.msgpack })
    const bytes = writeMessagePack(value, { isTree: true })
    if (bytes !== undefined) return bytes
    throw new HoldfastError('ERR_UNSUPPORTED_VALUE', 'Value: it changed while it was encoded.')
  },
  decode(bytes) {
    scanMessagePack(bytes)
    // A Buffer, because then bytes within it come back as Buffers, and strings are read faster.
    return unpackr.unpack(asBuffer(bytes)) as unknown
  },
}

/**
 * MessagePack (https://msgpack.org), which other languages read: null, booleans, numbers, strings, plain objects, arrays,
 * bigints of 64 bits as integers, `Date` as a timestamp, `Buffer` as bin. `undefined`, `Set` and the other typed arrays take
 * msgpackr's extensions 0, 0x73 and 0x74. What it would lose is refused with `ERR_UNSUPPORTED_VALUE` and the path: Map,
 * array holes, cycles, RegExp, Error, half surrogate pairs, larger bigints. A part that is shared is written, and comes back,
 * once for each place.
 */
export function msgpack(): Codec {
  return msgpackCodec
}
