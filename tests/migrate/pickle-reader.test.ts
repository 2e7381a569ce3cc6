import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NotConvertible } from '../../src/migrate/not-convertible.ts'
import { readPickle } from '../../src/migrate/pickle-reader.ts'
import { type PlainValue, toPlain } from '../../src/migrate/to-plain.ts'

/** What Python 3.11 wrote, in hex, by what it is and the protocol. */
const pickles = JSON.parse(
  readFileSync(join(import.meta.dirname, 'pickles.json'), 'utf8'),
) as Record<string, string>

function convert(bytes: Buffer): PlainValue {
  return toPlain(readPickle(bytes), bytes.length)
}

function read(hex: string): unknown {
  return convert(Buffer.from(hex, 'hex')).value
}

/** The reason why a pickle is not converted; `undefined` if it is. Anything but a reason is thrown on. */
function refusal(bytes: Buffer | string): string | undefined {
  try {
    convert(Buffer.from(bytes as string, 'hex'))
  } catch (error) {
    if (error instanceof NotConvertible) return error.message
    throw error
  }
  return undefined
}

const expected: Readonly<Record<string, unknown>> = {
  none: null,
  true: true,
  false: false,
  zero: 0,
  byte: 255,
  word: 65_535,
  int: -(2 ** 31),
  long: 2n ** 53n,
  safe: Number.MAX_SAFE_INTEGER,
  minus: Number.MIN_SAFE_INTEGER,
  big: 2n ** 70n,
  'negative big': -(2n ** 70n),
  float: 0.1,
  'minus zero': -0,
  nan: Number.NaN,
  infinity: Number.NEGATIVE_INFINITY,
  text: 'Zürich \u{1f600}\r\n\0',
  surrogate: 'a\ud800b',
  'long text': 'x'.repeat(300),
  'long bytes': Buffer.alloc(300, 'y'),
  bytearray: Buffer.from('abc'),
  list: [1, [2, []]],
  'long list': Array.from({ length: 300 }, (_, index) => index),
  tuples: [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]],
  'mixed dict': new Map<unknown, unknown>([
    [1, 'one'],
    ['1', 'text'],
    [[1, 2], 'tuple'],
  ]),
  set: new Set([1]),
  frozenset: new Set(['a']),
  'empty set': new Set(),
  datetime: new Date('2024-02-29T12:30:15.250Z'),
  'datetime microseconds': new Date('2024-02-29T12:30:15.250Z'),
  date: '2024-02-29',
  timedelta: -86_400_000 + 30_000.5,
  decimal: '1.10',
  'decimal nan': 'NaN',
}

