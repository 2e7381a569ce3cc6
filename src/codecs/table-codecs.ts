import type { Codec } from '../contracts/codec.ts'
import { arqueroCodec } from './arquero.ts'
import { arrowCodec, arrowVectorCodec } from './arrow.ts'
import { polarsCodec } from './polars.ts'
import { tensorCodec } from './tensor.ts'

/** Libraries handed in, of which values come back as the library's own objects. */
export interface Libraries {
  readonly tf?: unknown
  readonly arrow?: unknown
  readonly polars?: unknown
  readonly arquero?: unknown
}

type Given<F extends (...options: never[]) => unknown> = NonNullable<Parameters<F>[0]>

/**
 * Codecs of what libraries hand out, in the order in which auto asks their tests.
 * @throws HoldfastError `ERR_INVALID_OPTION` for what is not the library.
 */
export function tableCodecs({ tf, arrow, polars, arquero }: Libraries): readonly Codec[] {
  const copy = { arrow } as Given<typeof arrowCodec>
  return [
    arrowCodec(copy),
    arrowVectorCodec(copy),
    polarsCodec({ polars } as Given<typeof polarsCodec>),
    arqueroCodec({ arquero } as Given<typeof arqueroCodec>),
    tensorCodec({ tf } as Given<typeof tensorCodec>),
  ]
}
