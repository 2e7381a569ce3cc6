import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/contracts/errors.ts'
import type { Key } from '../../src/contracts/key.ts'
import { keyId } from '../../src/keys/key-id.ts'
import { codeOf, rejectionOf } from '../support/code-of.ts'

describe('the canonical text of a key', () => {
  // What stands here is stored in files: a changed line loses the entries of everybody who updates.
  it.each<[Key, string]>([
    ['', 's'],
    ['user:1', 'suser:1'],
    ['a\0b', 'sa\0b'],
    [0, 'n0'],
    [-0, 'n0'],
    [1, 'n1'],
    [-1.5, 'n-1.5'],
    [1e21, 'n1e+21'],
    [5e-324, 'n5e-324'],
    [1n, 'i1'],
    [-(2n ** 70n), 'i-1180591620717411303424'],
    [true, 't'],
    [false, 'f'],
    [null, 'z'],
    [new Date(0), 'd0'],
    [new Date(-1), 'd-1'],
    [new URL('https://example.org'), 'uhttps://example.org/'],
    [new Uint8Array([1, 2]), 'bAQI'],
    [Buffer.from([1, 2]), 'bAQI'],
    [new Uint8Array(0), 'b'],
    [[], '['],
    [[1, 'blue'], '[2:n15:sblue'],
    [[[]], '[1:['],
    [{}, '{'],
    [{ a: 1 }, '{1:a2:n1'],
    [{ b: [null], a: { c: true } }, '{1:a7:{1:c1:t1:b4:[1:z'],
    [{ '': '' }, '{0:1:s'],
    [{ a: undefined }, '{'],
  ])('of %o is %s', (key, text) => {
    expect(keyId(key)).toBe(text)
  })

  it('does not depend on the order of names, nor on where a view lies in its buffer', () => {
    expect(keyId({ b: 1, a: 2, c: 3 })).toBe(keyId({ c: 3, a: 2, b: 1 }))
    const whole = new Uint8Array([9, 1, 2, 9])
    expect(keyId(whole.subarray(1, 3))).toBe(keyId(new Uint8Array([1, 2])))
  })

  it('sorts names by code point, not by UTF-16 unit', () => {
    const [astral, high] = ['\u{1f600}', '\ufffd']
    // By UTF-16 unit the surrogates of the first would come before the second.
    expect(keyId({ [astral]: 1, [high]: 2 })).toBe(`{1:${high}2:n22:${astral}2:n1`)
    expect(keyId({ ab: 1, a: 2, '\ud7ff': 3, '\ue000': 4 })).toBe(
      '{1:a2:n22:ab2:n11:\ud7ff2:n31:\ue0002:n4',
    )
  })

  it('takes names that mean something to JavaScript as names', () => {
    const key = JSON.parse('{"__proto__":1,"constructor":2,"toString":3}') as Key
    expect(keyId(key)).toBe('{9:__proto__2:n111:constructor2:n28:toString2:n3')
    expect(keyId(Object.assign(Object.create(null), { a: 1 }))).toBe(keyId({ a: 1 }))
  })
})

class Point {}
class MyArray extends Array<number> {}
class MyDate extends Date {}
class MyUrl extends URL {}
class MyBytes extends Uint8Array {}
class MyBuffer extends Buffer {}
class MyMap extends Map {}
class MySet extends Set {}
class MyError extends Error {}