describe('readPickle', () => {
  const names = Object.keys(pickles).filter((name) => (name.split(' / ')[0] as string) in expected)
  it.each(names)('reads %s', (name) => {
    expect(read(pickles[name] as string)).toStrictEqual(expected[name.split(' / ')[0] as string])
  })

  it('reads bytes of protocol 3 and later; protocol 2 spells them as a call, which is refused', () => {
    for (const protocol of [3, 4, 5]) {
      expect(read(pickles[`bytes / ${protocol}`] as string)).toStrictEqual(Buffer.from([0, 255]))
    }
    expect(refusal(pickles['bytes / 2'] as string)).toContain('_codecs.encode')
  })

  it('keeps a name such as __proto__ a name', () => {
    const dict = read(pickles['dict / 5'] as string) as object
    expect(Object.getPrototypeOf(dict)).toBe(Object.prototype)
    expect(Object.entries(dict)).toEqual([
      ['a', 1],
      ['__proto__', { b: 2 }],
    ])
  })

  it('keeps what is shared shared, and what holds itself so', () => {
    const [first, second] = read(pickles['shared / 5'] as string) as [object, object]
    expect(first).toBe(second)
    const cycle = read(pickles['cycle / 5'] as string) as unknown[]
    expect(cycle[1]).toBe(cycle)
    const tuple = read(pickles['tuple cycle / 2'] as string) as [unknown[]]
    expect(tuple[0][0]).toBe(tuple)
  })

  it('says that microseconds were cut off', () => {
    const { change } = convert(Buffer.from(pickles['datetime microseconds / 5'] as string, 'hex'))
    expect(change).toContain('microseconds')
    expect(convert(Buffer.from(pickles['datetime / 5'] as string, 'hex')).change).toBeUndefined()
  })

  it('tells floats from ints where it is asked to', () => {
    const marked = readPickle(Buffer.from(pickles['float / 5'] as string, 'hex'), {
      markFloats: true,
    })
    expect(marked).toMatchObject({ value: 0.1 })
  })

  it.each([
    ['datetime aware / 5', 'datetime.timezone'],
    ['complex / 5', 'builtins.complex'],
    ['uuid / 5', 'uuid.UUID'],
    ['range / 5', 'builtins.range'],
    ['fold / 5', 'fold=1'],
  ])('names what it leaves out: %s', (name, reason) => {
    expect(refusal(pickles[name] as string)).toContain(reason)
  })

  // Written as a pickle by hand: what each would do to Python is in its name.
  it.each([
    [
      'os.system by GLOBAL',
      Buffer.from("cos\nsystem\n(S'true'\ntR.").toString('hex'),
      '"os.system"',
    ],
    [
      'os.system by STACK_GLOBAL',
      '80058c026f738c0673797374656d938c047472756585522e',
      '"os.system"',
    ],
    [
      'a call of a datetime with nonsense',
      `${Buffer.from('cdatetime\ndatetime\n').toString('hex')}4b0185522e`,
      'malformed',
    ],
    ['a call of a value', '4b014b0185522e', 'calls'],
    [
      'an allowed type itself',
      `${Buffer.from('cdatetime\ndate\n').toString('hex')}2e`,
      'the type datetime.date itself',
    ],
    [
      'an allowed type in a list',
      `5d${Buffer.from('cdatetime\ndate\n').toString('hex')}612e`,
      'itself',
    ],
    ['BUILD', '7d7d622e', 'BUILD'],
    ['INST', Buffer.from('(ios\nsystem\n.').toString('hex'), 'INST'],
    ['OBJ', '286f2e', 'OBJ'],
    ['NEWOBJ', '29812e', 'NEWOBJ'],
    ['a persistent id', '51', 'BINPERSID'],
    ['an extension code', '8201', 'EXT1'],
    ['a buffer kept elsewhere', '97', 'NEXT_BUFFER'],
    ['a newer protocol', '80062e', 'newer protocol'],
    ['nothing', '', 'damaged'],
    ['no end', '4b01', 'damaged'],
    ['an empty stack', '2e', 'damaged'],
    ['something left on the stack', '4b014b012e', 'damaged'],
    ['a mark left over', '284b012e', 'damaged'],
    ['taking off more than is there', '612e', 'damaged'],
    ['taking off below a mark', '4b014b0228862e', 'damaged'],
    ['a list that is a dict', '7d4b01612e', 'damaged'],
    ['a dict with half a pair', '7d284b01752e', 'damaged'],
    ['a memo that was never made', '68052e', 'damaged'],
    ['a far place in the memo', '4e72ffffffff2e', 'damaged'],
    ['a length beyond the end', '8dffffffffffffff7f2e', 'damaged'],
    ['a negative length', '8bffffffff2e', 'damaged'],
    ['a huge integer', `8b00001100${'00'.repeat(0x110000)}2e`, '64 KiB'],
    ['text that is not UTF-8', '8c01ff2e', 'UTF-8'],
  ])('refuses %s', (_, hex, reason) => {
    expect(refusal(hex)).toContain(reason)
  })

  it('refuses nesting that would exhaust the stack', () => {
    const deep = Buffer.concat([
      Buffer.alloc(1e6, ']'),
      Buffer.alloc(1e6 - 1, 'a'),
      Buffer.from('.'),
    ])
    expect(refusal(deep)).toContain('levels')
  })

  it('refuses few bytes that would become much memory', () => {
    const many = Buffer.concat([Buffer.from(']('), Buffer.alloc(5e6, '}'), Buffer.from('e.')])
    expect(refusal(many)).toContain('too many items')
  })

  it('ends a set of numbers that were chosen to be slow', () => {
    // Equal low digits: one bucket of a hash table for all.
    const numbers = Array.from({ length: 60_000 }, (_, index) => {
      const number = Buffer.alloc(14)
      number.writeUInt8(0x8a, 0)
      number.writeUInt8(12, 1)
      number.writeUInt32LE(index + 1, 10)
      return number
    })
    const slow = Buffer.concat([Buffer.from('8f28', 'hex'), ...numbers, Buffer.from('902e', 'hex')])
    // Processor time: how long that takes is up to what else the machine does.
    const before = process.cpuUsage()
    expect(refusal(slow)).toContain('too long')
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1_000).toBeLessThan(12_000)
  })

  it('survives every damage of one byte with a value or a reason', () => {
    for (const hex of Object.values(pickles)) {
      const bytes = Buffer.from(hex, 'hex')
      for (let at = 0; at < Math.min(bytes.length, 80); at += 1) {
        const damaged = Buffer.from(bytes)
        damaged[at] = (damaged[at] as number) ^ (1 << (at % 8))
        refusal(damaged)
        refusal(bytes.subarray(0, at))
      }
    }
  })
})
