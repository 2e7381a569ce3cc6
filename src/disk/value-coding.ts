import { basicCodecFor, basicCodecs } from '../codecs/basic.ts'
import type { Codec } from '../contracts/codec.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { formatBytes } from '../util/byte-size.ts'

/** A value as bytes, and what reads them: the number of a built-in codec or the id of a user's. */
export interface Encoded {
  readonly codec: number | string
  readonly bytes: Uint8Array
}

const numbers: ReadonlyMap<Codec, number> = new Map(
  basicCodecs.map((codec, number) => [codec, number]),
)

/** Chooses the codec of each value, and finds the one that wrote it. */
export class ValueCoding {
  readonly #codec: Codec | undefined
  readonly #largest: number

  /** @param codec the user's; @param largest encoded bytes beyond which values are refused. */
  constructor(codec: Codec | undefined, largest: number) {
    this.#codec = codec
    this.#largest = largest
  }

  /** @throws HoldfastError `ERR_UNSUPPORTED_VALUE`. */
  encode(value: unknown): Encoded {
    const codec = this.#codec ?? basicCodecFor(value)
    const bytes = codec.encode(value)
    return { codec: numbers.get(codec) ?? codec.id, bytes }
  }

  /** @throws HoldfastError `ERR_VALUE_TOO_LARGE` for more bytes than may be stored. */
  checkSize(size: number): void {
    if (size > this.#largest) throw tooLarge(size, this.#largest)
  }

  /** @throws whatever the codec throws at damaged bytes; HoldfastError `ERR_UNSUPPORTED_VALUE` for a codec that is not there. */
  decode(codec: number | string, bytes: Uint8Array): unknown {
    return this.#find(codec).decode(bytes)
  }

  /** Whether bytes of this length may be read. */
  allows(size: number): boolean {
    return size <= this.#largest
  }

  #find(codec: number | string): Codec {
    const found =
      typeof codec === 'number'
        ? basicCodecs[codec]
        : this.#codec?.id === codec
          ? this.#codec
          : undefined
    if (found !== undefined) return found
    throw new HoldfastError(
      'ERR_UNSUPPORTED_VALUE',
      `The value was written by the codec '${codec}', which this store was not given.`,
    )
  }
}

/** The id of a row's codec. */
export function codecName(codec: number | string): string {
  return typeof codec === 'string' ? codec : (basicCodecs[codec]?.id ?? `unknown-${codec}`)
}

/** Whether a row's value is bytes as such, which can be streamed and mapped as what they are. */
export function isBytesCodec(codec: number | string): boolean {
  const name = codecName(codec)
  return typeof codec === 'number' && (name === 'bytes' || name === 'buffer')
}

function tooLarge(size: number, largest: number): HoldfastError {
  return new HoldfastError(
    'ERR_VALUE_TOO_LARGE',
    `The value has ${formatBytes(size)}, more than the ${formatBytes(largest)} allowed. Nothing was stored or evicted; store it in parts, or raise maxBytes or maxValueBytes.`,
  )
}
