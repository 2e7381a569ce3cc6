import type { Compression } from './compression.ts'

/**
 * Turns values of one kind into bytes and back. What wrote an entry is recorded beside its bytes (id, version, meta), so a
 * value is always read by the codec that wrote it; {@link Codec.decode} therefore never guesses.
 */
export interface Codec {
  /** Name kept with the entry: 1 to 64 of `[a-z0-9.-]`, starting with a letter. Never reuse one for another format. */
  readonly id: string
  /** Version of the bytes that {@link encode} writes, 1 to 65,535. @default 1 */
  readonly version?: number | undefined
  /** Whether this codec is for `value`. Asked by `auto`, never by trial: it must be cheap and must not change the value. */
  test?(value: unknown): boolean
  /**
   * The bytes of `value`. Whoever calls keeps or copies them before anything else runs, so a view of the value is fine.
   * @throws HoldfastError `ERR_UNSUPPORTED_VALUE` with the path to what cannot be encoded.
   */
  encode(value: unknown): Uint8Array | Payload
  /**
   * The value of `bytes`, which are its own or a private copy-on-write map of a file: it may keep and change them.
   * Any throw, and a version that it does not know, counts as an entry that cannot be read: a miss and an event.
   */
  decode(bytes: Uint8Array, info: PayloadInfo): unknown
  /** How the bytes of this codec are compressed, whatever the store does with others. @default what the store says */
  readonly compression?: Compression | undefined
  /**
   * Chooses the codec for each value: what makes `auto` one. Such a codec's own `encode` and `decode` are never called.
   * @throws HoldfastError `ERR_UNSUPPORTED_VALUE`.
   */
  choose?(value: unknown): Codec
  /** Codecs that {@link choose} may give and that are not built in, by which readers find them. */
  readonly members?: readonly Codec[] | undefined
}

/** What a codec makes of a value, where bytes alone do not say it all. */
export interface Payload {
  /** The bulk. Where it is file-backed and not compressed it starts on a 64-byte boundary of the file. */
  readonly bytes: Uint8Array
  /** Small facts about the bytes, such as a shape; at most 32,768 bytes. They are in the checksum, and never compressed. */
  readonly meta?: Uint8Array | undefined
  /** Size of the equal-sized elements that `bytes` consist of (2, 4, 8, 16), so that compression may group their bytes. */
  readonly elementBytes?: number | undefined
}

/** What was recorded with the bytes of a value. */
export interface PayloadInfo {
  /** What {@link Payload.meta} was; empty where there was none. */
  readonly meta: Uint8Array
  /** The codec's version when the bytes were written. */
  readonly version: number
}

/** A value as its codec wrote it: what the frame records. */
export interface EncodedValue extends PayloadInfo {
  /** Id of the codec that wrote it. */
  readonly codec: string
  readonly bytes: Uint8Array
  /** 1 where the bytes have no element size. */
  readonly elementBytes: number
}
