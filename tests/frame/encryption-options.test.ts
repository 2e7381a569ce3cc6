import { inspect } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import { describe, expect, it } from 'vitest'
import { type EncryptionOptions, encryption, isEncryption } from '../../src/frame/encryption.ts'
import { codeOf, errorOf } from '../support/code-of.ts'
import { keyOf } from './encryption-support.ts'

const hex = Buffer.from(keyOf(1)).toString('hex')

/** As a caller without types. */
function withOptions(options: unknown) {
  return encryption(options as EncryptionOptions)
}

describe('encryption({ keys })', () => {
  it('takes 32 bytes or more, and hex text of as many', () => {
    const keys = [
      keyOf(1),
      Buffer.from(keyOf(1)),
      new Uint8Array(33),
      hex,
      hex.toUpperCase(),
      `${hex}00`,
      hex + hex,
    ]
    for (const key of keys) expect(codeOf(() => encryption({ keys: [key] }))).toBeUndefined()
  })

  const wrong: Record<string, unknown> = {
    'an odd number of digits': `${hex}0`,
    'a digit too few': hex.slice(1),
    '31 bytes': hex.slice(2),
    'a letter that is no digit': `${hex.slice(0, 63)}g`,
    'a letter that is no digit behind 64 good ones': `${hex}zz`,
    'a prefix': `0x${hex}`,
    'a line feed at the end': `${hex}\n`,
    'two line feeds at the end': `${hex}\n\n`,
    'a space at the start': ` ${hex}`,
    'spaces between': `${hex.slice(0, 32)}  ${hex.slice(32)}`,
    colons: hex.replace(/(..)(?=.)/g, '$1:'),
    'full-width digits': hex.replaceAll('1', '\uff11'),
    base64: Buffer.from(keyOf(1)).toString('base64'),
    'no text': '',
    '31 raw bytes': keyOf(1).subarray(1),
    'no bytes': new Uint8Array(0),
    'words of 16 bits': new Uint16Array(32),
    'an ArrayBuffer': new ArrayBuffer(32),
    'a list of numbers': Array.from(keyOf(1)),
    'a number': 32,
    null: null,
    undefined: undefined,
    'an object': { length: 32 },
  }
  for (const [name, key] of Object.entries(wrong)) {
    it(`refuses ${name}`, () => {
      expect(codeOf(() => withOptions({ keys: [key] }))).toBe('ERR_INVALID_OPTION')
      expect(codeOf(() => withOptions({ keys: [keyOf(1), key] }))).toBe('ERR_INVALID_OPTION')
    })
  }

  it('refuses what is no list of keys', () => {
    for (const keys of [undefined, null, [], hex, keyOf(1), { 0: keyOf(1) }, new Set([keyOf(1)])])
      expect(codeOf(() => withOptions({ keys }))).toBe('ERR_INVALID_OPTION')
    expect(codeOf(() => withOptions({ keys: new Array(2) }))).toBe('ERR_INVALID_OPTION')
  })

  it('never shows in the message what was given for a key', () => {
    const key = 'c0ffee'.repeat(9)
    const mistakes = [key, [key], { keys: key }, { keys: [key] }, { keys: [keyOf(1), `${key}xx`] }]
    for (const options of mistakes) {
      const error = errorOf(() => withOptions(options))
      expect(error.code).toBe('ERR_INVALID_OPTION')
      expect(inspect(error)).not.toContain('c0ffee')
    }
  })
})

describe('the other options', () => {
  it('have defaults', () => {
    const made = encryption({ keys: [keyOf(1)] })
    expect({ ...made }).toEqual({ tenant: 'default', onFailure: 'miss', memory: 'plaintext' })
  })

  it('are kept', () => {
    const options = { tenant: 'é', onFailure: 'throw', memory: 'ciphertext' } as const
    expect({ ...encryption({ keys: [keyOf(1)], ...options }) }).toEqual(options)
  })

  it('are refused where they are not what is accepted', () => {
    const wrong = [
      { onFailure: 'drop' },
      { onFailure: null },
      { onFailure: true },
      { memory: 'none' },
      { memory: 1 },
      { tenant: '' },
      { tenant: 7 },
      { tenant: null },
      { tenant: 'x'.repeat(256) },
      { tenant: 'é'.repeat(128) },
      { tenant: '\ud800' },
      { key: keyOf(1) },
      { onfailure: 'miss' },
    ]
    for (const option of wrong)
      expect(codeOf(() => withOptions({ keys: [keyOf(1)], ...option }))).toBe('ERR_INVALID_OPTION')
    for (const options of [undefined, null, 1, hex, [keyOf(1)], keyOf(1)])
      expect(codeOf(() => withOptions(options))).toBe('ERR_INVALID_OPTION')
  })

  it('take the longest tenant', () => {
    expect(encryption({ keys: [keyOf(1)], tenant: 'x'.repeat(255) }).tenant).toHaveLength(255)
  })
})

describe('what encryption() returns', () => {
  const made = encryption({ keys: [keyOf(1), keyOf(2)] })

  it('cannot be changed', () => {
    expect(Object.isFrozen(made)).toBe(true)
  })

  it('is told from look-alikes', () => {
    expect(isEncryption(made)).toBe(true)
    for (const other of [
      { ...made },
      Object.create(made),
      structuredClone(made),
      null,
      'x',
      undefined,
    ])
      expect(isEncryption(other)).toBe(false)
  })

  it('shows no key, however it is printed, cloned or gone through', () => {
    const shown = [
      inspect(made, { showHidden: true, depth: 10, getters: true, showProxy: true }),
      inspect(structuredClone(made), { showHidden: true }),
      inspect(deserialize(serialize(made)), { showHidden: true }),
      JSON.stringify(made),
      String(made),
      Object.getOwnPropertyNames(made).join(),
      String(Object.getOwnPropertySymbols(made).length),
    ]
    expect(shown).toEqual([
      expect.stringMatching(
        /^Encryption \{\s+tenant: 'default',\s+onFailure: 'miss',\s+memory: 'plaintext'\s+\}$/,
      ),
      "{ tenant: 'default', onFailure: 'miss', memory: 'plaintext' }",
      "{ tenant: 'default', onFailure: 'miss', memory: 'plaintext' }",
      '{"tenant":"default","onFailure":"miss","memory":"plaintext"}',
      '[object Object]',
      'tenant,onFailure,memory',
      '0',
    ])
  })
})
