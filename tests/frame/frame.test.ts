import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compactOverhead } from '../../src/frame/compact.ts'
import { unwrap, wrap, wrapApart } from '../../src/frame/frame.ts'
import { type FrameFields, longestHeader } from '../../src/frame/header.ts'
import { codeOf } from '../support/code-of.ts'

const none = new Uint8Array(0)
const plain: FrameFields = {
  codec: 5,
  version: 1,
  meta: none,
  compression: 0,
  cipher: undefined,
  rawSize: 0,
}

const area = fc.record({
  keyId: fc.uint8Array({ minLength: 8, maxLength: 8 }),
  nonce: fc.uint8Array({ minLength: 12, maxLength: 12 }),
  tag: fc.uint8Array({ minLength: 16, maxLength: 16 }),
})
const anyFields = fc.record({
  codec: fc.oneof(fc.integer({ min: 0, max: 254 }), fc.stringMatching(/^[a-z][a-z0-9.-]{0,63}$/)),
  version: fc.integer({ min: 0, max: 65_535 }),
  meta: fc.uint8Array({ maxLength: 300 }),
  compression: fc.integer({ min: 0, max: 255 }),
  cipher: fc.option(area, { nil: undefined }),
})
const anyPayload = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.uint8Array({ minLength: 4_000, maxLength: 4_200 }),
)

/** Uncompressed payloads have the size that they had. */
function complete(fields: Omit<FrameFields, 'rawSize'>, payload: Uint8Array): FrameFields {
  return { ...fields, rawSize: fields.compression === 0 ? payload.length : payload.length * 3 }
}

/** Whether the bytes say that they are a frame of a version to come. */
function isNewer(bytes: Uint8Array): boolean {
  const isFrame = bytes.length >= 8 && bytes[0] === 0x68 && bytes[1] === 0x66
  return isFrame && ((bytes[2] as number) & 0x7f) > 1
}

function opens(bytes: Uint8Array): boolean {
  try {
    unwrap(bytes, true)
    return true
  } catch (error) {
    const code = codeOf(() => {
      throw error
    })
    expect(code).toBe(isNewer(bytes) ? 'ERR_NEWER_FORMAT' : 'ERR_INVALID_FRAME')
    return false
  }
}

describe('a frame', () => {
  it('gives back every field and the payload', () => {
    fc.assert(
      fc.property(anyFields, anyPayload, (some, payload) => {
        const fields = complete(some, payload)
        const opened = unwrap(wrap(fields, payload), true)
        expect(opened).toMatchObject({ codec: fields.codec, version: fields.version })
        expect(opened).toMatchObject({ compression: fields.compression, rawSize: fields.rawSize })
        expect(Buffer.compare(opened.meta, fields.meta)).toBe(0)
        expect(Buffer.compare(opened.payload, payload)).toBe(0)
        expect(opened.cipher === undefined).toBe(fields.cipher === undefined)
        for (const name of ['keyId', 'nonce', 'tag'] as const)
          expect(opened.cipher?.[name]).toEqual(fields.cipher?.[name])
      }),
    )
  })

  it('costs a small plain value 16 bytes', () => {
    const payload = Buffer.from('hello')
    expect(wrap({ ...plain, rawSize: 5 }, payload)).toHaveLength(5 + compactOverhead)
    expect(compactOverhead).toBe(16)
  })

  it('gives a view of its input', () => {
    for (const size of [10, 5_000]) {
      const bytes = wrap({ ...plain, rawSize: size }, Buffer.alloc(size, 1))
      const { payload } = unwrap(bytes, true)
      expect(payload.buffer).toBe(bytes.buffer)
    }
  })

  it('starts a large payload on a 64-byte boundary, whatever is in the header', () => {
    fc.assert(
      fc.property(
        anyFields,
        fc.uint8Array({ minLength: 4_096, maxLength: 4_200 }),
        (some, payload) => {
          const { head } = wrapApart(complete(some, payload), payload)
          expect(head.length % 64).toBe(0)
        },
      ),
    )
  })

  it('notices every single flipped bit', () => {
    const frames = [
      wrap({ ...plain, rawSize: 3 }, Buffer.from('abc')),
      wrap({ ...plain, codec: 'mine', meta: Buffer.from([1, 2]), rawSize: 3 }, Buffer.from('abc')),
    ]
    for (const frame of frames) {
      for (let bit = 0; bit < frame.length * 8; bit += 1) {
        const changed = Buffer.from(frame)
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
        expect(opens(changed), `bit ${bit}`).toBe(false)
      }
      expect(opens(frame)).toBe(true)
    }
  })

  it('notices that it was cut or lengthened', () => {
    fc.assert(
      fc.property(anyFields, anyPayload, fc.nat(), (some, payload, cut) => {
        const frame = wrap(complete(some, payload), payload)
        expect(opens(frame.subarray(0, cut % frame.length))).toBe(false)
        expect(opens(Buffer.concat([frame, Buffer.alloc(1 + (cut % 9))]))).toBe(false)
      }),
    )
  })

  it('does not compare checksums where it is told not to', () => {
    const frame = wrap({ ...plain, rawSize: 3 }, Buffer.from('abc'))
    frame[9] = 0x7a
    expect(Buffer.from(unwrap(frame, false).payload).toString()).toBe('azc')
  })

  it('refuses other versions, and says which it reads', () => {
    const frame = wrap({ ...plain, rawSize: 3 }, Buffer.from('abc'))
    frame[2] = 2
    expect(() => unwrap(frame, true)).toThrow(/version 2.*reads 1/)
  })

  it('refuses more meta than a header holds', () => {
    const meta = new Uint8Array(40_000)
    expect(codeOf(() => wrap({ ...plain, meta }, none))).toBe('ERR_UNSUPPORTED_VALUE')
  })

  it('never asks for a longer header than there can be', () => {
    const frame = wrap({ ...plain, meta: new Uint8Array(32_768), codec: 'x'.repeat(64) }, none)
    expect(frame.length).toBeLessThanOrEqual(longestHeader)
    expect(opens(frame)).toBe(true)
  })

  it('takes any bytes without harm', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const prefixed = Buffer.concat([Buffer.from([0x68, 0x66, 0x81]), bytes])
        expect(opens(bytes)).toBe(false)
        expect(opens(prefixed)).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })
})
