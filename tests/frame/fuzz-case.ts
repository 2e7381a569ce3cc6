import type { EncodedValue } from '../../src/contracts/codec.ts'
import { HoldfastError } from '../../src/contracts/errors.ts'
import { type OpenFrame, unwrap } from '../../src/frame/frame.ts'
import { codecName } from '../../src/frame/value-format.ts'
import { seededRandom } from '../support/seeded-random.mjs'
import { type CorpusFrame, finish, formats } from './fuzz-corpus.ts'
import {
  below,
  mendChecksum,
  mendChunks,
  mendLengths,
  mutate,
  pick,
  type Random,
} from './fuzz-mutations.ts'
import { touch } from './fuzz-touch.ts'

/** One input, and what must come of it. */
export interface FuzzCase {
  readonly number: number
  readonly of: CorpusFrame
  /** What was mutated, and what was put right again. */
  readonly how: string
  /** A frame, or what a codec is given directly. */
  readonly input: Buffer | EncodedValue
  /** Whether it is a frame that its checksum no longer fits, which must be noticed. */
  readonly isDamaged: boolean
  /** Which format reads it. */
  readonly reader: keyof typeof formats
}

/** What came of an input: the code of an error that a frame ends with, or what its codec did. */
export type Outcome = string

/** A broken promise, as opposed to an outcome. */
export class FuzzFailure extends Error {}

/** The case with that number. It depends on nothing that ran before it. */
export function caseOf(frames: readonly CorpusFrame[], seed: number, number: number): FuzzCase {
  const random = seededRandom(mixed(seed, number))
  const of = choose(frames, random)
  const other = choose(frames, random)
  const stage = random()
  const own = { number, of, reader: readerFor(of, random), isDamaged: false }
  if (stage < 0.5) return { ...own, ...frameStage(of, other, random) }
  if (stage < 0.7 && of.fields.compression !== 0)
    return { ...own, ...storedStage(of, other, random) }
  const encoded = mutateEncoded(of.encoded, other.encoded, random)
  if (stage >= 0.8) return { ...own, how: 'codec payload', input: encoded }
  return { ...own, how: 'codec payload in a frame', input: rawFrame(of, encoded) }
}

/** 32 bits in which neighbouring numbers have nothing in common. */
function mixed(seed: number, number: number): number {
  let bits = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d)
  return (bits ^ (bits >>> 13)) >>> 0
}

/** Slow ones seldom: tables take a hundred times as long as the rest. */
function choose(frames: readonly CorpusFrame[], random: Random): CorpusFrame {
  const first = pick(random, frames)
  const isSlow = slow.has(first.encoded.codec) || first.encoded.bytes.length > 4_096
  return isSlow && random() < 0.8 ? choose(frames, random) : first
}

const slow: ReadonlySet<string> = new Set(['arrow', 'arrow-vector', 'arquero', 'parquet', 'tensor'])

function readerFor({ isEncrypted }: CorpusFrame, random: Random): FuzzCase['reader'] {
  const isRight = random() < 0.9
  return isEncrypted === isRight ? 'encrypted' : 'plain'
}

type Input = Pick<FuzzCase, 'how' | 'input' | 'isDamaged'>

/** The bytes of the frame are mutated. In half of the cases checksums are then made right. */
function frameStage(of: CorpusFrame, other: CorpusFrame, random: Random): Input {
  const input = mutate(of.frame, random, other.frame)
  // A splice may have put a whole frame together.
  const isDamaged = ![of, other].some(({ frame }) => frame.equals(input))
  if (random() < 0.5) return { how: 'frame', input, isDamaged }
  const how = ['frame', 'checksum']
  if (random() < 0.6) {
    mendLengths(input)
    how.push('lengths')
  }
  if (input[2] === 0x81 && input.length >= 40 && random() < 0.5) {
    const header = input.readUInt32LE(4)
    const rawSize = Number(input.readBigUInt64LE(16))
    if (header <= input.length) mendChunks(input.subarray(header), rawSize)
    how.push('chunks')
  }
  mendChecksum(input)
  return { how: how.join(' + '), input, isDamaged: false }
}

/** Compressed bytes are mutated, and framed, and encrypted, as a writer would. */
function storedStage(
  of: CorpusFrame,
  other: CorpusFrame,
  random: Random,
): Omit<Input, 'isDamaged'> {
  const payload = mutate(of.stored, random, other.stored)
  const isForged = random() < 0.7
  if (isForged) mendChunks(payload, of.fields.rawSize)
  const how = isForged ? 'compressed bytes + chunks' : 'compressed bytes'
  return { how, input: finish({ fields: of.fields, payload }, of.isEncrypted, of.key) }
}

