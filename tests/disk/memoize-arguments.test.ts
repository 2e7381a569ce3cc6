import { describe, expect, it } from 'vitest'
import { keyId } from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { openCache } from './support/forms.ts'

/** Lists of arguments of which no two are the same call. */
const distinct: readonly (readonly unknown[])[] = [
  [],
  [null],
  [0],
  ['0'],
  [0n],
  [false],
  [''],
  [Number.NaN],
  ['NaN'],
  [Number.POSITIVE_INFINITY],
  [Number.NEGATIVE_INFINITY],
  [undefined, 1],
  [null, 1],
  [1, undefined, 2],
  [[]],
  [[[]]],
  [[undefined]],
  [{}],
  [{ a: 1 }],
  [{ a: '1' }],
  [[1, 2]],
  [1, 2],
  [[1], 2],
  [new Map()],
  [new Map([['a', 1]])],
  [new Map([[1, 'a']])],
  [new Set()],
  [new Set([1])],
  [new Set(['1'])],
  [[['a', 1]]],
  [new Date(0)],
  [new Date(1)],
  [new URL('https://example.org/')],
  ['https://example.org/'],
  [new Uint8Array([1, 0])],
  [new Int8Array([1, 0])],
  [new Uint16Array([1])],
  [new Uint8ClampedArray([1, 0])],
  [new Float32Array([1])],
  [new Uint8Array([1, 0]).buffer],
  [new DataView(new Uint8Array([1, 0]).buffer)],
  [{ '\u0001': 'Map', content: null }],
  [{ '\u0001': 'undefined', content: null }],
  [{ '\u0001\u0001': 'Map', content: null }],
  [new Map([['\u0001', 'Map']])],
]

describe('arguments of a memoized function', () => {
  it('that differ never share a key', () => {
    const cache = openCache()
    const f = cache.memoize(function f(..._: unknown[]) {})
    const ids = distinct.map((args) => keyId(f.keyOf(...args)))
    const clashes = ids.flatMap((id, index) => (ids.indexOf(id) < index ? [distinct[index]] : []))
    expect(clashes).toEqual([])
    expect(cache.check().problems).toEqual([])
  })

  it.each<[string, readonly unknown[], readonly unknown[]]>([
    ['the order of names', [{ a: 1, b: 2 }], [{ b: 2, a: 1 }]],
    ['an undefined property', [{ a: 1, b: undefined }], [{ a: 1 }]],
    ['an undefined argument at the end', [1, undefined], [1]],
    ['the sign of zero', [-0], [0]],
    ['Buffer and Uint8Array', [Buffer.of(1)], [new Uint8Array([1])]],
    ['two NaN', [Number.NaN], [Number.NaN]],
    ['equal maps', [new Map([[{ a: 1 }, new Set([1])]])], [new Map([[{ a: 1 }, new Set([1])]])]],
    ['equal floats', [new Float64Array([1.5])], [new Float64Array([1.5])]],
    ['a null prototype', [Object.assign(Object.create(null), { a: 1 })], [{ a: 1 }]],
  ])('that differ only in %s are the same call', (_, one, other) => {
    const cache = openCache()
    let calls = 0
    const f = cache.memoize(function f(..._: unknown[]) {
      calls += 1
      return 'result'
    })
    f(...one)
    f(...other)
    expect(calls).toBe(1)
    expect(keyId(f.keyOf(...one))).toBe(keyId(f.keyOf(...other)))
    expect(cache.check().problems).toEqual([])
  })

  it.each<[string, unknown]>([
    ['a function', () => 1],
    ['a function in an object', { a: { f: () => 1 } }],
    ['a symbol', Symbol('s')],
    ['a symbol in a map', new Map([[1, Symbol('s')]])],
    ['a promise', Promise.resolve()],
    ['a weak map', new WeakMap()],
    ['a weak set', new WeakSet()],
    ['a weak reference', new WeakRef({})],
    ['a class instance', new (class Point {})()],
    ['an error', new Error('x')],
    ['a circular object', circular()],
  ])('refuse %s', (_, argument) => {
    const cache = openCache()
    let calls = 0
    const f = cache.memoize(function f(_: unknown) {
      calls += 1
    })
    expect(codeOf(() => f(argument))).toBe('ERR_UNSUPPORTED_KEY')
    expect(codeOf(() => keyId(f.keyOf([argument])))).toBe('ERR_UNSUPPORTED_KEY')
    expect(calls).toBe(0)
    expect(cache.check().problems).toEqual([])
  })

  it('with symbol names are refused, or told apart by them', () => {
    const cache = openCache()
    const name = Symbol('name')
    const f = cache.memoize(function f(options: { [name]: number }) {
      return options[name]
    })
    const results = [1, 2].map((n) => codeOf(() => f({ [name]: n })) ?? f({ [name]: n }))
    expect(results[0]).not.toBe(results[1] === 2 ? results[1] : 1)
    expect(cache.check().problems).toEqual([])
  })

  it('a name that is ignored is one of a plain object, nothing else loses what it holds', () => {
    const cache = openCache()
    const f = cache.memoize(
      function f(first: ReadonlyMap<number, number> | Date) {
        return first instanceof Date ? first.getTime() : first.size
      },
      { ignore: ['signal'] },
    )
    expect(f(new Map([[1, 1]]))).toBe(1)
    expect(f(new Map())).toBe(0)
    expect(f(new Date(5))).toBe(5)
    expect(f(new Date(6))).toBe(6)
    expect(cache.check().problems).toEqual([])
  })
})

function circular(): object {
  const object: Record<string, unknown> = {}
  object['self'] = object
  return object
}
