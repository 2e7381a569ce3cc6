import { asBuffer } from '../codecs/bytes.ts'
import type { Meta } from '../contracts/entry.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { FieldReader, FieldWriter } from './envelope-fields.ts'
import { readMeta, writeMeta } from './envelope-meta.ts'
import { isSumOf, sumBytes, writeSum } from './envelope-sum.ts'

/** What is kept with the value of an entry. Times are milliseconds since the epoch, `Infinity` = never. */
export interface EnvelopeFields {
  /** The stamp of the entry: milliseconds with a fraction. */
  readonly createdAt: number
  readonly expiresAt: number
  readonly staleUntil: number
  readonly tags: readonly string[]
  readonly version?: string | number
  readonly etag?: string
  readonly lastModified?: string
  readonly description?: string
  readonly meta?: Meta
  /** That there is no such thing: a loader said so. */
  readonly negative?: true
  /** Who wrote it; at most 255 bytes of UTF-8. */
  readonly node: string
  /** By how many milliseconds a read moves the end. */
  readonly sliding?: number
}

/** A frame in one piece or two: a header that was made apart, and the payload. */
export type FrameParts = Uint8Array | { readonly head: Uint8Array; readonly payload: Uint8Array }

/** An envelope that was read. */
export interface Envelope {
  readonly fields: EnvelopeFields
  /** A view of the bytes that were read. */
  readonly frame: Uint8Array
  /** The bytes of the fields as {@link encodeFields} made them: what an encrypted frame is bound to. A view too. */
  readonly about: Uint8Array
}

/** Version of the layout in `docs/concepts/envelope.md`. Readers refuse others. */
export const envelopeVersion = 1

const magic = [0x68, 0x65] as const
const timesAt = 8
const nodeAt = 32
/** No field but the times and an empty node, then the checksum and a frame of nothing. */
const leastBytes = nodeAt + 1 + sumBytes

/** Envelopes of this size on put their frame on a boundary, so that what is aligned in the frame is aligned in all. */
const alignedFrom = 4_096
const boundary = 64

const has = {
  tags: 1,
  version: 2,
  etag: 4,
  lastModified: 8,
  description: 16,
  meta: 32,
  negative: 64,
  sliding: 128,
} as const

/**
 * The fields as bytes: the beginning of an envelope, needed before the frame is made where encryption binds the one to the other.
 * @throws HoldfastError `ERR_UNSUPPORTED_VALUE` for meta data that cannot be kept, `ERR_INVALID_OPTION` for a node of too long a name.
 */
export function encodeFields(fields: EnvelopeFields): Uint8Array {
  const { tags, version, etag, lastModified, description, meta, sliding } = fields
  const out = new FieldWriter(nodeAt)
  let flags = fields.negative === true ? has.negative : 0
  out.shortText(fields.node)
  if (tags.length > 0) {
    flags |= has.tags
    out.count(tags.length)
    for (const tag of tags) out.text(tag)
  }
  if (version !== undefined) {
    flags |= has.version
    out.textOrNumber(version)
  }
  if (etag !== undefined) {
    flags |= has.etag
    out.text(etag)
  }
  if (lastModified !== undefined) {
    flags |= has.lastModified
    out.text(lastModified)
  }
  if (description !== undefined) {
    flags |= has.description
    out.text(description)
  }
  if (meta !== undefined) {
    flags |= has.meta
    out.bytes(writeMeta(meta))
  }
  if (sliding !== undefined) {
    flags |= has.sliding
    out.number(sliding)
  }
  const about = out.take()
  about[0] = magic[0]
  about[1] = magic[1]
  about[2] = envelopeVersion
  about[3] = flags
  about.writeUInt32LE(about.length, 4)
  about.writeDoubleLE(fields.createdAt, timesAt)
  about.writeDoubleLE(fields.expiresAt, timesAt + 8)
  about.writeDoubleLE(fields.staleUntil, timesAt + 16)
  return about
}

/**
 * What a tier of bytes keeps of an entry: its fields, their checksum, and the frame of the value.
 * @param fields or what {@link encodeFields} made of them.
 * @throws HoldfastError as {@link encodeFields}.
 */
