import { describe, expect, it } from 'vitest'
import type { Sealed } from '../../src/frame/encryption-cipher.ts'
import { aad, cipherWith, flip, keyOf, reasonOf } from './encryption-support.ts'

const cipher = cipherWith([keyOf(1)])
const value = Buffer.alloc(10_000, 'the quick brown fox ')

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.byteLength; at += size) pieces.push(bytes.subarray(at, at + size))
  return pieces
}

function sealInPieces(pieces: readonly Uint8Array[], data = aad): Sealed {
  const stream = cipher.sealStream(data)
  const bytes = Buffer.concat(pieces.map((piece) => stream.update(piece)))
  return { keyId: stream.keyId, nonce: stream.nonce, tag: stream.finish(), bytes }
}

/** What the second pass over `second` gives out, after a first one over `first`. */
function openInPieces(
  sealed: Sealed,
  first: readonly Uint8Array[],
  second: readonly Uint8Array[] = first,
  given: Uint8Array[] = [],
): Buffer {
  const stream = cipher.openStream(sealed, aad)
  for (const piece of first) stream.verify(piece)
  stream.endVerify()
  for (const piece of second) given.push(stream.open(piece))
  stream.finish()
  return Buffer.concat(given)
}

describe('a value encrypted in pieces', () => {
  it.each([1, 16, 999, 4_096, 10_000])('of %i bytes is opened at once', (size) => {
    const sealed = sealInPieces(cut(value, size))
    expect(Buffer.from(cipher.open(sealed.bytes, sealed, aad)).equals(value)).toBe(true)
  })

  it.each([1, 16, 999, 4_096, 10_000])('and one encrypted at once is opened in those', (size) => {
    const sealed = cipher.seal(value, aad)
    expect(openInPieces(sealed, cut(sealed.bytes, size)).equals(value)).toBe(true)
  })

  it('may be empty, and have empty pieces', () => {
    const empty = sealInPieces([])
    expect(openInPieces(empty, [])).toHaveLength(0)
    const sealed = sealInPieces([new Uint8Array(0), value, new Uint8Array(0)])
    expect(openInPieces(sealed, [sealed.bytes]).equals(value)).toBe(true)
  })

  it('is bound to its entry', () => {
    const sealed = sealInPieces(cut(value, 999), flip(aad, 0))
    expect(reasonOf(() => openInPieces(sealed, [sealed.bytes]))).toBe('tamper')
  })

  it('is refused after 64 GiB', () => {
    const stream = cipher.sealStream(aad)
    // A piece that says of itself that it is that long: allocating it is another matter.
    const huge = Object.defineProperty(new Uint8Array(1), 'byteLength', { value: 2 ** 36 - 31 })
    expect(() => stream.update(huge)).toThrow(
      expect.objectContaining({ code: 'ERR_VALUE_TOO_LARGE' }),
    )
  })
})

describe('a value decrypted in pieces', () => {
  const sealed = cipher.seal(value, aad)
  const pieces = cut(sealed.bytes, 999)

  it('gives nothing out before its tag was checked', () => {
    const stream = cipher.openStream(sealed, aad)
    expect(() => stream.open(pieces[0] ?? value)).toThrow(TypeError)
    for (const piece of pieces) expect(stream.verify(piece)).toBeUndefined()
    expect(() => stream.open(pieces[0] ?? value)).toThrow(TypeError)
  })

  it('is refused after the first pass where it was changed, cut or extended', () => {
    const last = pieces.length - 1
    const wrong = [
      pieces.with(last, flip(pieces[last] ?? value, 0)),
      pieces.slice(0, last),
      [...pieces, Uint8Array.of(0)],
      pieces.toReversed(),
      [],
    ]
    for (const first of wrong) {
      const given: Uint8Array[] = []
      expect(reasonOf(() => openInPieces(sealed, first, first, given))).toBe('tamper')
      expect(given).toEqual([])
    }
  })

  it('gives no piece out that was changed between the passes', () => {
    for (let index = 0; index < pieces.length; index += 1) {
      const given: Uint8Array[] = []
      const second = pieces.with(index, flip(pieces[index] ?? value, 5))
      expect(reasonOf(() => openInPieces(sealed, pieces, second, given))).toBe('tamper')
      expect(given).toHaveLength(index)
      expect(value.subarray(0, index * 999).equals(Buffer.concat(given))).toBe(true)
    }
  })

  it('is refused where pieces are missing or too many in the second pass', () => {
    expect(reasonOf(() => openInPieces(sealed, pieces, pieces.slice(0, -1)))).toBe('tamper')
    expect(reasonOf(() => openInPieces(sealed, pieces, [...pieces, Uint8Array.of(0)]))).toBe(
      'tamper',
    )
    expect(reasonOf(() => openInPieces(sealed, pieces, [...pieces, new Uint8Array(0)]))).toBe(
      'tamper',
    )
  })

  it('takes no more pieces to verify once they were', () => {
    const stream = cipher.openStream(sealed, aad)
    for (const piece of pieces) stream.verify(piece)
    stream.endVerify()
    expect(() => stream.verify(value)).toThrow(TypeError)
  })

  it('is refused at once without its key, or with a damaged area', () => {
    const other = cipherWith([keyOf(2)])
    expect(reasonOf(() => other.openStream(sealed, aad))).toBe('unknown-key')
    const tag = sealed.tag.subarray(1)
    expect(reasonOf(() => cipher.openStream({ ...sealed, tag }, aad))).toBe('corrupt')
  })
})
