import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Key, keyId } from '../../src/index.ts'
import { decodeKey } from '../../src/keys/decode-key.ts'
import { codeOf } from '../disk/support/code-of.ts'
import { openCache } from '../disk/support/forms.ts'

const text = fc.string({ unit: 'binary', maxLength: 12 })
const leaf: fc.Arbitrary<Key> = fc.oneof(
  text,
  fc.constantFrom('', 'n1', 't', 'z', '1:', '2:n1', '{', '[', 'a\0', '\0'),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(null),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ maxLength: 8 }),
  fc.webUrl().map((url) => new URL(url)),
)

const { key } = fc.letrec<{ key: Key }>((tie) => ({
  key: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('key'), { maxLength: 4 }),
    fc.dictionary(text, tie('key'), { maxKeys: 4 }),
  ),
}))

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

  it('come back from a store as they were, long ones too', () => {
    const cache = openCache()
    const long = fc.string({ minLength: 200, maxLength: 600 })
    const some = fc.array(fc.oneof(key, long), { minLength: 30, maxLength: 30 })
    fc.assert(
      fc.property(some, (keys) => {
        cache.clear()
        cache.setMany(keys.map((one) => [one, keyId(one)] as const))
        const ids = new Set(keys.map(keyId))
        expect(cache.size).toBe(ids.size)
        for (const [found, id] of cache) expect(keyId(found)).toBe(id)
        expect(new Set([...cache.keys()].map(keyId))).toEqual(ids)
        expect(cache.getMany(keys).size).toBeGreaterThanOrEqual(ids.size)
      }),
      { numRuns: 15 },
    )
    expect(cache.check().problems).toEqual([])
  })

  it('of damaged text are refused with a code, never misread', () => {
    expect(codeOf(() => decodeKey('?'))).toBe('ERR_CORRUPT')
    expect(codeOf(() => decodeKey(''))).toBe('ERR_CORRUPT')
    expect(codeOf(() => decodeKey('[5:n1'))).toBe('ERR_CORRUPT')
    expect(codeOf(() => decodeKey('[x:n1'))).toBe('ERR_CORRUPT')
    expect(codeOf(() => decodeKey('{1:a'))).toBe('ERR_CORRUPT')
  })

  it('up to 1 MiB are stored whole, and longer ones refused', () => {
    const cache = openCache()
    const largest = 'k'.repeat(2 ** 20 - 1)
    cache.set(largest, 1)
    cache.set(`${largest.slice(1)}x`, 2)
    expect(codeOf(() => cache.set(`${largest}x`, 3))).toBe('ERR_INVALID_KEY')
    expect([...cache.keys()]).toEqual([largest, `${largest.slice(1)}x`])
    expect(cache.check().problems).toEqual([])
  })
})
