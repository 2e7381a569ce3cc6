import fc from 'fast-check'
import { Packr, unpack } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { msgpack } from '../../src/codecs/msgpack.ts'
import { codecSuite } from '../../src/testing/codec-suite.ts'
import { errorOf } from '../support/code-of.ts'
import { decoded, encoded } from './support/coding.ts'
import { objectKinds } from './support/kinds.ts'
import { refusedKinds } from './support/refused-kinds.ts'

const circular: unknown[] = []
circular.push(circular)

/** What MessagePack would lose, and auto keeps otherwise. */
const lost = {
  'a map': new Map(),
  'half of a surrogate pair': ['\ud800'],
  'half of a surrogate pair in a name': { '\ud800': 1 },
  'the name of an accessor': JSON.parse('{"__proto__":1}') as unknown,
  'a bigint of 65 bits': [2n ** 64n],
  'a hole': Object.assign(new Array(3), { 0: 1, 2: 2 }),
  'a named property of an array': Object.assign([1], { a: 1 }),
  'a cycle': circular,
  'a regular expression': /a/,
  'an error': new Error('x'),
  'an array buffer': new ArrayBuffer(1),
  'a URL': new URL('https://a.example'),
}

describe('msgpack', () => {
  const refused = { ...refusedKinds(), ...lost }
  const suite = codecSuite({ codec: msgpack(), values: objectKinds(), refused, damages: 100 })
  for (const { name, run } of suite) it(name, run)

  it('names the path, and what to use instead', () => {
    const { message } = errorOf(() => msgpack().encode({ list: [1, { bad: /a/ }] }))
    expect(message).toContain('["list"][1]["bad"]')
    expect(message).toContain('auto()')
  })

  it('writes a shared part once for each place', () => {
    const shared = { a: 1 }
    expect(decoded(msgpack(), encoded(msgpack(), [shared, shared]))).toStrictEqual([
      { a: 1 },
      { a: 1 },
    ])
  })

  it('is what other readers of MessagePack read', () => {
    const value = {
      a: [1, 'b', null, true, 1.5, -7],
      c: { d: 'e' },
      at: new Date(1_700_000_000_123),
    }
    const { bytes } = encoded(msgpack(), value)
    expect(unpack(bytes)).toStrictEqual(value)
  })

  it('reads what other writers of MessagePack write', () => {
    const value = {
      a: [1, 'b', null, true, 1.5, -7],
      c: { d: 'e' },
      at: new Date(1_700_000_000_123),
    }
    const bytes = new Packr({ useRecords: false }).pack(value)
    expect(msgpack().decode(bytes, { meta: new Uint8Array(0), version: 1 })).toStrictEqual(value)
  })

  it('keeps every date', () => {
    const anyDate = fc.date({ noInvalidDate: true })
    fc.assert(
      fc.property(anyDate, (date) => {
        expect(decoded(msgpack(), encoded(msgpack(), [date]))).toStrictEqual([date])
      }),
      { numRuns: 5_000 },
    )
  })
})
