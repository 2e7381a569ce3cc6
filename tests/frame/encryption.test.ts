import { describe, expect, it } from 'vitest'
import { isHoldfastError } from '../../src/contracts/errors.ts'
import { cipherOf, encryption } from '../../src/frame/encryption.ts'
import { bindEntry } from '../../src/frame/encryption-binding.ts'
import { inPieces } from '../../src/frame/encryption-cipher.ts'
import { decryptError, decryptReason } from '../../src/frame/encryption-error.ts'
import { errorOf } from '../support/code-of.ts'
import {
  aad,
  binding,
  cipherWith,
  flip,
  keyOf,
  openWith,
  plaintext,
  reasonOf,
} from './encryption-support.ts'

const writer = cipherWith([keyOf(1)])
const sealed = writer.seal(plaintext, aad)

describe('an encrypted value', () => {
  it('comes back, in memory of its own', () => {
    for (const size of [0, 1, 15, 16, 17, 4_096, 100_000]) {
      const value = new Uint8Array(size).fill(7)
      const area = writer.seal(value, aad)
      expect(area.bytes.byteLength).toBe(size)
      const opened = openWith(writer, area)
      expect(Buffer.from(opened).equals(value)).toBe(true)
      expect(opened.byteOffset % 64).toBe(0)
      expect(opened.buffer.byteLength).toBe(size)
    }
  })

  it('does not contain what was encrypted', () => {
    const area = writer.seal(Buffer.alloc(64, 'secret '), aad)
    expect(Buffer.concat([area.bytes, area.tag, area.nonce, area.keyId]).includes('secret')).toBe(
      false,
    )
  })

  it('is read by another instance with the same key, given as bytes or as hex', () => {
    for (const key of [keyOf(1), Buffer.from(keyOf(1)).toString('hex')])
      expect(openWith(cipherWith([key]), sealed)).toEqual(plaintext)
  })

  it('is the same in pieces as at once', () => {
    const pieces: number[] = []
    const output = inPieces(
      Buffer.from('0123456789'),
      (piece) => {
        pieces.push(piece.byteLength)
        return piece
      },
      4,
    )
    expect(Buffer.from(output).toString()).toBe('0123456789')
    expect(pieces).toEqual([4, 4, 2])
  })
})