const refused: readonly (readonly [what: string, key: unknown, code: ErrorCode])[] = [
  ['undefined', undefined, 'ERR_INVALID_KEY'],
  ['NaN', Number.NaN, 'ERR_INVALID_KEY'],
  ['Infinity', Number.POSITIVE_INFINITY, 'ERR_INVALID_KEY'],
  ['-Infinity', Number.NEGATIVE_INFINITY, 'ERR_INVALID_KEY'],
  ['bytes that were transferred away', transferred(), 'ERR_INVALID_KEY'],
  ['an array whose hole Array.prototype fills', inherited(), 'ERR_INVALID_KEY'],
  ['what a regular expression matched', /b/.exec('abc'), 'ERR_UNSUPPORTED_KEY'],
  ['an object with a prototype', Object.create({ a: 1 }), 'ERR_UNSUPPORTED_KEY'],
  ['arguments of a call', argumentsOf(1), 'ERR_UNSUPPORTED_KEY'],
  ['an invalid date', new Date(Number.NaN), 'ERR_INVALID_KEY'],
  ['a lone high surrogate', 'a\ud800', 'ERR_INVALID_KEY'],
  ['a lone low surrogate', '\udc00a', 'ERR_INVALID_KEY'],
  ['a name with a lone surrogate', { '\ud800': 1 }, 'ERR_INVALID_KEY'],
  ['undefined in an array', [undefined], 'ERR_INVALID_KEY'],
  // biome-ignore lint/suspicious/noSparseArray: the hole is the point
  ['an array with a hole', [1, , 2], 'ERR_INVALID_KEY'],
  ['a map', new Map(), 'ERR_INVALID_KEY'],
  ['a set', new Set(), 'ERR_INVALID_KEY'],
  ['a circular array', circular(), 'ERR_INVALID_KEY'],
  ['very deep nesting', nested(65), 'ERR_INVALID_KEY'],
  ['a function', () => 1, 'ERR_UNSUPPORTED_KEY'],
  ['a symbol', Symbol('s'), 'ERR_UNSUPPORTED_KEY'],
  ['a symbol as a name', { [Symbol('s')]: 1 }, 'ERR_UNSUPPORTED_KEY'],
  ['a class instance', new Point(), 'ERR_UNSUPPORTED_KEY'],
  ['an error', new Error('x'), 'ERR_UNSUPPORTED_KEY'],
  ['a regular expression', /x/, 'ERR_UNSUPPORTED_KEY'],
  ['a promise', Promise.resolve(), 'ERR_UNSUPPORTED_KEY'],
  ['a weak map', new WeakMap(), 'ERR_UNSUPPORTED_KEY'],
  ['a boxed string', Object('a'), 'ERR_UNSUPPORTED_KEY'],
  ['floats', new Float64Array(1), 'ERR_UNSUPPORTED_KEY'],
  ['an array buffer', new ArrayBuffer(1), 'ERR_UNSUPPORTED_KEY'],
  ['a subclass of Array', MyArray.of(1), 'ERR_UNSUPPORTED_KEY'],
  ['a subclass of Date', new MyDate(0), 'ERR_UNSUPPORTED_KEY'],
  ['a subclass of URL', new MyUrl('https://example.org'), 'ERR_UNSUPPORTED_KEY'],
  ['a subclass of Uint8Array', new MyBytes(1), 'ERR_UNSUPPORTED_KEY'],
  [
    'a subclass of Buffer',
    Object.setPrototypeOf(Buffer.from('a'), MyBuffer.prototype),
    'ERR_UNSUPPORTED_KEY',
  ],
  ['a subclass of Map', new MyMap(), 'ERR_UNSUPPORTED_KEY'],
  ['a subclass of Set', new MySet(), 'ERR_UNSUPPORTED_KEY'],
  ['a subclass of Error', new MyError(), 'ERR_UNSUPPORTED_KEY'],
]

describe('what is no key', () => {
  it.each(refused)('%s is refused', (_, key, code) => {
    expect(codeOf(() => keyId(key as Key))).toBe(code)
    expect(codeOf(() => keyId({ a: [1, key] } as Key))).toBe(code)
  })

  it('the message says where in the key it is', async () => {
    const message = async (part: unknown) => {
      const key = { users: [{ id: 1 }, { id: part }] } as Key
      return (await rejectionOf(() => keyId(key))).message
    }
    for (const part of [Number.NaN, new Map(), () => 1, new Point(), [undefined], 'a\ud800']) {
      expect(await message(part)).toContain('["users"][1]["id"]')
    }
  })

  it('the message does not have what the key says', async () => {
    const secrets = ['secret\ud800', { a: ['secret\ud800'] }, ['secret', Number.NaN]]
    for (const key of secrets) {
      const { message } = await rejectionOf(() => keyId(key as Key))
      expect(message).not.toContain('secret')
    }
  })

  it('a getter is asked once', () => {
    let asked = 0
    const key = {
      get a() {
        asked += 1
        return asked
      },
    }
    expect([keyId(key), asked]).toEqual(['{1:a2:n1', 1])
  })

  it('64 levels are fine', () => {
    expect(keyId(nested(64))).toMatch(/^\[/)
  })
})

function nested(levels: number): Key {
  let key: Key = 1
  for (let level = 0; level < levels; level += 1) key = [key]
  return key
}

function circular(): unknown {
  const array: unknown[] = []
  array.push(array)
  return array
}

function transferred(): Uint8Array {
  const bytes = new Uint8Array([1, 2])
  structuredClone(bytes, { transfer: [bytes.buffer] })
  return bytes
}

/** An array of one hole that reads as 1, because what it inherits has that index. */
function inherited(): unknown {
  const array = new Array(1)
  return new Proxy(array, {
    get: (target, name) => (name === '0' ? 1 : Reflect.get(target, name)),
    has: () => true,
  })
}

function argumentsOf(..._: unknown[]): unknown {
  // biome-ignore lint/complexity/noArguments: what a caller may pass on
  return arguments
}
