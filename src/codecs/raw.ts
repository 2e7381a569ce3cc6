import type { Codec } from '../contracts/codec.ts'
import { bufferCodec, bytesCodec } from './basic.ts'
import { notKept } from './refusal.ts'
import { typedArrayCodecFor } from './typed-array.ts'

function choose(value: unknown): Codec {
  const codec = typedArrayCodecFor(value)
  if (codec === bytesCodec || codec === bufferCodec) return codec
  throw notKept('what is no Uint8Array or Buffer', [], 'raw()')
}

const rawCodec: Codec = {
  id: 'raw',
  choose,
  test: (value) => {
    const codec = typedArrayCodecFor(value)
    return codec === bytesCodec || codec === bufferCodec
  },
  encode: (value) => choose(value).encode(value),
  decode() {
    throw new TypeError('raw() reads by the codecs it chooses')
  },
}

/** Bytes as they are: a `Uint8Array` or a `Buffer`. Every other value is refused with `ERR_UNSUPPORTED_VALUE`. */
export function raw(): Codec {
  return rawCodec
}
