import { describe, expect, it } from 'vitest'
import { structured } from '../../src/codecs/structured.ts'
import { codecSuite } from '../../src/testing/codec-suite.ts'
import { errorOf } from '../support/code-of.ts'
import { objectKinds, structuredKinds } from './support/kinds.ts'
import { refusedKinds } from './support/refused-kinds.ts'

const refused = {
  ...refusedKinds(),
  'a URL': new URL('https://a.example'),
  'no prototype': Object.create(null) as unknown,
  'a lastIndex': Object.assign(/a/g, { lastIndex: 1 }),
  'an error with a property': Object.assign(new Error('x'), { code: 1 }),
  'an error with a cause': new Error('x', { cause: 1 }),
  'an aggregate error': new AggregateError([]),
  'too many holes': new Array(65_537),
}

describe('structured', () => {
  const values = { ...objectKinds(), ...structuredKinds(), holes: new Array(65_536) }
  const suite = codecSuite({ codec: structured(), values, refused, damages: 50 })
  for (const { name, run } of suite) it(name, run)

  it('names the path, and what to use instead', () => {
    const { message } = errorOf(() =>
      structured().encode({ list: [{ at: new URL('https://a.b') }] }),
    )
    expect(message).toContain('["list"][0]["at"]')
  })
})
