import { builtInCodec } from '../codecs/built-in.ts'
import type { Codec, EncodedValue } from '../contracts/codec.ts'
import type { MemoryForm } from '../frame/encryption.ts'
import { type OpenFrame, unwrap } from '../frame/frame.ts'
import type { ValueFormat } from '../frame/value-format.ts'
import {
  freezePlain,
  immutableBytes,
  isImmutable,
  isPlainValue,
  textBytes,
} from '../util/plain-value.ts'
import type { HotEntry, HotSource } from './hot-entry.ts'
import { entryBytes, type HotSet, textOfKey } from './hot-set.ts'
import { storedKeyOfText, wholeKey } from './stored-key.ts'

/** What was found of an entry by reading it. */
export interface ReadEntry {
  readonly frame: OpenFrame
  /** The same, decrypted and decompressed, where it was not bare. */
  readonly encoded: EncodedValue | undefined
  readonly value: unknown
  readonly flags: number
  /** Milliseconds since the epoch, `null` = never. */
  readonly expires: number | null
}

const none = new Uint8Array(0)

/**
 * What hot entries hold of their values, and how each caller gets one of his own. The first read of an entry finds out the
 * cheapest way for the next: what nobody can change is given to all, and bytes are copied before they are decoded only where
 * the value may be made of them.
 */
export class HotValues {
  readonly #set: HotSet
  readonly #format: ValueFormat
  readonly #memory: MemoryForm
  readonly #sources = new Map<Codec, HotSource>()

  /** @param memory in which form encrypted values are kept. */
  constructor(set: HotSet, format: ValueFormat, memory: MemoryForm) {
    this.#set = set
    this.#format = format
    this.#memory = memory
  }

  /** The value of an entry, for one caller. @throws what its codec throws. */
  of(entry: HotEntry): unknown {
    switch (entry.state) {
      case 'absent':
      case 'value':
        return entry.value
      case 'plain':
        return entry.decode(entry.bytes)
      case 'views':
        return entry.decode(new Uint8Array(entry.bytes))
      case 'bytes':
        return this.#decodeFirst(entry)
      case 'frame':
        return this.#openFirst(entry)
      case 'sealed':
        return this.#unseal(entry)
    }
  }

  /** Makes `entry` hold what was read. @returns whether that can be kept. */
  fill(entry: HotEntry, read: ReadEntry): boolean {
    const format = this.#format
    const { frame, encoded, value } = read
    if (frame.cipher !== undefined && this.#memory === 'ciphertext') {
      if (frame.payload.byteLength > this.#set.largest) return false
      entry.state = 'sealed'
      entry.frame = { ...frame, payload: new Uint8Array(frame.payload) }
      entry.size = sizeOf(entry)
      return true
    }
    const shared = this.#share(entry, value)
    if (shared !== undefined) {
      entry.size = shared
      return true
    }
    const bytes = encoded?.bytes ?? frame.payload
    if (bytes.byteLength > this.#set.largest) return false
    entry.state = 'bytes'
    entry.bytes = new Uint8Array(bytes)
    entry.source = this.#source(format.reader(encoded?.codec ?? frame.codec), frame)
    entry.size = sizeOf(entry)
    return true
  }

  /** Makes the entry hold `value` itself, if all readers can have the same. @returns the bytes that it counts for then. */
  #share(entry: HotEntry, value: unknown): number | undefined {
    const size = isImmutable(value)
      ? immutableBytes(value)
      : this.#set.share === 'frozen'
        ? freezePlain(value)
        : undefined
    if (size === undefined) return undefined
    entry.state = 'value'
    entry.value = value
    entry.bytes = none
    entry.source = undefined
    return sizeOf(entry) + size
  }

  /** The first read of an entry that was stored here. */
  #openFirst(entry: HotEntry): unknown {
    const format = this.#format
    const frame = unwrap(entry.bytes, false)
    if (frame.cipher !== undefined && this.#memory === 'ciphertext') {
      entry.state = 'sealed'
      entry.frame = frame
      entry.bytes = none
      return this.#unseal(entry)
    }
    const encoded = format.isBare(frame) ? undefined : this.#opened(entry, frame)
    entry.source = this.#source(format.reader(encoded?.codec ?? frame.codec), frame)
    entry.bytes = encoded?.bytes ?? frame.payload
    return this.#decodeFirst(entry)
  }

  /** Decodes, and finds out how the next read can have it for less. */
  #decodeFirst(entry: HotEntry): unknown {
    const { version, source } = entry
    const value = entry.decode(new Uint8Array(entry.bytes))
    // A codec may use the store: what it wrote under this key is not what was decoded.
    if (!entry.isKept || entry.version !== version) return value
    const shared = this.#share(entry, value)
    if (shared === undefined) entry.state = this.#isApart(source, value) ? 'plain' : 'views'
    this.#set.resize(entry, shared ?? sizeOf(entry))
    return value
  }

  /** Whether decoding gives nothing of the bytes away; what a user's codec does with them is not known. */
  #isApart(source: HotSource | undefined, value: unknown): boolean {
    const codec = source?.codec
    return codec !== undefined && builtInCodec(codec.id) === codec && isPlainValue(value)
  }

  /** Most values of a codec have the same: nothing but its version. */
  #source(codec: Codec, { meta, version }: OpenFrame): HotSource {
    if (meta.byteLength > 0 || version !== 1)
      return { codec, about: { meta: new Uint8Array(meta), version } }
    let source = this.#sources.get(codec)
    if (source === undefined) {
      source = { codec, about: { meta: none, version } }
      this.#sources.set(codec, source)
    }
    return source
  }

  #unseal(entry: HotEntry): unknown {
    const { frame } = entry
    if (frame === undefined) return undefined
    const { codec, bytes, meta, version } = this.#opened(entry, frame)
    return this.#format.reader(codec).decode(bytes, { meta, version })
  }

  #opened(entry: HotEntry, frame: OpenFrame): EncodedValue {
    const text = entry.isText ? String(entry.index) : textOfKey(entry.index)
    return this.#format.open(frame, wholeKey(storedKeyOfText(text)))
  }
}

/** What V8 and the allocator take for bytes of their own, beside them. */
const bufferBytes = 280

/** Bytes that an entry counts for, a value that it holds itself left out. */
export function sizeOf({ index, bytes, frame, source }: HotEntry): number {
  const key = typeof index === 'string' ? textBytes(index) : 8
  const meta = source?.about.meta.byteLength ?? 0
  const held = bytes.byteLength + (frame?.payload.byteLength ?? 0)
  return entryBytes + key + meta + (held === 0 ? 0 : bufferBytes + held)
}
