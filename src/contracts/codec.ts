/**
 * Turns values into bytes and back. The engine records `id` beside the bytes, so that a value is always read by the codec
 * that wrote it; {@link decode} therefore never guesses.
 */
export interface Codec {
  /** Name kept in the store: 1 to 64 of `[a-z0-9.-]`, starting with a letter. Never reuse one for another format. */
  readonly id: string
  /**
   * The bytes of `value`. The engine keeps or copies them before the call returns, so a view of the value is fine.
   * @throws HoldfastError `ERR_UNSUPPORTED_VALUE` with the path to what cannot be encoded.
   */
  encode(value: unknown): Uint8Array
  /** The value of `bytes`. It may keep a reference to `bytes`, which are its own. Any throw counts as a damaged entry. */
  decode(bytes: Uint8Array): unknown
}
