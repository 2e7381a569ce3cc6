import { describe, expect, it } from 'vitest'
import { describe as describeValue } from '../../src/util/describe.ts'
import { checkOptionNames, invalidOption, oneOf } from '../../src/util/options.ts'
import { errorOf } from '../support/code-of.ts'

describe('describe', () => {
  it.each<[unknown, string]>([
    ['text', "'text'"],
    [5, '5'],
    [5n, '5n'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Symbol('s'), 'a symbol'],
    [[1], 'an array'],
    [{}, 'an object'],
    [Object.create(null), 'an object'],
    [new Date(), 'an instance of Date'],
    [function named() {}, 'a function (named)'],
  ])('%o is told as %s', (value, text) => {
    expect(describeValue(value)).toBe(text)
  })

  it('tells at most 60 characters of a text', () => {
    expect(describeValue('x'.repeat(1_000)).length).toBeLessThanOrEqual(62)
  })
})

describe('checkOptionNames', () => {
  it('takes known names, and the absence of options', () => {
    checkOptionNames('verb', undefined, ['a'])
    checkOptionNames('verb', { a: 1 }, ['a', 'b'])
    checkOptionNames('verb', {}, [])
  })

  it('refuses others with the verb, the name and the known ones', () => {
    const { code, message } = errorOf(() => checkOptionNames('verb', { c: 1 }, ['a', 'b']))
    expect(code).toBe('ERR_INVALID_OPTION')
    for (const part of ['verb', "'c'", 'a, b']) expect(message).toContain(part)
  })

  it.each([null, 5, 'x', [], true])('refuses %o', (options) => {
    expect(errorOf(() => checkOptionNames('verb', options, [])).code).toBe('ERR_INVALID_OPTION')
  })
})

describe('oneOf', () => {
  it('gives the value, or the fallback for undefined only', () => {
    expect(oneOf('option', 'b', ['a', 'b'], 'a')).toBe('b')
    expect(oneOf('option', undefined, ['a', 'b'], 'a')).toBe('a')
    for (const value of [null, '', 'A', 1]) {
      expect(errorOf(() => oneOf('option', value, ['a', 'b'], 'a')).message).toContain("'a', 'b'")
    }
  })
})

describe('invalidOption', () => {
  it('names the option, the value and what is accepted', () => {
    const { code, message } = invalidOption('option', 5, 'a text')
    expect(code).toBe('ERR_INVALID_OPTION')
    for (const part of ['option', '5', 'a text']) expect(message).toContain(part)
  })
})
