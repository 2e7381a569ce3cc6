import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { basicCodecs } from '../../src/codecs/basic.ts'
import { structuredCodec } from '../../src/codecs/structured.ts'

/** Decodes, where a throw is an answer too. */
function decode(codec: { decode(bytes: Uint8Array): unknown }, bytes: Uint8Array): string {
  try {
    codec.decode(bytes)
    return 'value'
  } catch (error) {
    return error instanceof Error ? 'error' : 'something else'
  }
}

describe('bytes that nobody encoded', () => {
  it.each(basicCodecs)('give a value or an error: $id', (codec) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(decode(codec, bytes)).not.toBe('something else')
      }),
      { numRuns: 200 },
    )
  })

  it('that were damaged in one place give a value or an error', () => {
    const original = {
      a: [1, 'two', new Map([[3, new Set([4n])]])],
      b: new Date(5),
      c: Buffer.alloc(20),
    }
    const whole = Uint8Array.from(structuredCodec.encode(original))
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, end) => {
        const bytes = whole.slice(0, end)
        if (at < end) bytes[at] = byte
        expect(decode(structuredCodec, bytes)).not.toBe('something else')
      }),
      { numRuns: 2_000 },
    )
  })

  it('that announce more than they hold are an error', () => {
    // A string of two gigabytes in seven bytes.
    const long = Uint8Array.from([0xff, 0x0f, 0x22, 0xff, 0xff, 0xff, 0xff, 0x07])
    expect(decode(structuredCodec, long)).toBe('error')
  })

  it.each(['float64array', 'int16array', 'number'])('of a wrong length are an error: %s', (id) => {
    const codec = basicCodecs.find((candidate) => candidate.id === id) ?? structuredCodec
    expect(decode(codec, new Uint8Array(3))).toBe('error')
  })
})
