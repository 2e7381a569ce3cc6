import { builtInCodec, builtInCodecs, codecNumber } from '../codecs/built-in.ts'
import type { Codec, EncodedValue, Payload } from '../contracts/codec.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { formatBytes } from '../util/byte-size.ts'
import {
  asyncThreshold,
  type Compressed,
  compress,
  compressAsync,
  decompress,
} from './compression.ts'
import { type ResolvedCompression, resolveCompression } from './compression-options.ts'
import { cipherOf, type Encryption } from './encryption.ts'
import { bindEntry } from './encryption-binding.ts'
import type { Cipher } from './encryption-cipher.ts'
import { decryptError } from './encryption-error.ts'
import type { OpenFrame } from './frame.ts'
import { damaged, type FrameFields, frameVersion, type Header } from './header.ts'

/** A value ready to be stored: compressed and encrypted as it is to be. */
export interface SealedValue {
  readonly fields: FrameFields
  readonly payload: Uint8Array
}

export interface ValueFormatOptions {
  readonly codec: Codec
  readonly compression: ResolvedCompression | undefined
  readonly encryption: Encryption | undefined
  /** Bytes of an encoded value beyond which it is refused. */
  readonly maxValueBytes: number
  /** Stored bytes beyond which a value is refused. */
  readonly maxStoredBytes: number
}

const none = new Uint8Array(0)

/** From value to frame and back: codec, then compression, then encryption. The same for every store and tier. */
export class ValueFormat {
  /** What encodes values. */
  readonly codec: Codec
  /** What encrypts, if values are to be encrypted. */
  readonly cipher: Cipher | undefined
  readonly #options: ValueFormatOptions
  /** Codecs that are not built in, by id. */
  readonly #given: ReadonlyMap<string, Codec>
  /** The codec that reads what each number says. */
  readonly #readers: readonly Codec[]
  readonly #compressions = new Map<string, ResolvedCompression | undefined>()

  constructor(options: ValueFormatOptions) {
    this.#options = options
    const { codec, encryption } = options
    this.codec = codec
    this.cipher = encryption === undefined ? undefined : cipherOf(encryption)
    this.#given = new Map([codec, ...(codec.members ?? [])].map((member) => [member.id, member]))
    this.#readers = builtInCodecs.map((builtIn) => this.#given.get(builtIn.id) ?? builtIn)
  }

  /** @throws HoldfastError `ERR_UNSUPPORTED_VALUE`. */
  encode(value: unknown): EncodedValue {
    const own = this.#options.codec
    const codec = own.choose?.(value) ?? own
    const encoded = codec.encode(value)
    const payload: Payload = encoded instanceof Uint8Array ? { bytes: encoded } : encoded
    return {
      codec: codec.id,
      version: codec.version ?? 1,
      meta: payload.meta ?? none,
      bytes: payload.bytes,
      elementBytes: payload.elementBytes ?? 1,
    }
  }

