import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Key } from '../../src/contracts/key.ts'
import { decodeKey } from '../../src/keys/decode-key.ts'
import { describeKey } from '../../src/keys/describe-key.ts'
import { keyId } from '../../src/keys/key-id.ts'
import { codeOf } from '../support/code-of.ts'
import { key, leafKey as leaf, keyText as text } from './support/arbitrary-keys.ts'

/** Equality of keys, written independently of how they are encoded. */
function same(a: Key, b: Key): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime()
  if (a instanceof URL) return b instanceof URL && a.href === b.href
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (Array.isArray(a) || Array.isArray(b)) return sameMembers(a, b)
  if (b instanceof Date || b instanceof URL || b instanceof Uint8Array) return false
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => Object.hasOwn(b, name) && same(member(a, name), member(b, name)))
}

function sameMembers(a: Key, b: Key): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
  return a.every((one, index) => same(one, b[index]))
}

function member(record: unknown, name: string): Key {
  return (record as Record<string, Key>)[name] as Key
}

describe('keys', () => {
  it('that differ have different ids, and equal ones the same', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(keyId(a) === keyId(b)).toBe(same(a, b))
      }),
      { numRuns: 3_000 },
    )
  })

  it('that differ in one small thing have different ids', () => {
    fc.assert(
      fc.property(fc.array(leaf, { minLength: 1, maxLength: 5 }), fc.nat(), (members, at) => {
        const cut = at % (members.length + 1)
        const forms: Key[] = [
          members,
          [members],
          [members.slice(0, cut), members.slice(cut)],
          [...members, null],
          { ...members },
          keyId(members),
        ]
        expect(new Set(forms.map(keyId)).size).toBe(forms.length)
      }),
    )
  })

  it('come back from their ids as they were', () => {
    fc.assert(
      fc.property(key, (original) => {
        const decoded = decodeKey(keyId(original))
        expect(same(decoded, original)).toBe(true)
        expect(keyId(decoded)).toBe(keyId(original))
      }),
      { numRuns: 2_000 },
    )
  })

  it('sort their names by code point, whatever order they come in', () => {
    fc.assert(
      fc.property(fc.dictionary(text, leaf, { maxKeys: 8 }), (record) => {
        const names = Object.keys(record)
        const reversed = Object.fromEntries(names.reverse().map((name) => [name, record[name]]))
        expect(keyId(reversed as Key)).toBe(keyId(record))
        // UTF-8 sorts as code points do; the order here is found by bytes, there by code units.
        const decoded = Object.keys(decodeKey(keyId(record)) as object).filter(isNoIndex)
        const sorted = names.filter(isNoIndex).sort((a, b) => Buffer.compare(utf8(a), utf8(b)))
        expect(decoded).toEqual(sorted)
      }),
      { numRuns: 1_000 },
    )
  })

  it('with something refused anywhere in them are refused', () => {
    const bad = fc.constantFrom(Number.NaN, Number.NEGATIVE_INFINITY, 'a\udfff', new Map(), () => 1)
    fc.assert(
      fc.property(key, bad, fc.array(fc.oneof(fc.nat(3), text), { maxLength: 4 }), (...args) => {
        const [good, inner, path] = args
        const whole = path.reduceRight<unknown>(
          (member, part) =>
            typeof part === 'string' ? { '': good, [part]: member } : [good, member, good],
          inner,
        )
        const code = typeof inner === 'function' ? 'ERR_UNSUPPORTED_KEY' : 'ERR_INVALID_KEY'
        expect(codeOf(() => keyId(whole as Key))).toBe(code)
      }),
    )
  })

  it('of any other text are refused with a code, or are what the text says', () => {
    const random = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.tuple(fc.constantFrom(...'snitfzdubc[{'), fc.string({ maxLength: 12 })).map(join),
      fc.array(fc.constantFrom(...'[{0123:nsz-b'), { maxLength: 14 }).map(join),
    )
    const mutated = fc
      .tuple(key.map(keyId), fc.nat(), fc.nat(2), fc.constantFrom(...'0123:[{nst-'))
      .map(([id, where, remove, insert]) => {
        const at = where % (id.length + 1)
        return id.slice(0, at) + insert + id.slice(at + remove)
      })
    fc.assert(
      fc.property(fc.oneof(random, mutated), (damaged) => {
        let decoded: Key
        try {
          decoded = decodeKey(damaged)
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_CORRUPT' })
          return
        }
        // A URL reads what it is given; all else has one text. Lone surrogates are never read from a store.
        if (damaged.isWellFormed() && !damaged.includes('u')) expect(keyId(decoded)).toBe(damaged)
      }),
      { numRuns: 20_000 },
    )
  })

  it('can be shown in a line of a given length', () => {
    fc.assert(
      fc.property(key, fc.integer({ min: 20, max: 60 }), (one, maxLength) => {
        const shown = describeKey(one, { maxLength })
        expect(shown.length).toBeLessThanOrEqual(maxLength)
        expect(shown).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+$/u)
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([
    ['?'],
    [''],
    ['[5:n1'],
    ['[x:n1'],
    ['[02:n1'],
    ['[ 2:n1'],
    ['[-1:n1'],
    ['[1e1:s123456789'],
    ['[9999999999999:s'],
    ['{1:a'],
    ['{1:a2:n11:a2:n1'],
    ['{1:b2:n11:a2:n1'],
    ['n'],
    ['n-0'],
    ['nNaN'],
    ['nInfinity'],
    ['n01'],
    ['n0x1'],
    ['n1.0'],
    ['i'],
    ['i-0'],
    ['i01'],
    ['i1n'],
    ['i0x1'],
    ['t1'],
    ['f1'],
    ['z1'],
    ['d'],
    ['d1.5'],
    ['d9e99'],
    ['u'],
    ['uno url'],
    ['bA'],
    ['bAR'],
    ['b+/'],
    ['c'],
    ['cf12'],
    [`cx${'0'.repeat(32)}`],
    [`cb${'0'.repeat(64)}`],
  ])('are not read from %s', (damaged) => {
    expect(codeOf(() => decodeKey(damaged))).toBe('ERR_CORRUPT')
  })

  it('nested without end are refused in no time', () => {
    let nested = 's'
    while (nested.length < 2 ** 20) nested = `[${nested.length}:${nested}`
    expect(codeOf(() => decodeKey(nested))).toBe('ERR_CORRUPT')
  })

  it('of content that version 0.1 stored are still read', () => {
    for (const id of [`cf${'0a'.repeat(32)}`, `cd${'0a'.repeat(32)}`]) {
      expect(keyId(decodeKey(id))).toBe(id)
    }
  })
})

/** Objects have such names first, whatever order they were given in. */
function isNoIndex(name: string): boolean {
  return !/^\d+$/.test(name)
}

function utf8(text: string): Buffer {
  return Buffer.from(text, 'utf8')
}

function join(parts: readonly string[]): string {
  return parts.join('')
}
