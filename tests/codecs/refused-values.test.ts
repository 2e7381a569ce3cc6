import { describe, expect, it } from 'vitest'
import { openCache } from '../disk/support/forms.ts'
import { errorOf } from '../support/code-of.ts'
import { refusedKinds } from './support/refused-kinds.ts'

describe('a value that would not come back as it is', () => {
  it.each(Object.entries(refusedKinds()))(
    'is refused, on its own and within others: %s',
    (_, value) => {
      const cache = openCache()
      const wrapped: readonly (readonly [unknown, string])[] = [
        [value, ''],
        [{ list: [0, value] }, '["list"][1]'],
        [new Map([['name', value]]), '["name"]'],
        [new Set([1, value]), '[1]'],
        [[{ deep: { deeper: [value] } }], '[0]["deep"]["deeper"][0]'],
        [{ url: new URL('https://a.example'), list: [value] }, '["list"][0]'],
        [new Error('x', { cause: value }), '["cause"]'],
      ]
      for (const [whole, path] of wrapped) {
        const { code, message } = errorOf(() => cache.set('a', whole))
        expect(code).toBe('ERR_UNSUPPORTED_VALUE')
        expect(message).toContain(path)
      }
      expect(cache.size).toBe(0)
      expect(cache.check().problems).toEqual([])
    },
  )

  it('as the key of a map it is too', () => {
    const cache = openCache()
    const { code } = errorOf(() => cache.set('a', new Map([[() => 1, 1]])))
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
    const withUrl = [new URL('https://a.example'), value]
    for (const deep of [value, withUrl])
      expect(errorOf(() => cache.set('a', deep)).code).toBe('ERR_UNSUPPORTED_VALUE')
    expect(errorOf(() => cache.set('a', 1, { meta: { value } })).code).toBe('ERR_UNSUPPORTED_VALUE')
    expect(cache.check().problems).toEqual([])
  })

  it('holes beyond counting are refused at once', () => {
    const cache = openCache()
    for (const value of [new Array(4e9), [new URL('https://a.example'), new Array(4e9)]])
      expect(errorOf(() => cache.set('a', value)).code).toBe('ERR_UNSUPPORTED_VALUE')
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