describe('keys', () => {
  it('that are others do not open it', () => {
    expect(reasonOf(() => openWith(cipherWith([keyOf(2)]), sealed))).toBe('unknown-key')
  })

  it('that are previous ones open it, and the current one writes', () => {
    const rotated = cipherWith([keyOf(2), keyOf(1)])
    expect(openWith(rotated, sealed)).toEqual(plaintext)
    const again = rotated.seal(plaintext, aad)
    expect(again.keyId).toEqual(cipherWith([keyOf(2)]).seal(plaintext, aad).keyId)
    expect(openWith(cipherWith([keyOf(2)]), again)).toEqual(plaintext)
    expect(reasonOf(() => openWith(writer, again))).toBe('unknown-key')
  })

  it('that were taken out of the list no longer open it', () => {
    const readers = [cipherWith([keyOf(3), keyOf(2), keyOf(1)]), cipherWith([keyOf(3), keyOf(2)])]
    const reasons = readers.map((reader) => reasonOf(() => openWith(reader, sealed)))
    expect(reasons).toEqual([undefined, 'unknown-key'])
  })

  it('that differ only behind the 32nd byte are different keys', () => {
    const long = Buffer.concat([keyOf(1), Uint8Array.of(0)])
    expect(reasonOf(() => openWith(cipherWith([long]), sealed))).toBe('unknown-key')
  })

  it('are copied: what the caller does with his later changes nothing', () => {
    const mine = keyOf(1)
    const cipher = cipherWith([mine])
    expect(mine).toEqual(keyOf(1))
    mine.fill(0)
    expect(openWith(cipher, sealed)).toEqual(plaintext)
  })

  it('of one tenant do not open what another wrote, and have other ids', () => {
    const other = cipherWith([keyOf(1)], 'other')
    expect(reasonOf(() => openWith(other, sealed))).toBe('unknown-key')
    expect(other.seal(plaintext, aad).keyId).not.toEqual(sealed.keyId)
  })

  it('of one tenant do not open what another wrote even under its key id', () => {
    const other = cipherWith([keyOf(1)], 'other')
    const { keyId } = other.seal(plaintext, aad)
    expect(reasonOf(() => openWith(other, { ...sealed, keyId }))).toBe('tamper')
  })

  it('of tenants whose names begin alike are different', () => {
    const ids = ['a', 'ab', 'abc', 'bc', 'c', 'a\0', 'default'].map((tenant) =>
      Buffer.from(cipherWith([keyOf(1)], tenant).seal(plaintext, aad).keyId).toString('hex'),
    )
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('the entry that a value was encrypted for', () => {
  const others = {
    'format version': { formatVersion: 2 },
    tenant: { tenant: 'other' },
    namespace: { namespace: 'report' },
    'entry key': { key: Buffer.from('suser:2') },
    codec: { codec: 9 },
    'codec as text': { codec: '8' },
    'codec version': { codecVersion: 2 },
    meta: { meta: Uint8Array.of(1, 2, 4) },
    'meta without a byte': { meta: Uint8Array.of(1, 2) },
    compression: { compression: 1 },
    'raw size': { rawSize: 6 },
    'no raw size': { rawSize: null },
    role: { role: 'index' },
    'end of namespace moved into the key': { namespace: 'report', key: Buffer.from('ssuser:1') },
  }
  for (const [name, change] of Object.entries(others)) {
    it(`is another with another ${name}`, () => {
      const data = bindEntry({ ...binding, ...change })
      expect(reasonOf(() => openWith(writer, sealed, data))).toBe('tamper')
    })
  }

  it('is the same with the role that is meant where none is given', () => {
    expect(openWith(writer, sealed, bindEntry({ ...binding, role: 'value' }))).toEqual(plaintext)
  })
})

describe('one changed byte', () => {
  it.each([...plaintext.keys()])('of the ciphertext, at %i, is noticed', (index) => {
    const bytes = flip(sealed.bytes, index)
    expect(reasonOf(() => openWith(writer, { ...sealed, bytes }))).toBe('tamper')
  })

  it('of the tag is noticed, whichever it is', () => {
    for (let index = 0; index < 16; index += 1) {
      const tag = flip(sealed.tag, index)
      expect(reasonOf(() => openWith(writer, { ...sealed, tag }))).toBe('tamper')
    }
  })

  it('of the nonce is noticed, whichever it is', () => {
    for (let index = 0; index < 12; index += 1) {
      const nonce = flip(sealed.nonce, index)
      expect(reasonOf(() => openWith(writer, { ...sealed, nonce }))).toBe('tamper')
    }
  })

  it('of the key id makes it an unknown key', () => {
    for (let index = 0; index < 8; index += 1) {
      const keyId = flip(sealed.keyId, index)
      expect(reasonOf(() => openWith(writer, { ...sealed, keyId }))).toBe('unknown-key')
    }
  })

  it('of the additional data is noticed, whichever it is', () => {
    for (let index = 0; index < aad.byteLength; index += 1)
      expect(reasonOf(() => openWith(writer, sealed, flip(aad, index)))).toBe('tamper')
  })

  it('of the key id that names another key which is held is noticed', () => {
    const reader = cipherWith([keyOf(2), keyOf(1)])
    const { keyId } = reader.seal(plaintext, aad)
    expect(reasonOf(() => openWith(reader, { ...sealed, keyId }))).toBe('tamper')
  })
})

describe('another length', () => {
  const longer = (bytes: Uint8Array) => Buffer.concat([bytes, Uint8Array.of(0)])
  it('of the ciphertext is noticed', () => {
    for (const bytes of [
      sealed.bytes.subarray(1),
      sealed.bytes.subarray(0, 4),
      longer(sealed.bytes),
    ])
      expect(reasonOf(() => openWith(writer, { ...sealed, bytes }))).toBe('tamper')
    const bytes = new Uint8Array(0)
    expect(reasonOf(() => openWith(writer, { ...sealed, bytes }))).toBe('tamper')
  })

  for (const part of ['tag', 'nonce', 'keyId'] as const) {
    it(`of the ${part} is refused before anything is decrypted`, () => {
      const whole = sealed[part]
      // A tag of 12 bytes or 4 would be taken by GCM itself, and is that much easier to guess.
      const wrong = [0, 4, 8, 12, 16].filter((length) => length < whole.byteLength)
      for (const value of [...wrong.map((length) => whole.subarray(0, length)), longer(whole)])
        expect(reasonOf(() => openWith(writer, { ...sealed, [part]: value }))).toBe('corrupt')
    })
  }

  it('that swaps the parts of two values is noticed', () => {
    const second = writer.seal(plaintext, aad)
    expect(reasonOf(() => openWith(writer, { ...sealed, tag: second.tag }))).toBe('tamper')
    expect(reasonOf(() => openWith(writer, { ...sealed, nonce: second.nonce }))).toBe('tamper')
    expect(reasonOf(() => openWith(writer, { ...sealed, bytes: second.bytes }))).toBe('tamper')
  })
})

describe('a decryption that failed', () => {
  const reasons = ['tamper', 'unknown-key', 'downgrade', 'corrupt'] as const
  it.each(reasons)('for the reason %s says so to programs', (reason) => {
    const error = decryptError(reason)
    expect(isHoldfastError(error, 'ERR_DECRYPT')).toBe(true)
    expect(decryptReason(error)).toBe(reason)
  })

  it('has a reason only if it is one', () => {
    expect(decryptReason(new Error('other', { cause: { reason: 'tamper' } }))).toBeUndefined()
    expect(decryptReason(undefined)).toBeUndefined()
    const odd = decryptError('tamper')
    Object.defineProperty(odd, 'cause', { value: { reason: 'toString' } })
    expect(decryptReason(odd)).toBeUndefined()
  })

  it('gives nothing away in its message', () => {
    const key = Buffer.from(keyOf(1)).toString('hex')
    const cipher = cipherOf(encryption({ keys: [key], tenant: 'tenant-name' }))
    const error = errorOf(() => cipher.open(flip(sealed.bytes, 0), sealed, aad))
    const other = errorOf(() => openWith(cipher, { ...sealed, keyId: flip(sealed.keyId, 0) }))
    for (const text of [error.message, other.message, String(error.stack)]) {
      expect(text).not.toContain(key)
      expect(text).not.toContain('hello')
      expect(text).not.toContain('user:1')
      expect(text).not.toContain('tenant-name')
    }
  })
})
