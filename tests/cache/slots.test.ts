import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeySpace, slotOfId } from '../../src/cache/key-ref.ts'
import { RefBudget } from '../../src/cache/ref-budget.ts'
import { memory } from '../../src/index.ts'
import { openCache } from './support/caches.ts'

const root = new KeySpace('', new RefBudget())
const spaces = [root, root.below('a'), root.below('a').below('b'), root.below('s')]

/** Texts that look like ids of other keys, and what may be one of theirs. */
const key = fc.oneof(
  fc.string({ unit: fc.constantFrom(':', '/', 's', 'a', 'b', 'n', '1', '\0', '%'), maxLength: 7 }),
  fc.constantFrom('a/:sx', ':sx', ':n1', 'a/b/:s', 'https://example.org/a', ''),
  fc.integer({ min: 0, max: 3 }),
  fc.array(fc.constantFrom('a', 's', 1), { maxLength: 2 }),
)

describe('what memory has an entry under', () => {
  it('is another for each key of each namespace', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...spaces),
        key,
        fc.constantFrom(...spaces),
        key,
        (s, k, t, l) => {
          const isSame = s.idOf(k) === t.idOf(l)
          expect(s.slotOf(k) === t.slotOf(l)).toBe(isSame)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('follows from the id too', () => {
    fc.assert(
      fc.property(fc.constantFrom(...spaces), key, (space, one) => {
        expect(slotOfId(space.idOf(one))).toBe(space.slotOf(one))
      }),
    )
  })

  it('is the key itself for a text in no namespace', () => {
    expect(
      ['user:42', 'https://example.org/a', '/api', ''].map((text) => root.slotOf(text)),
    ).toEqual(['user:42', 'https://example.org/a', '/api', ''])
  })

  it('leads to the entry whatever the key looks like', async () => {
    const { cache } = openCache({ tiers: [memory()] })
    const below = cache.namespace('a')
    await below.set('x', 'below')
    await cache.set('a/:sx', 'here')
    await cache.set(':sx', 'colon')
    await cache.set('x', 'plain')
    expect([below.peek('x'), cache.peek('a/:sx'), cache.peek(':sx'), cache.peek('x')]).toEqual([
      'below',
      'here',
      'colon',
      'plain',
    ])
    expect((await cache.explain('a/:sx')).tiers[0]?.found).toBe(true)
    await below.clear()
    expect([below.peek('x'), cache.peek('a/:sx')]).toEqual([undefined, 'here'])
    expect([await cache.delete(':sx'), cache.peek(':sx'), cache.peek('x')]).toEqual([
      true,
      undefined,
      'plain',
    ])
  })
})

it('a key that cannot be stored is refused, not missed', () => {
  const { cache } = openCache()
  for (const key of ['\ud800', Number.NaN, undefined as never])
    for (const one of [cache, cache.namespace('a')])
      expect(() => one.peek(key)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_KEY' }))
})

describe('refs that are kept', () => {
  it('are the same for the same key until many others were used', () => {
    const space = new KeySpace('', new RefBudget())
    const first = space.ref('a')
    expect(space.ref('a')).toBe(first)
    for (let index = 0; index < 8_192; index += 1) space.ref(`b${index}`)
    expect(space.ref('a')).toBe(first)
    for (let index = 0; index < 3 * 8_192; index += 1) space.ref(`c${index}`)
    expect(space.ref('a')).not.toBe(first)
    expect(space.ref('a').id).toBe(first.id)
  })

  it('go from namespaces that are not used while others are', () => {
    const budget = new RefBudget()
    const [busy, idle] = [new KeySpace('', budget), new KeySpace('i/', budget)]
    const first = idle.ref('a')
    for (let index = 0; index < 4 * 8_192; index += 1) busy.ref(`b${index}`)
    expect(idle.ref('a')).not.toBe(first)
  })

  it('are not those of long keys', () => {
    const long = 'x'.repeat(1_000)
    expect(root.ref(long)).not.toBe(root.ref(long))
  })
})
