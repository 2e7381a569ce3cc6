import type { Codec, EncodedValue } from '../../src/contracts/codec.ts'
import { compress } from '../../src/frame/compression.ts'
import {
  type ResolvedCompression,
  resolveCompression,
} from '../../src/frame/compression-options.ts'
import { wrap } from '../../src/frame/frame.ts'
import type { FrameFields } from '../../src/frame/header.ts'
import { type SealedValue, ValueFormat } from '../../src/frame/value-format.ts'
import { kinds } from '../codecs/support/kinds.ts'
import { type FrameSample, frameSamples, reader, testEncryption } from '../support/frame-samples.ts'
import { usableNames } from './compression-support.ts'

/** Values of more bytes are neither written nor read here. */
export const maxValueBytes: number = 2 ** 26

/** Raw bytes of a chunk, small so that small values have several. */
const chunkBytes = 4_096

/** A whole frame, and what it was made of. */
export interface CorpusFrame {
  readonly name: string
  readonly frame: Buffer
  readonly encoded: EncodedValue
  /** What says how it is compressed, and its payload before encryption. */
  readonly fields: FrameFields
  readonly stored: Uint8Array
  readonly isEncrypted: boolean
  /** Of the entry that it belongs to; no two frames share one. */
  readonly key: Uint8Array
}

/** What reads frames; the third holds to no limit. */
export const formats: { readonly [name in 'plain' | 'encrypted' | 'unlimited']: ValueFormat } = {
  plain: formatOf(undefined, false),
  unlimited: formatOf(undefined, false, reader, Number.POSITIVE_INFINITY),
  encrypted: formatOf(undefined, true),
}

export function formatOf(
  compression: ResolvedCompression | undefined,
  isEncrypted: boolean,
  codec: Codec = reader,
  limit: number = maxValueBytes,
): ValueFormat {
  const encryption = isEncrypted ? testEncryption() : undefined
  return new ValueFormat({
    codec,
    compression,
    encryption,
    maxValueBytes: limit,
    maxStoredBytes: limit,
  })
}

/** Valid frames of values of every kind, plain, in each compression, encrypted, and both. */
export function corpus(): readonly CorpusFrame[] {
  const frames: CorpusFrame[] = []
  for (const [name, sample] of [...frameSamples(), ...others()]) {
    const encoded = encode(sample)
    // A few large values would take most of the time.
    if (encoded.bytes.byteLength > 20_000) continue
    const forms = [undefined, ...algorithms].map((compression) => stored(encoded, compression))
    for (const [index, form] of forms.entries()) {
      if (form === undefined) continue
      const title = `${name}, ${algorithms[index - 1]?.algorithm.name ?? 'plain'}`
      frames.push(frameOf(title, encoded, form, false), frameOf(title, encoded, form, true))
    }
  }
  return frames
}

type ResizableConstructor = new (size: number, options: { maxByteLength: number }) => ArrayBuffer

function others(): (readonly [string, FrameSample])[] {
  const resizable = new (ArrayBuffer as ResizableConstructor)(8, { maxByteLength: 64 })
  const values = { ...kinds(), 'a resizable buffer': { resizable } }
  return Object.entries(values).map(([name, value]) => [name, { value }])
}

export function encode({ value, codec = reader }: FrameSample): EncodedValue {
  const encoded = formatOf(undefined, false, codec).encode(value)
  return { ...encoded, bytes: Uint8Array.from(encoded.bytes), meta: Uint8Array.from(encoded.meta) }
}

const algorithms: readonly ResolvedCompression[] = usableNames.flatMap((algorithm) => {
  const resolved = resolveCompression({ algorithm, minBytes: 0 })
  return resolved === undefined ? [] : [resolved]
})

/** The payload as it is stored but for encryption; `undefined` where it does not get smaller. */
export function stored(
  encoded: EncodedValue,
  compression: ResolvedCompression | undefined,
): SealedValue | undefined {
  const { fields } = formats.plain.seal({ ...encoded, codec: encoded.codec }, none)
  if (compression === undefined) return { fields, payload: encoded.bytes }
  const smaller = compress(encoded.bytes, encoded.elementBytes, compression, chunkBytes)
  if (smaller === undefined) return undefined
  return { fields: { ...fields, compression: smaller.algorithm }, payload: smaller.bytes }
}

const none = new Uint8Array(0)

function frameOf(
  title: string,
  encoded: EncodedValue,
  { fields, payload }: SealedValue,
  isEncrypted: boolean,
): CorpusFrame {
  const name = isEncrypted ? `${title}, encrypted` : title
  const key = Buffer.from(`s${name}`)
  const frame = finish({ fields, payload }, isEncrypted, key)
  return { name, frame, encoded, fields, stored: payload, isEncrypted, key }
}

/** Encrypts, if that is to be done, and makes it a frame with the right checksum. */
export function finish(
  { fields, payload }: SealedValue,
  isEncrypted: boolean,
  key: Uint8Array,
): Buffer {
  if (!isEncrypted) return wrap(fields, payload)
  const { cipher: sealing } = formats.encrypted
  if (sealing === undefined) throw new Error('the encrypted format has no cipher')
  const { bytes, ...cipher } = sealing.seal(payload, formats.encrypted.bound(fields, key))
  return wrap({ ...fields, cipher }, bytes)
}
