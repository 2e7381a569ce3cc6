import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { areFields, encodeFields, type Field } from '../../src/frame/canonical-fields.ts'
import { bindEntry, type EntryBinding } from '../../src/frame/encryption-binding.ts'

const text = fc.string({ unit: 'binary', maxLength: 6 }).filter((given) => given.isWellFormed())
// Small and alike, so that equal lists and near misses come up.
const awkward = fc.constantFrom<Field>(
  null,
  '',
  '\0',
  'a',
  'ab',
  0,
  1,
  2,
  256,
  0.5,
  -1,
  Infinity,
  2 ** 53,
  new Uint8Array(0),
  Uint8Array.of(0),
  Buffer.from('a'),
  Buffer.from('ab'),
)
const field: fc.Arbitrary<Field> = fc.oneof(
  { arbitrary: awkward, weight: 4 },
  text,
  fc.double({ noNaN: true }),
  fc.uint8Array({ maxLength: 6 }),
)
const lists = fc.array(field, { maxLength: 4 })

/** Equality of lists, written independently of how they are encoded. */
function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, index) => sameField(one, b[index]))
}

function sameField(a: unknown, b: unknown): boolean {
  if (!(a instanceof Uint8Array && b instanceof Uint8Array)) return a === b
  return Buffer.compare(a, b) === 0
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

describe('canonical fields', () => {
  it('of lists that differ have different bytes, and of equal ones the same', () => {
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        expect(hexOf(encodeFields(a)) === hexOf(encodeFields(b))).toBe(same(a, b))
      }),
      { numRuns: 5_000 },
    )
  })

  it('differ wherever a list is split or joined otherwise', () => {
    fc.assert(
      fc.property(text, fc.nat(6), (whole, cut) => {
        const parts = [whole.slice(0, cut), whole.slice(cut)].filter((part) => part.isWellFormed())
        expect(hexOf(encodeFields(parts))).not.toBe(hexOf(encodeFields([whole])))
      }),
    )
  })

  it('of one list are no beginning of those of another', () => {
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        const isBeginning = hexOf(encodeFields(b)).startsWith(hexOf(encodeFields(a)))
        expect(isBeginning).toBe(same(a, b.slice(0, a.length)))
      }),
      { numRuns: 2_000 },
    )
  })

  it('take -0 as 0, as the database does, and text as it is stored', () => {
    expect(encodeFields([-0])).toEqual(encodeFields([0]))
    expect(encodeFields(['\ud800'])).toEqual(encodeFields(['\ufffd']))
  })

  it('are made of nothing that a row cannot hold', () => {
    expect(areFields([null, 0, '', new Uint8Array(0)])).toBe(true)
    for (const other of [undefined, Number.NaN, 1n, true, {}, [], new ArrayBuffer(1)])
      expect(areFields([other])).toBe(false)
  })
})

const number = fc.nat(3)
const bytes = fc.uint8Array({ max: 2, maxLength: 2 })
const short = fc.constantFrom('', 'a', 'b', 'ab', 'value')
const bindings: fc.Arbitrary<EntryBinding> = fc.record({
  formatVersion: number,
  tenant: short,
  namespace: short,
  key: bytes,
  codec: fc.oneof(number, short),
  codecVersion: number,
  meta: bytes,
  compression: number,
  rawSize: fc.option(number),
  role: fc.option(short, { nil: undefined }),
})

function membersOf({ role, ...binding }: EntryBinding): unknown[] {
  return [...Object.values(binding), role ?? 'value']
}

describe('bindEntry', () => {
  it('gives different bindings different bytes, and equal ones the same', () => {
    const change = fc.constantFrom(
      ...(Object.keys({
        formatVersion: 0,
        tenant: 0,
        namespace: 0,
        key: 0,
        codec: 0,
        codecVersion: 0,
        meta: 0,
        compression: 0,
        rawSize: 0,
        role: 0,
      }) as (keyof EntryBinding)[]),
    )
    fc.assert(
      fc.property(bindings, bindings, change, (a, other, name) => {
        // All but one member are equal: two free bindings would differ nearly always.
        const b = { ...a, [name]: other[name] }
        expect(hexOf(bindEntry(a)) === hexOf(bindEntry(b))).toBe(same(membersOf(a), membersOf(b)))
        expect(hexOf(bindEntry(a)) === hexOf(bindEntry(other))).toBe(
          same(membersOf(a), membersOf(other)),
        )
      }),
      { numRuns: 3_000 },
    )
  })
})
