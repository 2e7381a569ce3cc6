import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type EnvelopeFields,
  encodeFields,
  readEnvelope,
  writeEnvelope,
} from '../../src/cache/envelope.ts'
import { sumBytes, writeSum } from '../../src/cache/envelope-sum.ts'
import { isHoldfastError } from '../../src/contracts/errors.ts'
import { errorOf } from '../support/code-of.ts'
import { seededRandom } from '../support/seeded-random.mjs'
import { sampleFrame, samples } from './envelope-samples.ts'

const fixtures = join(import.meta.dirname, '../fixtures/formats/v1/envelopes')

/** What is wrong with `bytes`. */
const wrong = (bytes: Uint8Array) => {
  const { code, message } = errorOf(() => readEnvelope(bytes))
  expect(code).toBe('ERR_INVALID_FRAME')
  return message
}

/** An envelope of which `change` changed the fields, with the checksum that fits them. */
function resealed(fields: EnvelopeFields, change: (about: Buffer) => Buffer): Uint8Array {
  const about = change(Buffer.from(encodeFields(fields)))
  return writeEnvelope(new Uint8Array(about), Uint8Array.of(1, 2, 3))
}

describe('an envelope', () => {
  it.each(Object.entries(samples))('keeps its fields and its frame: %s', (name, fields) => {
    const bytes = writeEnvelope(fields, sampleFrame(name))
    const read = readEnvelope(bytes)
    expect(read.fields).toEqual(fields)
    expect(read.frame).toEqual(sampleFrame(name))
    expect(Buffer.from(read.about)).toEqual(encodeFields(fields))
  })

  it('is read from any address, and what it gives are views', () => {
    const written = writeEnvelope(samples['all'] as EnvelopeFields, sampleFrame('all'))
    for (const offset of [0, 1, 3]) {
      const moved = new Uint8Array(written.length + 10).subarray(offset, offset + written.length)
      moved.set(written)
      const { fields, frame, about } = readEnvelope(moved)
      expect(fields).toEqual(samples['all'])
      expect([frame.buffer, about.buffer]).toEqual([moved.buffer, moved.buffer])
    }
  })

  it('takes a frame in two parts, and fields that were encoded before', () => {
    const fields = samples['tagged'] as EnvelopeFields
    for (const size of [0, 5, 5_000]) {
      const [head, payload] = [new Uint8Array(64).fill(1), new Uint8Array(size).fill(2)]
      const whole = writeEnvelope(fields, Buffer.concat([head, payload]))
      expect(writeEnvelope(encodeFields(fields), { head, payload })).toEqual(whole)
    }
  })

  it('puts the frame of a large one on a boundary of 64 bytes', () => {
    for (let size = 3_900; size < 4_200; size += 1) {
      const bytes = writeEnvelope(samples['usual'] as EnvelopeFields, new Uint8Array(size).fill(1))
      const start = bytes.length - readEnvelope(bytes).frame.length
      expect(readEnvelope(bytes).frame.length).toBe(size)
      expect(start).toBe(bytes.length < 4_096 ? 54 : 64)
    }
  })

  it('keeps whatever fields there are', () => {
    const text = fc.string({ unit: 'binary' })
    const time = fc.oneof(fc.double({ noNaN: true }), fc.constant(Number.POSITIVE_INFINITY))
    const arbitrary = fc.record(
      {
        createdAt: fc.double({ noNaN: true, noDefaultInfinity: true }),
        expiresAt: time,
        staleUntil: time,
        tags: fc.array(text),
        node: fc.string({ maxLength: 60 }),
        version: fc.oneof(text, fc.double()),
        etag: text,
        lastModified: text,
        description: text,
        meta: fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }),
        negative: fc.constant(true as const),
        cost: time,
      },
      { requiredKeys: ['createdAt', 'expiresAt', 'staleUntil', 'tags', 'node'] },
    )
    fc.assert(
      fc.property(arbitrary, fc.uint8Array({ maxLength: 5_000 }), (fields, frame) => {
        const read = readEnvelope(writeEnvelope(fields, frame))
        expect(read.fields).toEqual(fields)
        expect(read.frame).toEqual(frame)
      }),
      { numRuns: 300 },
    )
  })

  it('refuses what it cannot keep', () => {
    const usual = samples['usual'] as EnvelopeFields
    const code = (fields: object) => errorOf(() => encodeFields({ ...usual, ...fields })).code
    expect(code({ node: 'x'.repeat(256) })).toBe('ERR_INVALID_OPTION')
    expect(code({ meta: [] })).toBe('ERR_INVALID_OPTION')
    expect(code({ meta: { f() {} } })).toBe('ERR_UNSUPPORTED_VALUE')
  })
})