export function writeEnvelope(fields: EnvelopeFields | Uint8Array, frame: FrameParts): Uint8Array {
  const about = fields instanceof Uint8Array ? fields : encodeFields(fields)
  const [head, payload] =
    frame instanceof Uint8Array ? [undefined, frame] : [frame.head, frame.payload]
  const frameSize = (head?.byteLength ?? 0) + payload.byteLength
  const end = about.byteLength + sumBytes
  const start = end + frameSize < alignedFrom ? end : Math.ceil(end / boundary) * boundary
  const bytes = Buffer.allocUnsafe(start + frameSize)
  bytes.set(about, 0)
  writeSum(bytes, about.byteLength, about)
  bytes.fill(0, end, start)
  if (head !== undefined) bytes.set(head, start)
  bytes.set(payload, start + frameSize - payload.byteLength)
  return bytes
}

/**
 * Reads what {@link writeEnvelope} made. Nothing is believed before the checksum of the fields is compared; the frame is not
 * looked at, since it has one of its own.
 * @throws HoldfastError `ERR_INVALID_FRAME` with what is wrong; `ERR_NEWER_FORMAT` for another version.
 */
export function readEnvelope(bytes: Uint8Array): Envelope {
  const all = asBuffer(bytes)
  const size = all.length
  if (size < leastBytes || all[0] !== magic[0] || all[1] !== magic[1])
    throw damaged('they do not begin as one does')
  if (all[2] !== envelopeVersion) throw otherVersion(all[2] as number)
  const length = all.readUInt32LE(4)
  const end = length + sumBytes
  if (length <= nodeAt || end > size) throw damaged('its fields are longer than it is')
  const { buffer, byteOffset } = all
  const about = new Uint8Array(buffer, byteOffset, length)
  if (!isSumOf(all, length, about)) throw damaged('the checksum of its fields differs')
  const start = size < alignedFrom ? end : Math.ceil(end / boundary) * boundary
  if (start > size) throw damaged('it has no frame')
  for (let at = end; at < start; at += 1)
    if (all[at] !== 0) throw damaged('there is something before its frame')
  const frame = new Uint8Array(buffer, byteOffset + start, size - start)
  return { fields: readFields(all, length), frame, about }
}

function readFields(all: Buffer, length: number): EnvelopeFields {
  const flags = all[3] as number
  const createdAt = all.readDoubleLE(timesAt)
  const expiresAt = all.readDoubleLE(timesAt + 8)
  const staleUntil = all.readDoubleLE(timesAt + 16)
  if (!Number.isFinite(createdAt) || Number.isNaN(expiresAt) || Number.isNaN(staleUntil))
    throw damaged('one of its times is none')
  const input = new FieldReader(all, nodeAt, length)
  const node = input.shortText()
  // Most entries have no more than that.
  const fields =
    flags === 0
      ? { createdAt, expiresAt, staleUntil, tags: noTags, node }
      : { createdAt, expiresAt, staleUntil, tags: noTags, node, ...readMore(input, flags) }
  if (!input.isAtEnd) throw damaged('bytes are left over in its fields')
  return fields
}

const noTags: readonly string[] = Object.freeze([])

function readMore(input: FieldReader, flags: number): Partial<EnvelopeFields> {
  const more: { -readonly [name in keyof EnvelopeFields]?: EnvelopeFields[name] } = {}
  if ((flags & has.tags) !== 0) more.tags = input.texts()
  if ((flags & has.version) !== 0) more.version = input.textOrNumber()
  if ((flags & has.etag) !== 0) more.etag = input.text()
  if ((flags & has.lastModified) !== 0) more.lastModified = input.text()
  if ((flags & has.description) !== 0) more.description = input.text()
  if ((flags & has.meta) !== 0) more.meta = readMeta(input.bytes())
  if ((flags & has.negative) !== 0) more.negative = true
  if ((flags & has.sliding) !== 0) more.sliding = input.number()
  return more
}

function otherVersion(version: number): HoldfastError {
  if (version === 0) return damaged('its version is none')
  return new HoldfastError(
    'ERR_NEWER_FORMAT',
    `The entry's envelope has version ${version}; this version of holdfast reads ${envelopeVersion}. Update holdfast to read it.`,
  )
}

function damaged(why: string): HoldfastError {
  return new HoldfastError('ERR_INVALID_FRAME', `The bytes are no envelope of an entry: ${why}.`)
}
