import { describe, expect, it } from 'vitest'
import { contentOf } from '../../src/keys/content-of.ts'
import { encodeArguments } from '../../src/keys/encode-arguments.ts'
import { keyId } from '../../src/keys/key-id.ts'
import { codeOf } from '../support/code-of.ts'
import { folder } from './support/files.ts'

const idOf = (...args: unknown[]) => keyId(encodeArguments(args))

describe('the arguments of a call as a key', () => {
  it('may have content keys in them', () => {
    expect(idOf({ rows: contentOf(folder()) })).toBe(idOf({ rows: contentOf(folder()) }))
  })

  it('may have arrays with holes, but none with named properties', () => {
    const holes = new Array(2)
    expect(idOf(holes)).toBe(idOf([undefined, undefined]))
    expect(codeOf(() => idOf(/b/.exec('abc')))).toBe('ERR_UNSUPPORTED_KEY')
    expect(codeOf(() => idOf([['b'], Object.assign(['b'], { index: 1 })]))).toBe(
      'ERR_UNSUPPORTED_KEY',
    )
  })
})
