import type { Codec, Payload } from '../contracts/codec.ts'

/** A value that stands for another: what the codec of a class makes of an instance. */
export interface Plain {
  readonly plain: unknown
}

/**
 * A codec that may make of a value another value instead of bytes. Where `auto` meets one within a value, it keeps what was made in its place, so that
 * what it shares with the rest stays shared, and its members may be anything that auto keeps.
 */
export interface PlainCodec extends Codec {
  toPlain(value: unknown): Plain | Payload
  /** @param version the codec's when the value was written. @throws HoldfastError where there is no value in it. */
  fromPlain(plain: unknown, version: number): unknown
  /** The same codec for use within `codec`, which stores what it makes of a value. */
  within(codec: Codec): PlainCodec
}

export function isPlainCodec(codec: Codec): codec is PlainCodec {
  return 'toPlain' in codec && 'fromPlain' in codec
}

/** What a codec makes of a value. */
export function encodedBy(codec: Codec, value: unknown): Plain | Payload {
  if (isPlainCodec(codec)) return codec.toPlain(value)
  const encoded = codec.encode(value)
  return encoded instanceof Uint8Array ? { bytes: encoded } : encoded
}
