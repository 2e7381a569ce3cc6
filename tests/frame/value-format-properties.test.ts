import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auto } from '../../src/codecs/auto.ts'
import { resolveCompression } from '../../src/frame/compression-options.ts'
import { unwrap, wrap } from '../../src/frame/frame.ts'
import { ValueFormat } from '../../src/frame/value-format.ts'
import { Bitmap, Money, reader, testEncryption } from '../support/frame-samples.ts'
import { torture } from '../support/torture.ts'
import { hasZstd, skipWithout, usableNames } from './compression-support.ts'
import { differenceOf } from './exactly.ts'

const limits = { maxValueBytes: Number.POSITIVE_INFINITY, maxStoredBytes: Number.POSITIVE_INFINITY }

function formatOf(algorithm: string, isEncrypted: boolean, codec = reader): ValueFormat {
  const compression = resolveCompression({ algorithm, minBytes: 0 })
  const encryption = isEncrypted ? testEncryption() : undefined
  return new ValueFormat({ codec, compression, encryption, ...limits })
}

/** From value to frame in one object, and back in another, as two processes would. */
function throughFrame(writer: ValueFormat, other: ValueFormat, value: unknown, key: Uint8Array) {
  const { fields, payload } = writer.seal(writer.encode(value), key)
  const opened = unwrap(wrap(fields, payload), true)
  return other.decode(other.open(opened, key))
}

const numbers = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-0, 0, Number.NaN, 2 ** 53))
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '__proto__', 'constructor', 'a\ud800', 'x'.repeat(5_000)),
)
const bytes = fc.uint8Array({ maxLength: 40 })

const elements = fc.oneof(
  fc.int8Array(),
  fc.uint8Array(),
  fc.uint8ClampedArray(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
  // Regular ones, that compress and are shuffled.
  fc.integer({ min: 0, max: 2_000 }).map((length) => Float64Array.from({ length }, (_, at) => at)),
)

const ndArrays = fc
  .tuple(fc.array(fc.nat(5), { maxLength: 4 }), fc.stringMatching(/^[<>]?[a-z]{1,8}\d?$/))
  .map(([shape, dtype]) => {
    const length = shape.reduce((product, size) => product * size, 1)
    return { data: Int32Array.from({ length }, (_, at) => at), shape, dtype }
  })

const errors = fc
  .tuple(fc.constantFrom(Error, TypeError, RangeError, SyntaxError), texts, fc.anything())
  .filter(([, message]) => message.isWellFormed())
  .map(([type, message, code]) => {
    const error = Object.assign(new type(message, { cause: code }), { code })
    error.stack = 'somewhere'
    return error
  })

const leaves = fc.oneof(
  numbers,
  texts,
  fc.bigInt(),
  fc.constantFrom(null, undefined, true, false),
  elements,
  bytes.map((part) => Buffer.from(part)),
  bytes.map((part) => part.buffer.slice(part.byteOffset, part.byteOffset + part.byteLength)),
  bytes.map((part) => new DataView(Uint8Array.from(part).buffer)),
  fc.date({ noInvalidDate: false }),
  fc.webUrl().map((href) => new URL(href)),
  fc
    .tuple(fc.constantFrom('a+b', '(?<x>y)/', '\\u{61}'), fc.constantFrom('', 'gi', 'u'), fc.nat(3))
    .map(([source, flags, lastIndex]) =>
      Object.assign(new RegExp(source, flags), { lastIndex: flags === 'gi' ? lastIndex : 0 }),
    ),
  ndArrays,
  errors,
  fc.bigInt().map((cents) => new Money(cents, 'EUR')),
  bytes.map((bits) => new Bitmap(7, bits)),
)

const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    leaves,
    fc.array(tie('tree'), { maxLength: 6 }),
    fc.sparseArray(tie('tree'), { maxLength: 6 }),
    fc.dictionary(texts, tie('tree'), { maxKeys: 6 }),
    fc.uniqueArray(fc.tuple(tie('tree'), tie('tree')), { maxLength: 4 }).map((all) => new Map(all)),
    fc.array(tie('tree'), { maxLength: 4 }).map((all) => new Set(all)),
  ),
}))

/** A value in which containers also hold each other: shared parts and cycles. */
const tangled = fc
  .tuple(tree, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 4 }))
  .map(([value, links]) => {
    const containers = containersOf(value)
    for (const [from, to] of containers.length === 0 ? [] : links) {
      const source = containers[from % containers.length]
      const target = containers[to % containers.length]
      if (Array.isArray(source)) source.push(target)
      else if (source instanceof Map) source.set(target, target)
      else if (source instanceof Set) source.add(target)
      else Object.assign(source as object, { link: target })
    }
    return value
  })

