import fc from 'fast-check'
import type { Key } from '../../../src/contracts/key.ts'

/** Any well-formed text. */
export const keyText: fc.Arbitrary<string> = fc.string({ unit: 'binary', maxLength: 12 })
/** Keys that have no members. */
export const leafKey: fc.Arbitrary<Key> = fc.oneof(
  keyText,
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

const keys = fc.letrec<{ key: Key }>((tie) => ({
  key: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leafKey,
    fc.array(tie('key'), { maxLength: 4 }),
    fc.dictionary(keyText, tie('key'), { maxKeys: 4 }),
  ),
}))

/** Any key but content keys. */
export const key: fc.Arbitrary<Key> = keys.key
