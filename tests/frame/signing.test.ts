import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type SigningOptions, signerOf, signing } from '../../src/frame/signing.ts'
import type { SignedFields } from '../../src/frame/signing-fields.ts'
import { FieldsHmac } from '../../src/frame/signing-hmac.ts'
import { type Signer, signatureBytes, valueDigest } from '../../src/frame/signing-signer.ts'
import { flip, keyOf } from './encryption-support.ts'

function signerWith(options: SigningOptions): Signer {
  return signerOf(signing(options))
}

const signer = signerWith({ key: keyOf(1) })
const digest = valueDigest(Buffer.from('value'))
const row: SignedFields = {
  key: Buffer.from('suser:1'),
  codec: 8,
  flags: 0,
  size: 5,
  written: 1_700_000_000_000_000,
  expires: 1_700_000_600_000,
  file: '3f/9c0e',
  checksum: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  tags: '["a"]',
  description: 'of May',
  meta: Uint8Array.of(1),
}
const signature = signer.sign(row, digest)

describe('a signature', () => {
  it('is what it always was', () => {
    // Computed apart from this code, in Python, from docs/concepts/signing.md.
    const master = Uint8Array.from({ length: 32 }, (_, index) => index)
    const fields = { ...row, file: null, checksum: null, description: null, meta: null }
    const made = signerWith({ key: master }).sign(fields, digest)
    expect(Buffer.from(made).toString('hex')).toBe(
      '01cd09f78180d610edcd42404d52ad55ccfa9aca4adc828aa5800ad9d385a0671fbcbf724118320619' +
        'bba3983977dfd85e3c1ae49dea5a644667159f3b462d391448026acd1c79b2e1',
    )
    expect(made).toHaveLength(signatureBytes)
  })

  it('fits what was signed, in this process and with another object of the same key', () => {
    expect(signer.verify(row, digest, signature)).toBe('ok')
    expect(signer.verifyFields(row, signature)).toBe('ok')
    expect(signerWith({ key: keyOf(1) }).verify({ ...row }, digest, signature)).toBe('ok')
    expect(signer.sign(row, digest)).toEqual(signature)
  })

  it('is an HMAC-SHA256, whatever the length', () => {
    for (const size of [0, 1, 55, 64, 900, 1_024, 5_000]) {
      const meta = new Uint8Array(size).fill(3)
      const expected = createHmac('sha256', keyOf(1))
        .update(
          Buffer.concat([
            Uint8Array.of(2, 1, 0, 0, 0, 0x78, 3, size & 0xff, size >> 8, 0, 0),
            meta,
          ]),
        )
        .digest()
      expect(new FieldsHmac(keyOf(1), 'x').digest([meta])).toEqual(expected)
    }
  })

  it('is for the value: another digest does not fit', () => {
    expect(signer.verify(row, valueDigest(Buffer.from('valuf')), signature)).toBe('invalid')
    expect(signer.verify(row, digest.subarray(1), signature)).toBe('invalid')
    expect(signer.verify(row, new Uint8Array(0), signature)).toBe('invalid')
  })
})

const others: Record<keyof SignedFields, readonly unknown[]> = {
  key: [Buffer.from('suser:2'), Buffer.from('suser:'), new Uint8Array(0), 'suser:1', null],
  codec: [9, '8', 'my.codec', null, 8n],
  flags: [1, -1, null, '0', ''],
  size: [6, 0, null, '5', 5n],
  written: [1_700_000_000_000_001, 0, null],
  expires: [1_700_000_600_001, 1_700_000_600_000.5, 0, null, '1700000600000', Infinity],
  file: ['3f/9c0f', '3f/9c0', '', null, '../victim', Buffer.from('3f/9c0e')],
  checksum: [Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 9), new Uint8Array(0), null],
  tags: ['["b"]', '["a","b"]', '[]', '', null],
  description: ['of Mai', '', null, Buffer.from('of May')],
  meta: [Uint8Array.of(2), Uint8Array.of(1, 0), new Uint8Array(0), null, '\u0001'],
}