/** Arrays, Maps, Sets and plain objects within `value`; not within instances, which would have to be whole before their parts. */
function containersOf(value: unknown): unknown[] {
  const found = new Set<unknown>()
  const waiting = [value]
  for (let part = waiting.pop(); part !== undefined || waiting.length > 0; part = waiting.pop()) {
    if (typeof part !== 'object' || part === null || found.has(part)) continue
    const members = membersOf(part)
    if (members === undefined) continue
    found.add(part)
    waiting.push(...members)
  }
  return [...found]
}

function membersOf(part: object): unknown[] | undefined {
  if (Array.isArray(part)) return Object.values(part)
  if (part instanceof Map) return [...part].flat()
  if (part instanceof Set) return [...part]
  const prototype: unknown = Object.getPrototypeOf(part)
  return prototype === Object.prototype || prototype === null ? Object.values(part) : undefined
}

const anything = fc.oneof(tangled, leaves)
const keys = fc.uint8Array({ minLength: 1, maxLength: 40 })

/** A value for each codec that chance might leave out. */
const oneOfEach: [unknown, Uint8Array][] = [
  { plain: 1 },
  new Map([[1, 2]]),
  { link: new URL('https://example.org/') },
  { data: new Float64Array(4), shape: [2, 2], dtype: 'float64' },
  new Money(5n, 'EUR'),
].map((value) => [value, Uint8Array.of(1)])

describe.each([false, true])('a value in a frame, encrypted: %s,', (isEncrypted) => {
  it(`comes back exactly: ${usableNames.join(', ')} and without compression`, () => {
    const writers = ['none', ...usableNames].map((name) => formatOf(name, isEncrypted))
    const other = formatOf('none', isEncrypted)
    const codecs = new Set<string>()
    fc.assert(
      fc.property(anything, keys, (value, key) => {
        for (const writer of writers) {
          codecs.add(writer.encode(value).codec)
          const difference = differenceOf(throughFrame(writer, other, value, key), value)
          if (difference !== undefined) throw new Error(difference)
        }
      }),
      { numRuns: torture(250, 20_000), examples: oneOfEach },
    )
    for (const codec of ['msgpack', 'structured', 'graph', 'ndarray', 'test.money'])
      expect(codecs).toContain(codec)
  }, 300_000)
})

it.skipIf(hasZstd)('comes back exactly: zstd', (context) => skipWithout(context, 'zstd'))

describe('a sealed value', () => {
  it('is read by no other entry, tenant or store', () => {
    const [writer, other] = [formatOf('none', true), formatOf('none', false)]
    const plain = new ValueFormat({
      codec: auto(),
      compression: undefined,
      encryption: undefined,
      ...limits,
    })
    fc.assert(
      fc.property(tree, keys, keys, (value, key, second) => {
        fc.pre(Buffer.compare(key, second) !== 0)
        const { fields, payload } = writer.seal(writer.encode(value), key)
        const opened = unwrap(wrap(fields, payload), true)
        const refused = expect.objectContaining({ code: 'ERR_DECRYPT' })
        expect(() => writer.open(opened, second)).toThrow(refused)
        expect(() => other.open(opened, key)).toThrow(refused)
        expect(() => plain.open(opened, key)).toThrow(refused)
      }),
      { numRuns: 100 },
    )
  })
})

describe('the comparison that these tests trust', () => {
  const cycle: unknown[] = []
  cycle.push(cycle)
  it.each([
    [0, -0],
    [[undefined], new Array(1)],
    [Buffer.from('a'), Uint8Array.of(97)],
    [
      new Map([
        [1, 1],
        [2, 2],
      ]),
      new Map([
        [2, 2],
        [1, 1],
      ]),
    ],
    [new Set([1, 2]), new Set([2, 1])],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [cycle, [[cycle]]],
    [[{}, {}], Array(2).fill({})],
    [/a/g, /a/],
    [new Date(Number.NaN), new Date(0)],
    [Object.create(null), {}],
    [Float32Array.of(0), Float32Array.of(-0)],
    [new Error('a'), new TypeError('a')],
    [new URL('https://a.example'), new URL('https://b.example')],
  ])('tells them apart, %#', (one, other) => {
    expect(differenceOf(one, other)).toBeDefined()
    expect(differenceOf(one, one)).toBeUndefined()
  })
})
