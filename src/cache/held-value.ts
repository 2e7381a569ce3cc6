import { builtInCodec } from '../codecs/built-in.ts'
import type { EncodedValue } from '../contracts/codec.ts'
import { ownBytes } from '../frame/own-bytes.ts'
import type { ValueFormat } from '../frame/value-format.ts'
import { freezePlain, immutableBytes, isImmutable, isPlainValue } from '../util/plain-value.ts'

/**
 * How a memory tier gives a value to several readers: to each his own, to all the same one deep-frozen, or to all the very
 * object that was stored.
 */
export type Share = 'copy' | 'frozen' | 'reference'

/** A value as a memory tier keeps it. */
export interface HeldValue {
  /** What all readers get; in the state `encoded` nothing. */
  value: unknown
  /** What each reader's own is decoded from, if there is no value for all. */
  encoded: EncodedValue | undefined
  /** What decodes `encoded`. */
  readonly format: ValueFormat
  /** Whether decoding gives none of the bytes away; `undefined` until it was tried. */
  isApart: boolean | undefined
  /** About how many bytes it takes; `undefined` where the value itself must be measured. */
  readonly size: number | undefined
}

/** Bytes of what stands around encoded bytes: their array and the record of what wrote them. */
const encodedBytes = 200

/** Makes what a memory tier keeps of values, and values of it. */
export class ValueHolder {
  readonly format: ValueFormat
  readonly share: Share

  constructor(format: ValueFormat, share: Share) {
    this.format = format
    this.share = share
  }

  /**
   * Keeps `value` as it is now; what its owner does to it afterwards changes nothing, except with `'reference'`.
   * @throws HoldfastError `ERR_UNSUPPORTED_VALUE`.
   */
  hold(value: unknown): HeldValue {
    if (isImmutable(value) && typeof value !== 'function')
      return this.#whole(value, immutableBytes(value))
    if (this.share === 'reference') return this.#whole(value, undefined)
    return this.holdOpened(ownBytes(this.format.encode(value)), this.format)
  }

  /** Keeps a value of which `format` knows to decode `encoded`, whose bytes nobody else has. */
  holdOpened(encoded: EncodedValue, format: ValueFormat): HeldValue {
    if (this.share === 'reference') return this.#whole(format.decode(encoded), undefined)
    if (this.share === 'frozen') {
      const value = format.decode({ ...encoded, bytes: new Uint8Array(encoded.bytes) })
      const size = isImmutable(value) ? immutableBytes(value) : freezePlain(value)
      if (size !== undefined) return this.#whole(value, size)
    }
    const size = encodedBytes + encoded.bytes.byteLength + encoded.meta.byteLength
    return { value: undefined, encoded, format, isApart: undefined, size }
  }

  /** A value that all readers get. */
  #whole(value: unknown, size: number | undefined): HeldValue {
    return { value, encoded: undefined, format: this.format, isApart: true, size }
  }

  /** The value, for one reader. @throws what its codec throws. */
  give(held: HeldValue): unknown {
    const { encoded, format, isApart } = held
    if (encoded === undefined) return held.value
    if (isApart === true) return format.decode(encoded)
    const value = format.decode({ ...encoded, bytes: new Uint8Array(encoded.bytes) })
    if (isApart === undefined) {
      const codec = format.reader(encoded.codec)
      held.isApart = builtInCodec(codec.id) === codec && isPlainValue(value)
      if (isImmutable(value)) {
        held.value = value
        held.encoded = undefined
      }
    }
    return value
  }

  /** What `format` makes of a kept value, for a tier that stores bytes. @throws HoldfastError `ERR_UNSUPPORTED_VALUE`. */
  encode(held: HeldValue, format: ValueFormat): EncodedValue {
    if (held.encoded !== undefined && held.format.codec === format.codec) return held.encoded
    return format.encode(this.give(held))
  }
}