describe('one changed field', () => {
  for (const [name, values] of Object.entries(others)) {
    it(`is noticed: ${name}`, () => {
      for (const value of values) {
        const changed = { ...row, [name]: value } as SignedFields
        expect(signer.verify(changed, digest, signature)).toBe('invalid')
        expect(signer.verifyFields(changed, signature)).toBe('invalid')
      }
    })

    it(`is noticed when it goes missing, or has a type that no row has: ${name}`, () => {
      for (const value of [undefined, true, {}, Number.NaN]) {
        const changed = { ...row, [name]: value } as SignedFields
        expect(signer.verify(changed, digest, signature)).toBe('invalid')
        expect(() => signer.sign(changed, digest)).toThrow(TypeError)
      }
    })
  }

  it('between null and empty is noticed, in each that may be null', () => {
    const empty = {
      file: '',
      checksum: new Uint8Array(0),
      tags: '',
      description: '',
      meta: new Uint8Array(0),
      expires: 0,
    }
    for (const [name, value] of Object.entries(empty)) {
      const none = { ...row, [name]: null }
      const some = { ...row, [name]: value }
      expect(signer.verify(some, digest, signer.sign(none, digest))).toBe('invalid')
      expect(signer.verify(none, digest, signer.sign(some, digest))).toBe('invalid')
    }
  })

  it('is noticed in any two places that swap what they hold', () => {
    const names = Object.keys(row) as (keyof SignedFields)[]
    for (const one of names)
      for (const two of names.slice(names.indexOf(one) + 1)) {
        const swapped = { ...row, [one]: row[two], [two]: row[one] } as SignedFields
        expect(signer.verify(swapped, digest, signature)).toBe('invalid')
      }
  })
})

const text = fc.option(fc.constantFrom('', 'a', 'b', 'ab', '["a"]'))
const bytes = fc.option(fc.uint8Array({ max: 2, maxLength: 2 }))
const rows: fc.Arbitrary<SignedFields> = fc.record({
  key: fc.uint8Array({ max: 2, maxLength: 3 }),
  codec: fc.oneof(fc.nat(3), fc.constantFrom('a', 'b')),
  flags: fc.nat(2),
  size: fc.nat(3),
  written: fc.nat(3),
  expires: fc.option(fc.nat(3)),
  file: text,
  checksum: bytes,
  tags: text,
  description: text,
  meta: bytes,
})

function sameRow(a: SignedFields, b: SignedFields): boolean {
  return Object.entries(a).every(([name, value]) => {
    const other = b[name as keyof SignedFields]
    if (!(value instanceof Uint8Array && other instanceof Uint8Array)) return value === other
    return Buffer.compare(value, other) === 0
  })
}