describe('a damaged envelope', () => {
  const usual = samples['usual'] as EnvelopeFields
  const bytes = writeEnvelope(usual, sampleFrame('usual'))
  const start = bytes.length - sampleFrame('usual').length

  it('is noticed wherever in the fields a bit changed, or where it was cut off', () => {
    for (let at = 0; at < start; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] as number) ^ (1 << bit)
        expect(isHoldfastError(errorOf(() => readEnvelope(changed)))).toBe(true)
      }
      expect(wrong(bytes.subarray(0, at))).toMatch(/begin|longer/)
    }
  })

  it('of a newer version is left to those who know it', () => {
    const newer = Buffer.from(bytes)
    newer[2] = 2
    expect(errorOf(() => readEnvelope(newer)).code).toBe('ERR_NEWER_FORMAT')
    newer[2] = 0
    expect(wrong(newer)).toMatch(/version is none/)
  })

  it('says what is wrong', () => {
    expect(wrong(new Uint8Array(100))).toMatch(/do not begin/)
    expect(wrong(new Uint8Array(0))).toMatch(/do not begin/)
    const patched = (at: number, value: number) =>
      resealed(usual, (about) => {
        about.writeDoubleLE(value, at)
        return about
      })
    for (const at of [8, 16, 24]) expect(wrong(patched(at, Number.NaN))).toMatch(/times is none/)
    expect(wrong(patched(8, Infinity))).toMatch(/times is none/)
    const grown = (more: readonly number[], flags: number) =>
      resealed(usual, (about) => {
        const longer = Buffer.concat([about, Uint8Array.from(more)])
        longer[3] = flags
        longer.writeUInt32LE(longer.length, 4)
        return longer
      })
    expect(wrong(grown([0], 0))).toMatch(/left over/)
    expect(wrong(grown([], 1))).toMatch(/beyond/)
    expect(wrong(grown([0xff, 0xff, 0xff, 0x7f], 1))).toMatch(/beyond/)
    expect(wrong(grown([0xff, 0xff, 0xff, 0xff, 0xff, 0x01], 1))).toMatch(/impossible/)
    expect(wrong(grown([0x80, 0x00], 1))).toMatch(/more bytes than/)
    expect(wrong(grown([1, 2, 0xc3, 0x28], 1))).toMatch(/no UTF-8/)
    expect(wrong(grown([2], 2))).toMatch(/neither/)
    expect(wrong(grown([2, 0, 0xc0], 32))).toMatch(/meta data/)
    expect(wrong(grown([2, 9, 0x80], 32))).toMatch(/meta data/)
    expect(wrong(grown([2, 0, 0xdd], 32))).toMatch(/meta data/)
  })

  it('between its fields and an aligned frame has nothing but zeros', () => {
    const large = Buffer.from(writeEnvelope(usual, new Uint8Array(5_000)))
    large[60] = 1
    expect(wrong(large)).toMatch(/before its frame/)
  })

  it('is never more than an error, also where its checksum fits', () => {
    const random = seededRandom(20_261_121)
    const below = (end: number) => Math.floor(random() * end)
    const all = Object.values(samples).map((fields) => Buffer.from(encodeFields(fields)))
    let readable = 0
    for (let round = 0; round < 40_000; round += 1) {
      let about = Buffer.from(all[below(all.length)] as Buffer)
      for (let count = 1 + below(4); count > 0; count -= 1) {
        const at = below(about.length)
        const kind = below(4)
        if (kind === 0) about[at] = below(256)
        else if (kind === 1) about = about.subarray(0, Math.max(33, at))
        else if (kind === 2)
          about = Buffer.concat([about.subarray(0, at), about.subarray(below(about.length))])
        else
          about = Buffer.concat([
            about.subarray(0, at),
            Uint8Array.of(below(256)),
            about.subarray(at),
          ])
      }
      if (about.length < 33) continue
      // Mostly its own length, so that what comes behind it is reached.
      if (below(10) > 0) about.writeUInt32LE(about.length, 4)
      if (below(10) > 0) about.set([0x68, 0x65, 1])
      const bytes = Buffer.concat([about, new Uint8Array(sumBytes + below(20))])
      writeSum(bytes, about.length, new Uint8Array(about))
      try {
        const { fields, frame } = readEnvelope(bytes)
        readable += 1
        const texts = fields.tags.join('').length + fields.node.length
        expect(texts + fields.tags.length + frame.length).toBeLessThanOrEqual(bytes.length)
      } catch (error) {
        if (!isHoldfastError(error, 'ERR_INVALID_FRAME', 'ERR_NEWER_FORMAT')) throw error
      }
    }
    expect(readable).toBeGreaterThan(1_000)
  })
})

describe('what was written in version 1', () => {
  it.each(Object.entries(samples))('is still read: %s', (name, fields) => {
    const bytes = readFileSync(join(fixtures, `${name}.envelope`))
    const read = readEnvelope(bytes)
    expect(read.fields).toEqual(fields)
    expect(Buffer.compare(read.frame, sampleFrame(name))).toBe(0)
    // Structured clone may be written in another way by another V8.
    if (name !== 'meta-structured')
      expect(Buffer.compare(writeEnvelope(fields, sampleFrame(name)), bytes)).toBe(0)
  })

  it('is all there is', () => {
    const names = Object.keys(samples).map((name) => `${name}.envelope`)
    expect(readdirSync(fixtures).sort()).toEqual(names.sort())
  })
})
