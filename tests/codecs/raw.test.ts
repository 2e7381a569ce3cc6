import { describe, it } from 'vitest'
import { raw } from '../../src/codecs/raw.ts'
import { codecSuite } from '../../src/testing/codec-suite.ts'

const values = {
  bytes: Uint8Array.of(1, 2),
  none: new Uint8Array(0),
  'a buffer': Buffer.from('abc'),
  'a part of a buffer': Buffer.from('abc').subarray(1),
}

const refused = {
  'a string': 'abc',
  'other elements': new Uint16Array(1),
  'an array buffer': new ArrayBuffer(1),
  'a list of numbers': [1],
  nothing: undefined,
}

describe('raw', () => {
  for (const { name, run } of codecSuite({ codec: raw(), values, refused })) it(name, run)
})