function mutateEncoded(encoded: EncodedValue, other: EncodedValue, random: Random): EncodedValue {
  const what = random()
  if (what < 0.15) return { ...encoded, codec: codecName(below(random, 34)) }
  if (what < 0.2) return { ...encoded, version: below(random, 4), meta: other.meta }
  if (what < 0.4 && encoded.meta.length > 0)
    return { ...encoded, meta: Uint8Array.from(mutate(encoded.meta, random, other.meta)) }
  const bytes = mutate(encoded.bytes, random, other.bytes)
  // Now and then at an odd address.
  const isMoved = random() < 0.2
  const moved = isMoved ? Buffer.concat([Buffer.alloc(3), bytes]).subarray(3) : bytes
  return { ...encoded, bytes: new Uint8Array(moved.buffer, moved.byteOffset, moved.length) }
}

function rawFrame(of: CorpusFrame, { codec, version, meta, bytes }: EncodedValue): Buffer {
  const { fields } = formats.plain.seal({ ...of.encoded, codec, version, meta, bytes }, of.key)
  const rawSize = bytes.byteLength
  return finish(
    { fields: { ...fields, compression: 0, rawSize }, payload: bytes },
    of.isEncrypted,
    of.key,
  )
}

/** @throws FuzzFailure for an outcome that must not be. */
export function run({ of, input, reader, isDamaged }: FuzzCase): Outcome {
  if (!(input instanceof Uint8Array)) return decodeAndTouch(reader, input)
  const outcome = readFrame(input, reader, of)
  // A changed version byte is that of a newer version.
  if (isDamaged && outcome !== 'ERR_INVALID_FRAME' && outcome !== 'ERR_NEWER_FORMAT')
    throw new FuzzFailure(`a damaged frame was not noticed: ${outcome}`)
  return outcome
}

/** Codes that a frame may be refused with before its codec is asked. */
const refusals: ReadonlySet<unknown> = new Set([
  'ERR_DECRYPT',
  'ERR_INVALID_FRAME',
  'ERR_NEWER_FORMAT',
  'ERR_UNSUPPORTED',
])

/** What becomes of a frame in a store. @param of the entry that it is in the place of. */
export function readFrame(
  frame: Uint8Array,
  reader: FuzzCase['reader'],
  of: Pick<CorpusFrame, 'key' | 'frame' | 'encoded'>,
): Outcome {
  const format = formats[reader]
  const opened = attempt(() => unwrap(frame, true))
  if (typeof opened === 'string') return opened
  if (!format.allows(opened)) return 'ERR_VALUE_TOO_LARGE'
  const value = attempt(() => format.open(opened, of.key))
  if (typeof value === 'string') return value
  if (reader === 'encrypted') assertGenuine(opened, value, of)
  return decodeAndTouch(reader, value)
}

/** A frame that decrypts is one that was encrypted for this entry, unless a writer with the key made it. */
function assertGenuine(
  { cipher }: OpenFrame,
  { bytes }: EncodedValue,
  of: Pick<CorpusFrame, 'frame' | 'encoded'>,
): void {
  if (cipher === undefined) throw new FuzzFailure('a frame without a cipher was read')
  const isItsOwn = of.frame.includes(Buffer.from(cipher.tag))
  if (isItsOwn && Buffer.compare(bytes, of.encoded.bytes) !== 0)
    throw new FuzzFailure('a forged frame was decrypted')
}

function attempt<T>(step: () => T): T | Outcome {
  try {
    return step()
  } catch (error) {
    if (error instanceof HoldfastError && refusals.has(error.code)) return error.code
    throw new FuzzFailure('a frame ended with another error', { cause: error })
  }
}

/** Keeps the last value from being collected before what it takes was measured. */
const held: { value: unknown } = { value: undefined }

function decodeAndTouch(reader: FuzzCase['reader'], encoded: EncodedValue): Outcome {
  try {
    held.value = formats[reader].decode(encoded)
    touch(held.value)
    return 'value'
  } catch (error) {
    if (error instanceof Error) return error instanceof HoldfastError ? error.code : 'another error'
    throw new FuzzFailure('a codec threw what is no Error', { cause: error })
  }
}
