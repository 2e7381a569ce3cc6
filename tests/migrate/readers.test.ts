import { describe, expect, it } from 'vitest'
import { readJson } from '../../src/migrate/json-reader.ts'
import { readMsgpack } from '../../src/migrate/msgpack-reader.ts'
import { NotConvertible } from '../../src/migrate/not-convertible.ts'
import { readPickle } from '../../src/migrate/pickle-reader.ts'
import { bytesRepr, floatRepr, nameOfKey } from '../../src/migrate/python-repr.ts'
import { readSciqlopKey } from '../../src/migrate/sciqlop-key.ts'
import { toKey } from '../../src/migrate/to-key.ts'
import { toPlain } from '../../src/migrate/to-plain.ts'

const json = (text: string): unknown => toPlain(readJson(text), text.length).value
const msgpack = (hex: string): unknown =>
  toPlain(readMsgpack(Buffer.from(hex, 'hex')), hex.length).value

describe('readJson', () => {
  it.each([
    'null',
    ' [1, -2.5e3, "a\\"b\\\\", {"x": {}}, []] ',
    '"\\ud800"',
    `"${'x'.repeat(1_000_000)}"`,
    '{"__proto__": 1, "a": [true, false]}',
    '"\\\\"',
  ])('agrees with JSON.parse on %.40s', (text) => {
    expect(json(text)).toStrictEqual(JSON.parse(text))
  })

  it('keeps whole numbers exact, and reads what Python writes beside JSON', () => {
    expect(json('[9007199254740993, 9007199254740991, NaN, -Infinity]')).toStrictEqual([
      9_007_199_254_740_993n,
      9_007_199_254_740_991,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
    ])
  })

  it.each([
    '',
    '[1',
    '[1,]',
    '{"a"}',
    '{a: 1}',
    '1 2',
    '"a',
    '01x',
    "'a'",
    '[1 2]',
    '"\n"',
    '['.repeat(100_000),
  ])('refuses %.20s', (text) => {
    expect(() => json(text)).toThrow(NotConvertible)
  })
})

describe('readMsgpack', () => {
  it.each([
    ['c0', null],
    ['c3', true],
    ['7f', 127],
    ['ff', -1],
    ['cd0100', 256],
    ['d1ff00', -256],
    ['d2ffffff00', -256],
    ['cf8000000000000000', 2n ** 63n],
    ['d3ffffffffffffffff', -1],
    ['cb3ff8000000000000', 1.5],
    ['ca3fc00000', 1.5],
    ['a161', 'a'],
    ['d90161', 'a'],
    ['c40100', Buffer.from([0])],
    ['9201a161', [1, 'a']],
    ['81a16101', { a: 1 }],
    ['810161', new Map([[1, 97]])],
  ])('reads %s', (hex, value) => {
    expect(msgpack(hex)).toStrictEqual(value)
  })

  it.each([
    '',
    'c1',
    'a2',
    '9101ff',
    'dfffffffff',
    'c7010100',
    'd40100',
    'a1ff',
    '91'.repeat(100_000),
  ])('refuses %.20s', (hex) => {
    expect(() => msgpack(hex)).toThrow(NotConvertible)
  })
})

describe('names of keys', () => {
  it('are written as Python writes them', () => {
    const floats = [
      1,
      -0,
      1e16,
      1.5e-5,
      123_456.789,
      1e22,
      5e-324,
      0.0001,
      Number.POSITIVE_INFINITY,
    ]
    expect(floats.map(floatRepr)).toEqual([
      '1.0',
      '-0.0',
      '1e+16',
      '1.5e-05',
      '123456.789',
      '1e+22',
      '5e-324',
      '0.0001',
      'inf',
    ])
    expect(bytesRepr(Buffer.from("a'\\\n\xff", 'latin1'))).toBe("b'a\\'\\\\\\x0a\\xff'")
    // ('t', 1, 1.0, (b'x',), [None, True], {'a': -2})
    const pickle = Buffer.from(
      '8005952b00000000000000288c0174944b01473ff00000000000004301789485945d94284e88657d948c0161944afeffffff7374942e',
      'hex',
    )
    expect(nameOfKey(readPickle(pickle, { markFloats: true }))).toBe(
      "('t', 1, 1.0, (b'x',), [None, True], {'a': -2})",
    )
    expect(nameOfKey('text as it is\n')).toBe('text as it is\n')
  })

  it('stay short, however deep or often a thing is named', () => {
    // x = (); x = (x, x) and so on, 60 times
    const doubled = Buffer.concat([
      Buffer.from('2994', 'hex'),
      ...Array.from({ length: 60 }, (_, at) => Buffer.from([0x68, at, 0x86, 0x94])),
      Buffer.from('.'),
    ])
    const key = readPickle(doubled)
    expect(nameOfKey(key).length).toBeLessThan(1_000)
    expect(() => toKey(key)).toThrow(NotConvertible)
    const deep = readPickle(
      Buffer.concat([Buffer.alloc(100_000, ']'), Buffer.alloc(99_999, 'a'), Buffer.from('.')]),
    )
    expect(nameOfKey(deep).length).toBeLessThan(1_000)
    expect(() => toKey(deep)).toThrow(NotConvertible)
  })
})

describe('readSciqlopKey', () => {
  it.each([
    ['\0i-5', -5],
    ['\0i9007199254740993', 9_007_199_254_740_993n],
    ['\0f1e+16', 1e16],
    ['\0f1.5', 1.5],
    ['\0b\0\xff', Buffer.from([0, 255])],
    ['\0pgAROLg==', null],
  ])('reads %j', (text, key) => {
    expect(toKey(readSciqlopKey(text)).value).toStrictEqual(key)
  })

  it.each(['\0', '\0x', '\0i', '\0i1.5', '\0f', '\0finf', '\0b\u0100', '\0p', '\0pAAAA'])(
    'refuses %j',
    (text) => {
      expect(() => readSciqlopKey(text)).toThrow(NotConvertible)
    },
  )
})
