import assert from 'node:assert/strict'
import { findCodec } from '../codecs/built-in.ts'
import type { Codec, PayloadInfo } from '../contracts/codec.ts'
import { isHoldfastError } from '../contracts/errors.ts'
import type { SuiteCase } from './suite-case.ts'

/** For {@link codecSuite}. */
export interface CodecSuiteOptions {
  /** What is tested. */
  readonly codec: Codec
  /** Values that must come back as they are, by name. Take one of every kind, empty ones and large ones. */
  readonly values: Readonly<Record<string, unknown>>
  /** Values that must be refused with `ERR_UNSUPPORTED_VALUE`, by name. @default none */
  readonly refused?: Readonly<Record<string, unknown>> | undefined
  /** Throws unless the two are the same. @default `assert.deepStrictEqual` of `node:assert` */
  readonly equal?: ((actual: unknown, expected: unknown) => void) | undefined
  /** How many damaged messages are decoded for each value. @default 300 */
  readonly damages?: number | undefined
}

interface Stored extends PayloadInfo {
  readonly codec: Codec
  readonly bytes: Uint8Array
}

/**
 * What every codec must do, as tests for whatever runs yours: values come back as they are, from bytes at any address, more
 * than once; encoding changes nothing; what cannot be kept is refused with a code; damaged bytes end as a value or an error.
 * @example
 * for (const { name, run } of codecSuite({ codec, values: { empty: new Bitmap() } })) test(name, run)
 */
export function codecSuite(options: CodecSuiteOptions): readonly SuiteCase[] {
  const { codec, values, refused = {}, damages = 300 } = options
  const equal = options.equal ?? ((actual, expected) => assert.deepStrictEqual(actual, expected))
  const cases: SuiteCase[] = []
  for (const [name, value] of Object.entries(values)) {
    cases.push(
      { name: `keeps ${name}`, run: () => keeps(codec, value, equal) },
      { name: `reads ${name} from any address`, run: () => moves(codec, value, equal) },
      { name: `survives damage to ${name}`, run: () => survives(codec, value, damages) },
    )
  }
  for (const [name, value] of Object.entries(refused))
    cases.push({ name: `refuses ${name}`, run: () => refuses(codec, value) })
  return cases
}

type Equal = (actual: unknown, expected: unknown) => void

function keeps(codec: Codec, value: unknown, equal: Equal): void {
  const stored = store(codec, value)
  const first = read(codec, { ...stored, bytes: stored.bytes.slice() })
  const second = read(codec, { ...stored, bytes: stored.bytes.slice() })
  equal(first, value)
  equal(second, value)
  if (typeof value !== 'object' || value === null) return
  assert.notEqual(first, value, 'what is read is the value itself, not another')
  assert.notEqual(first, second, 'two reads give the same object')
}

function moves(codec: Codec, value: unknown, equal: Equal): void {
  const stored = store(codec, value)
  for (const offset of [1, 3]) {
    const moved = new Uint8Array(stored.bytes.length + offset + 5).subarray(offset, -5)
    moved.set(stored.bytes)
    equal(read(codec, { ...stored, bytes: moved }), value)
    const asBuffer = Buffer.from(moved.buffer, moved.byteOffset, moved.byteLength)
    equal(read(codec, { ...stored, bytes: asBuffer }), value)
  }
}

function survives(codec: Codec, value: unknown, damages: number): void {
  const stored = store(codec, value)
  const random = randomNumbers(stored.bytes.length + 1)
  // Fewer of large messages: reading one takes its time.
  const runs = Math.max(3, Math.min(damages, Math.floor(1_000_000 / (stored.bytes.length + 1))))
  for (let run = 0; run < runs; run += 1) {
    const [bytes, meta] = [damaged(stored.bytes, random), stored.meta]
    const damage = run % 3 === 0 && meta.length > 0 ? { meta: damaged(meta, random) } : { bytes }
    try {
      read(codec, { ...stored, ...damage })
    } catch (error) {
      assert.ok(error instanceof Error, 'damaged bytes make it throw something that is no Error')
    }
  }
}

function refuses(codec: Codec, value: unknown): void {
  assert.throws(
    () => store(codec, value),
    (error) => isHoldfastError(error, 'ERR_UNSUPPORTED_VALUE'),
  )
}

/** What a store would keep of `value`, checked against what a codec may give. */
function store(codec: Codec, value: unknown): Stored {
  const chosen = codec.choose?.(value) ?? codec
  const encoded = chosen.encode(value)
  const {
    bytes,
    meta = new Uint8Array(0),
    elementBytes = 1,
  } = encoded instanceof Uint8Array ? { bytes: encoded } : encoded
  const { id, version = 1 } = chosen
  assert.match(id, /^[a-z][a-z0-9.-]{0,63}$/)
  assert.ok(Number.isInteger(version) && version >= 1 && version <= 65_535, 'its version')
  assert.ok(meta.length <= 32_768, 'its meta has more than 32,768 bytes')
  assert.ok([1, 2, 4, 8, 16].includes(elementBytes), 'its elementBytes')
  assert.equal(bytes.length % elementBytes, 0, 'its bytes are no whole elements')
  return { codec: chosen, version, meta: Uint8Array.from(meta), bytes: Uint8Array.from(bytes) }
}

function read(codec: Codec, { codec: { id }, bytes, meta, version }: Stored): unknown {
  const found = findCodec(codec, id)
  assert.ok(found, `a store that was given the codec '${codec.id}' cannot find '${id}'`)
  return found.decode(bytes, { meta: Uint8Array.from(meta), version })
}

/** A copy with a few bytes changed, cut off, added or repeated. */
function damaged(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const at = random(bytes.length + 1)
  const kind = random(4)
  if (kind === 0) return bytes.slice(0, at)
  if (kind === 1)
    return joined(bytes.subarray(0, at), Uint8Array.of(random(256)), bytes.subarray(at))
  if (kind === 2) return joined(bytes.subarray(0, at), bytes.subarray(random(bytes.length + 1)))
  const copy = bytes.slice()
  for (let count = 1 + random(3); count > 0 && copy.length > 0; count -= 1)
    copy[random(copy.length)] = random(256)
  return copy
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

/** The same numbers every time, so that a failure can be repeated. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
