import { describe, expect, it } from 'vitest'
import { errorOf } from '../disk/support/code-of.ts'
import { openCache } from '../disk/support/forms.ts'

class Point {
  x = 1
}
class MyMap extends Map {}
class MyArray extends Array<number> {}
class MyDate extends Date {}
class MyBytes extends Uint8Array {}
class MyError extends Error {}

/** What would come back as something else, or not at all. */
const refused: readonly (readonly [what: string, value: unknown])[] = [
  ['a function', () => 1],
  ['a class', Point],
  ['a symbol', Symbol('s')],
  ['a class instance', new Point()],
  ['a promise', Promise.resolve(1)],
  ['a weak map', new WeakMap()],
  ['a weak set', new WeakSet()],
  ['a weak reference', new WeakRef({})],
  ['a generator', (function* () {})()],
  ['a boxed number', Object(1)],
  ['a subclass of Map', new MyMap()],
  ['a subclass of Array', MyArray.of(1)],
  ['a subclass of Date', new MyDate(0)],
  ['a subclass of Uint8Array', new MyBytes(1)],
  ['a subclass of Error', new MyError()],
  ['shared memory', new SharedArrayBuffer(1)],
  ['an abort signal', new AbortController().signal],
  ['a symbol as a name', { [Symbol('s')]: 1 }],
  ['an error with facts of its own', Object.assign(new Error('x'), { code: 'ENOENT' })],
]

describe('a value that would not come back as it is', () => {
  it.each(refused)('is refused, on its own and within others: %s', (_, value) => {
    const cache = openCache()
    const wrapped: readonly (readonly [unknown, string])[] = [
      [value, ''],
      [{ list: [0, value] }, '["list"][1]'],
      [new Map([['name', value]]), '["name"]'],
      [new Set([1, value]), '[1]'],
      [[{ deep: { deeper: [value] } }], '[0]["deep"]["deeper"][0]'],
    ]
    for (const [whole, path] of wrapped) {
      const { code, message } = errorOf(() => cache.set('a', whole))
      expect(code).toBe('ERR_UNSUPPORTED_VALUE')
      expect(message).toContain(path)
    }
    expect(cache.size).toBe(0)
    expect(cache.check().problems).toEqual([])
  })

  it('as the key of a map it is too', () => {
    const cache = openCache()
    const { code } = errorOf(() => cache.set('a', new Map([[new Point(), 1]])))
    expect(code).toBe('ERR_UNSUPPORTED_VALUE')
    expect(cache.check().problems).toEqual([])
  })

  it('beside the members of an array it is too', () => {
    const cache = openCache()
    const value = Object.assign([1], { f: () => 1 })
    expect(errorOf(() => cache.set('a', value)).code).toBe('ERR_UNSUPPORTED_VALUE')
    expect(cache.size).toBe(0)
    expect(cache.check().problems).toEqual([])
  })

  it('nesting that would exhaust the stack is refused with a code', () => {
    const cache = openCache()
    let value: unknown = 1
    for (let level = 0; level < 100_000; level += 1) value = [value]
    expect(errorOf(() => cache.set('a', value)).code).toBe('ERR_UNSUPPORTED_VALUE')
    expect(errorOf(() => cache.set('a', 1, { meta: { value } })).code).toBe('ERR_UNSUPPORTED_VALUE')
    expect(cache.check().problems).toEqual([])
  })

  it('nesting of 500 levels is fine', () => {
    const cache = openCache()
    let value: unknown = 1
    for (let level = 0; level < 500; level += 1) value = { value }
    cache.set('a', value)
    expect(JSON.stringify(cache.get('a'))).toBe(JSON.stringify(value))
    expect(cache.check().problems).toEqual([])
  })
})
