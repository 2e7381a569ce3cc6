import { describe, expect, it } from 'vitest'
import { auto } from '../../src/codecs/auto.ts'
import { classCodec } from '../../src/codecs/class-codec.ts'
import { codecSuite } from '../../src/testing/codec-suite.ts'
import { codeOf, errorOf } from '../support/code-of.ts'
import { decoded, encoded, roundTrip } from './support/coding.ts'

class Money {
  readonly cents: number
  readonly currency: string
  constructor(cents: number, currency: string) {
    this.cents = cents
    this.currency = currency
  }
}
class Gift extends Money {}
class Order {
  readonly total: Money
  readonly items: Map<string, Money>
  constructor(total: Money, items: Map<string, Money>) {
    this.total = total
    this.items = items
  }
}

const money = classCodec({
  id: 'shop.money',
  class: Money,
  encode: ({ cents, currency }) => ({ cents, currency }),
  decode: ({ cents, currency }) => new Money(cents, currency),
})
const orders = classCodec({
  id: 'shop.order',
  class: Order,
  encode: ({ total, items }) => [total, items] as const,
  decode: ([total, items]) => new Order(total, items),
})
const ten = new Money(10, 'EUR')
const order = new Order(ten, new Map([['a', ten]]))

describe('classCodec', () => {
  const refused = {
    'an instance of a subclass': new Gift(1, 'EUR'),
    'a subclass within': [new Gift(1, 'EUR')],
  }
  const alone = codecSuite({ codec: money, values: { 'an instance': ten } })
  for (const { name, run } of alone) it(`alone ${name}`, run)
  const values = {
    'an instance': ten,
    'instances within': [ten, { order }],
    'an instance with others': order,
  }
  const within = codecSuite({ codec: auto({ classes: [orders, money] }), values, refused })
  for (const { name, run } of within) it(`within auto ${name}`, run)

  it('is recorded by its own id where it is the whole value', () => {
    expect(encoded(auto({ classes: [money] }), ten)).toMatchObject({
      codec: 'shop.money',
      version: 1,
    })
  })

  it.each([
    ['bytes', Uint8Array.of(1, 2)],
    ['what looks like a payload', { bytes: Uint8Array.of(1) }],
    ['undefined', undefined],
    ['a map', new Map([[1, new Map()]])],
  ])('may stand for an instance: %s', (_, stored) => {
    let seen: unknown
    const codec = classCodec({
      id: 'test.any',
      class: Money,
      encode: () => stored,
      decode: (back) => {
        seen = back
        return ten
      },
    })
    expect(roundTrip(codec, ten)).toBe(ten)
    expect(seen).toStrictEqual(stored)
    expect(roundTrip(auto({ classes: [codec] }), [ten])).toStrictEqual([ten])
    expect(seen).toStrictEqual(stored)
  })
})

describe('a value that another version stored', () => {
  const second = {
    id: 'shop.money',
    version: 2,
    class: Money,
    encode: ({ cents, currency }: Money) => `${cents} ${currency}`,
    decode: (stored: string) => new Money(Number(stored.split(' ')[0]), stored.split(' ')[1] ?? ''),
  }
  const newer = classCodec(second)
  const migrating = classCodec({
    ...second,
    migrate(stored, storedVersion) {
      const { cents, currency } = stored as { cents: number; currency: string }
      return storedVersion === 1 && currency !== 'DM' ? new Money(cents, currency) : undefined
    },
  })

  it.each([
    ['newer, without migrate', newer, money],
    ['older, without migrate', money, newer],
  ])('is refused where it is %s', (_, writer, reader) => {
    for (const value of [ten, [ten]]) {
      const stored = encoded(auto({ classes: [writer] }), value)
      const { code, message } = errorOf(() => decoded(auto({ classes: [reader] }), stored))
      expect(code).toBe('ERR_UNSUPPORTED_VALUE')
      expect(message).toContain('migrate')
    }
  })

  it('is migrated, and refused where migrate gives nothing', () => {
    const reader = auto({ classes: [migrating] })
    for (const value of [ten, [ten]])
      expect(decoded(reader, encoded(auto({ classes: [money] }), value))).toStrictEqual(value)
    const odd = encoded(auto({ classes: [money] }), [new Money(1, 'DM')])
    expect(errorOf(() => decoded(reader, odd)).code).toBe('ERR_UNSUPPORTED_VALUE')
    expect(roundTrip(reader, [ten])).toStrictEqual([ten])
  })
})

describe('classCodec refuses', () => {
  const good = {
    id: 'a',
    class: Money,
    encode: (value: Money) => value,
    decode: (value: Money) => value,
  }
  it.each([
    ['an id with capitals', { id: 'Money' }],
    ['an empty id', { id: '' }],
    ['an id of 65 characters', { id: 'a'.repeat(65) }],
    ['the id of a built-in codec', { id: 'arrow' }],
    ['the id of a codec that chooses', { id: 'auto' }],
    ['a version of 0', { version: 0 }],
    ['a version of 65,536', { version: 65_536 }],
    ['half a version', { version: 1.5 }],
    ['an object as class', { class: {} }],
    ['Object as class', { class: Object }],
    ['no decode', { decode: undefined }],
    ['a migrate that is no function', { migrate: 1 }],
    ['an unknown option', { name: 'x' }],
  ])('%s', (_, wrong) => {
    expect(codeOf(() => classCodec({ ...good, ...wrong } as typeof good))).toBe(
      'ERR_INVALID_OPTION',
    )
  })
})