describe('signatures', () => {
  it('fit a row if and only if it is equal to the one that was signed', () => {
    const names = fc.subarray(Object.keys(row) as (keyof SignedFields)[], { maxLength: 3 })
    fc.assert(
      fc.property(rows, rows, names, (a, free, changed) => {
        const b = { ...a, ...Object.fromEntries(changed.map((name) => [name, free[name]])) }
        const verdict = signer.verify(b, digest, signer.sign(a, digest))
        expect(verdict).toBe(sameRow(a, b) ? 'ok' : 'invalid')
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('a changed signature', () => {
  it('does not fit, wherever a bit of the digest or the HMAC differs', () => {
    for (let index = 9; index < signatureBytes; index += 1)
      expect(signer.verify(row, digest, flip(signature, index))).toBe('invalid')
  })

  it('is of an unknown key where its version or key id differs', () => {
    for (let index = 0; index < 9; index += 1)
      expect(signer.verify(row, digest, flip(signature, index))).toBe('unknown-key')
  })

  it('does not fit with another length, as long as its key is known', () => {
    for (const length of [9, 10, 41, 72])
      expect(signer.verify(row, digest, signature.subarray(0, length))).toBe('invalid')
    expect(signer.verify(row, digest, Buffer.concat([signature, signature]))).toBe('invalid')
  })

  it('is of an unknown key where it does not say which', () => {
    for (const length of [0, 1, 8])
      expect(signer.verify(row, digest, signature.subarray(0, length))).toBe('unknown-key')
    for (const other of ['', 'text', 7, 7n, true, {}])
      expect(signer.verify(row, digest, other)).toBe('unknown-key')
  })

  it('that is not there is told from one that does not fit', () => {
    expect(signer.verify(row, digest, null)).toBe('unsigned')
    expect(signer.verify(row, digest, undefined)).toBe('unsigned')
  })

  it('of another entry does not fit', () => {
    const other = signer.sign({ ...row, key: Buffer.from('suser:2') }, digest)
    expect(signer.verify(row, digest, other)).toBe('invalid')
  })
})

describe('keys', () => {
  it('that are others know nothing of it', () => {
    expect(signerWith({ key: keyOf(2) }).verify(row, digest, signature)).toBe('unknown-key')
    expect(signerWith({ key: 'ephemeral' }).verify(row, digest, signature)).toBe('unknown-key')
  })

  it('that are ephemeral differ from object to object', () => {
    const [one, two] = [signerWith({ key: 'ephemeral' }), signerWith({ key: 'ephemeral' })]
    expect(one.verify(row, digest, one.sign(row, digest))).toBe('ok')
    expect(two.verify(row, digest, one.sign(row, digest))).toBe('unknown-key')
  })

  it('that are previous ones verify, and the current one signs', () => {
    const rotated = signerWith({ key: keyOf(2), previous: [keyOf(3), keyOf(1)] })
    expect(rotated.verify(row, digest, signature)).toBe('ok')
    const again = rotated.sign(row, digest)
    expect(signerWith({ key: keyOf(2) }).verify(row, digest, again)).toBe('ok')
    expect(signer.verify(row, digest, again)).toBe('unknown-key')
  })

  it('that were taken out of the list no longer verify', () => {
    const without = signerWith({ key: keyOf(2), previous: [keyOf(3)] })
    expect(without.verify(row, digest, signature)).toBe('unknown-key')
  })

  it('that are named by a forged id do not make it fit', () => {
    const both = signerWith({ key: keyOf(2), previous: [keyOf(1)] })
    const forged = Buffer.from(signature)
    forged.set(both.sign(row, digest).subarray(1, 9), 1)
    expect(both.verify(row, digest, forged)).toBe('invalid')
  })

  it('are copied: what the caller does with his later changes nothing', () => {
    const mine = keyOf(1)
    const other = signerWith({ key: mine })
    expect(mine).toEqual(keyOf(1))
    mine.fill(0)
    expect(other.verify(row, digest, signature)).toBe('ok')
  })
})

describe('resign', () => {
  const after = { ...row, expires: null, written: row.written + 1 }

  it('signs other fields for the same value, without it', () => {
    const made = signer.resign(row, after, signature)
    expect(made.verdict).toBe('ok')
    expect(signer.verify(after, digest, made.signature)).toBe('ok')
    expect(signer.verify(row, digest, made.signature)).toBe('invalid')
    expect(made.signature).toEqual(signer.sign(after, digest))
  })

  it('moves an entry to the current key', () => {
    const rotated = signerWith({ key: keyOf(2), previous: [keyOf(1)] })
    const made = rotated.resign(row, row, signature)
    expect(signerWith({ key: keyOf(2) }).verify(row, digest, made.signature)).toBe('ok')
  })

  it('signs nothing on the word of a row that is not as signed', () => {
    const changed = { ...row, file: '../victim' }
    const cases = [
      [signer, changed, signature, 'invalid'],
      [signer, row, flip(signature, 20), 'invalid'],
      [signer, row, flip(signature, 3), 'unknown-key'],
      [signer, row, null, 'unsigned'],
      [signerWith({ key: keyOf(2) }), row, signature, 'unknown-key'],
    ] as const
    for (const [by, before, given, verdict] of cases)
      expect(by.resign(before, after, given)).toEqual({ verdict, signature: undefined })
  })
})

describe('valueDigest', () => {
  it('is the SHA-256 of the bytes, views included', () => {
    const large = Buffer.alloc(100_000, 'abc')
    for (const given of [large, large.subarray(7, 99), new Uint8Array(0), Uint8Array.of(1)])
      expect(Buffer.from(valueDigest(given))).toEqual(createHash('sha256').update(given).digest())
  })
})