  /** @throws HoldfastError `ERR_VALUE_TOO_LARGE` for more bytes than a value may have. */
  checkRawSize(size: number): void {
    if (size > this.#options.maxValueBytes) throw tooLarge(size, this.#options.maxValueBytes)
  }

  /** @throws HoldfastError `ERR_VALUE_TOO_LARGE` for more bytes than may be stored. */
  checkStoredSize(size: number): void {
    if (size > this.#options.maxStoredBytes) throw tooLarge(size, this.#options.maxStoredBytes)
  }

  /** Whether a stored value may be read here: somebody with higher limits may have written it. */
  allows(header: Pick<Header, 'rawSize'>): boolean {
    return header.rawSize <= this.#options.maxValueBytes
  }

  /**
   * Compresses and encrypts.
   * @param key the entry's canonical key, which encryption ties the value to.
   * @throws HoldfastError `ERR_VALUE_TOO_LARGE`, `ERR_NONCE_EXHAUSTED`.
   */
  seal(encoded: EncodedValue, key: Uint8Array): SealedValue {
    const { bytes, elementBytes } = encoded
    this.checkRawSize(bytes.byteLength)
    const compression = this.compressionOf(encoded.codec)
    const smaller =
      compression === undefined ? undefined : compress(bytes, elementBytes, compression)
    return this.#finish(encoded, smaller, key)
  }

  /** As {@link seal}; a large value, whose bytes nobody must change, is compressed by other threads meanwhile. */
  async sealAsync(encoded: EncodedValue, key: Uint8Array): Promise<SealedValue> {
    const { bytes, elementBytes } = encoded
    this.checkRawSize(bytes.byteLength)
    const compression = this.compressionOf(encoded.codec)
    const smaller =
      compression === undefined
        ? undefined
        : await compressAsync(bytes, elementBytes, compression, true)
    return this.#finish(encoded, smaller, key)
  }

  /** Whether {@link sealAsync} would leave the event loop. */
  isSlow({ codec, bytes }: EncodedValue): boolean {
    return bytes.byteLength >= asyncThreshold && this.compressionOf(codec) !== undefined
  }

  /** How values of a codec are compressed: as it says itself, otherwise as the store does. */
  compressionOf(codec: string): ResolvedCompression | undefined {
    const own = this.#find(codec)?.compression
    if (own === undefined) return this.#options.compression
    if (!this.#compressions.has(codec))
      this.#compressions.set(codec, resolveCompression(own, 'compression'))
    return this.#compressions.get(codec)
  }

  /**
   * Decrypts and decompresses what {@link seal} made.
   * @throws HoldfastError `ERR_DECRYPT`, `ERR_INVALID_FRAME`; `ERR_UNSUPPORTED` or `ERR_DEPENDENCY_MISSING` for an algorithm
   * that is not there.
   */
  open(frame: OpenFrame, key: Uint8Array): EncodedValue {
    const stored = this.#decrypted(frame, key)
    const bytes =
      frame.compression === 0 ? stored : decompress(frame.compression, stored, frame.rawSize)
    if (bytes.byteLength !== frame.rawSize) throw damaged('its value has another size than it says')
    const { version, meta } = frame
    return { codec: codecName(frame.codec), version, meta, bytes, elementBytes: 1 }
  }

  /** Whether a frame can be decoded as it is: most can. */
  isBare({ compression, cipher }: OpenFrame): boolean {
    return compression === 0 && cipher === undefined && this.cipher === undefined
  }

  /** The value of a frame that is bare. @throws as {@link decode}. */
  decodeBare(frame: OpenFrame): unknown {
    return this.reader(frame.codec).decode(frame.payload, frame)
  }

  /** @throws whatever the codec throws at bytes it cannot read; HoldfastError `ERR_UNSUPPORTED_VALUE` for one that is not there. */
  decode({ codec, bytes, meta, version }: EncodedValue): unknown {
    return this.reader(codec).decode(bytes, { meta, version })
  }

  /** The codec that reads what a frame names. @throws HoldfastError `ERR_UNSUPPORTED_VALUE` for one that is not there. */
  reader(codec: number | string): Codec {
    const found = typeof codec === 'number' ? this.#readers[codec] : this.#find(codec)
    if (found === undefined) throw unknownCodec(codecName(codec))
    return found
  }

  #find(codec: string): Codec | undefined {
    // A given codec first: one with options, such as auto({ tf }), knows more than the built-in of its id.
    return this.#given.get(codec) ?? builtInCodec(codec)
  }

  #finish(encoded: EncodedValue, smaller: Compressed | undefined, key: Uint8Array): SealedValue {
    const plain = smaller?.bytes ?? encoded.bytes
    const fields: FrameFields = {
      codec: codecNumber(encoded.codec) ?? encoded.codec,
      version: encoded.version,
      meta: encoded.meta,
      compression: smaller?.algorithm ?? 0,
      cipher: undefined,
      rawSize: encoded.bytes.byteLength,
    }
    this.checkStoredSize(plain.byteLength)
    if (this.cipher === undefined) return { fields, payload: plain }
    const { bytes, ...cipher } = this.cipher.seal(plain, this.bound(fields, key))
    return { fields: { ...fields, cipher }, payload: bytes }
  }

  #decrypted(frame: OpenFrame, key: Uint8Array): Uint8Array {
    const { cipher, payload } = frame
    this.checkCipher(frame)
    if (cipher === undefined || this.cipher === undefined) return payload
    return this.cipher.open(payload, cipher, this.bound(frame, key))
  }

  /**
   * Refuses what is not encrypted where everything is, and what is where no key is.
   * @throws HoldfastError `ERR_DECRYPT`.
   */
  checkCipher({ cipher }: Pick<FrameFields, 'cipher'>): void {
    if (cipher === undefined && this.cipher !== undefined) throw decryptError('downgrade')
    if (cipher !== undefined && this.cipher === undefined) throw decryptError('unknown-key')
  }

  /** What an encrypted value is tied to. Its size is left out, because a stream learns it last: the tag covers every byte. */
  bound(fields: Omit<FrameFields, 'cipher' | 'rawSize'>, key: Uint8Array): Uint8Array {
    const { codec, version, meta, compression } = fields
    return bindEntry({
      formatVersion: frameVersion,
      tenant: this.#options.encryption?.tenant ?? '',
      namespace: '',
      key,
      codec,
      codecVersion: version,
      meta,
      compression,
      rawSize: null,
    })
  }
}

/** The id of a codec, as a frame or a row names it. */
export function codecName(codec: number | string): string {
  return typeof codec === 'string' ? codec : (builtInCodec(codec)?.id ?? `unknown-${codec}`)
}

function unknownCodec(codec: string): HoldfastError {
  return new HoldfastError(
    'ERR_UNSUPPORTED_VALUE',
    `The value was written by the codec '${codec}', which is not known here. Pass it as codec, or in auto({ codecs }).`,
  )
}

function tooLarge(size: number, largest: number): HoldfastError {
  return new HoldfastError(
    'ERR_VALUE_TOO_LARGE',
    `The value has ${formatBytes(size)}, more than the ${formatBytes(largest)} allowed. Nothing was stored or evicted; store it in parts, or raise maxBytes or maxValueBytes.`,
  )
}
