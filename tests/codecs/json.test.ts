import { describe, expect, it } from 'vitest'
import { json } from '../../src/codecs/json.ts'
import { codecSuite } from '../../src/testing/codec-suite.ts'
import { errorOf } from '../support/code-of.ts'
import { roundTrip } from './support/coding.ts'
import { refusedKinds } from './support/refused-kinds.ts'

const circular: unknown[] = []
circular.push(circular)

const values = {
  null: null,
  'a number': -1.5e300,
  'a string': 'a"\\\n\u2028😀',
  'half of a surrogate pair': '\ud800',
  'a tree': { a: [1, [], {}, [null, true]], '': { b: 'c' } },
  'the name of an accessor': JSON.parse('{"__proto__":{"a":1}}') as unknown,
  'many levels': JSON.parse(`${'['.repeat(900)}${']'.repeat(900)}`) as unknown,
}

const refused = {
  ...refusedKinds(),
  undefined,
  'undefined in an object': { a: undefined },
  NaN: [Number.NaN],
  Infinity: [Number.POSITIVE_INFINITY],
  'minus zero': [-0],
  'a bigint': 1n,
  'a date': new Date(0),
  'a map': new Map(),
  bytes: new Uint8Array(1),
  'a hole': new Array(1),
  'a hole and a name': Object.assign(new Array(1), { a: 1 }),
  'an array with names': Object.assign([1], { a: 1 }),
  'no prototype': Object.create(null) as unknown,
  'a cycle': circular,
}

describe('json', () => {
  for (const { name, run } of codecSuite({ codec: json(), values, refused })) it(name, run)

  it('names the path, and what to use instead', () => {
    const { message } = errorOf(() => json().encode({ list: [1, { bad: new Date(0) }] }))
    expect(message).toContain('["list"][1]["bad"]')
    expect(message).toContain('auto()')
  })

  it('makes nobody’s prototype out of a name', () => {
    const back = roundTrip(json(), JSON.parse('{"__proto__":{"polluted":1}}')) as object
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })

  it.each([
    ['deeper than it may be', '['.repeat(2_000) + ']'.repeat(2_000)],
    ['with something behind', '1 2'],
    ['that ends too early', '[1'],
    ['of nothing', ''],
  ])('refuses a text %s', (_, text) => {
    expect(() =>
      json().decode(Buffer.from(text), { meta: new Uint8Array(0), version: 1 }),
    ).toThrow()
  })

  it('refuses what is no UTF-8', () => {
    const bytes = Uint8Array.of(0x22, 0xff, 0x22)
    expect(() => json().decode(bytes, { meta: new Uint8Array(0), version: 1 })).toThrow()
  })
})
