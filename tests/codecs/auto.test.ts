import { describe, expect, it } from 'vitest'
import { auto } from '../../src/codecs/auto.ts'
import { codecSuite } from '../../src/testing/codec-suite.ts'
import { kinds } from './support/kinds.ts'
import { refusedKinds } from './support/refused-kinds.ts'

/** Each kind, alone and as a member of everything that has members. */
function everywhere(): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(kinds())) {
    values[name] = value
    values[`${name}, nested`] = {
      property: value,
      array: [value],
      map: new Map([['a', value]]),
      set: new Set([value]),
    }
  }
  return values
}

describe('auto', () => {
  const equal = (actual: unknown, expected: unknown) => expect(actual).toStrictEqual(expected)
  const options = {
    codec: auto(),
    values: everywhere(),
    refused: refusedKinds(),
    equal,
    damages: 20,
  }
  for (const { name, run } of codecSuite(options)) it(name, run)
})
