import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  isSigning,
  outcomeOf,
  type SigningOptions,
  signerOf,
  signing,
} from '../../src/frame/signing.ts'
import type { SignedFields } from '../../src/frame/signing-fields.ts'
import { defaultKeyFile } from '../../src/frame/signing-key-file.ts'
import { valueDigest } from '../../src/frame/signing-signer.ts'
import { codeOf, errorOf } from '../support/code-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { keyOf } from './encryption-support.ts'

/** As a caller without types. */
function withOptions(options: unknown) {
  return signing(options as SigningOptions)
}

const digest = valueDigest(Buffer.from('value'))
const row: SignedFields = {
  key: Buffer.from('k'),
  codec: 1,
  flags: 0,
  size: 1,
  written: 1,
  expires: null,
  file: null,
  checksum: null,
  tags: null,
  description: null,
  meta: null,
}

/** A key file of our own. */
function keyFile(key = keyOf(1)): string {
  const file = join(temporaryDirectory(), 'key')
  writeFileSync(file, key, { mode: 0o600 })
  return file
}

function setStateHome(directory: string | undefined): void {
  const before = process.env['XDG_STATE_HOME']
  const set = (value: string | undefined) => {
    if (value === undefined) delete process.env['XDG_STATE_HOME']
    else process.env['XDG_STATE_HOME'] = value
  }
  set(directory)
  onTestFinished(() => set(before))
}

describe('signing({ key })', () => {
  it('takes bytes and files, and the same key from both', () => {
    const byBytes = signerOf(signing({ key: keyOf(1) }))
    const byFile = signerOf(signing({ key: { file: keyFile() } }))
    expect(byFile.verify(row, digest, byBytes.sign(row, digest))).toBe('ok')
  })

  it('takes all bytes of a longer key, as bytes or in a file', () => {
    const long = Buffer.concat([keyOf(1), keyOf(2)])
    const byFile = signerOf(signing({ key: { file: keyFile(long) } }))
    const signature = byFile.sign(row, digest)
    expect(signerOf(signing({ key: long })).verify(row, digest, signature)).toBe('ok')
    expect(signerOf(signing({ key: keyOf(1) })).verify(row, digest, signature)).toBe('unknown-key')
  })

  it('makes a file that is not there, and reads it from then on', () => {
    const file = join(temporaryDirectory(), 'new', 'folders', 'key')
    const signature = signerOf(signing({ key: { file } })).sign(row, digest)
    expect(statSync(file).size).toBe(32)
    expect(signerOf(signing({ key: { file } })).verify(row, digest, signature)).toBe('ok')
  })

  it('uses the key file of the user where none is given', () => {
    const state = temporaryDirectory()
    setStateHome(state)
    const signature = signerOf(signing()).sign(row, digest)
    const file = join(state, 'holdfast', 'signing.key')
    const byFile = signerOf(signing({ key: readFileSync(file) }))
    expect(byFile.verify(row, digest, signature)).toBe('ok')
    expect(signerOf(signing({})).verify(row, digest, signature)).toBe('ok')
  })

  it('finds that file by XDG_STATE_HOME if it is absolute, else in the home directory', () => {
    const ofHome = join(homedir(), '.local', 'state', 'holdfast', 'signing.key')
    expect(defaultKeyFile({ XDG_STATE_HOME: '/state' })).toBe('/state/holdfast/signing.key')
    for (const given of [undefined, '', 'state', './state'])
      expect(defaultKeyFile({ XDG_STATE_HOME: given })).toBe(ofHome)
  })

  it('refuses everything else', () => {
    const file = join(temporaryDirectory(), 'key')
    const wrong = [
      null,
      'hex',
      '',
      'Ephemeral',
      Buffer.from(keyOf(1)).toString('hex'),
      1,
      true,
      [],
      [keyOf(1)],
      keyOf(1).subarray(1),
      new Uint8Array(0),
      new Uint16Array(32),
      new ArrayBuffer(32),
      {},
      { file: '' },
      { file: 1 },
      { file: 'a\0b' },
      { file: null },
      { path: file },
      { file, mode: 0o600 },
    ]
    for (const key of wrong) expect(codeOf(() => withOptions({ key }))).toBe('ERR_INVALID_OPTION')
    expect(existsSync(file)).toBe(false)
  })

  it('never shows in the message what was given for a key', () => {
    const key = 'c0ffee'.repeat(11)
    const mistakes = [
      key,
      [key],
      { key },
      { key: { file: [key] } },
      { key: [key] },
      { previous: key },
      { previous: [key] },
    ]
    for (const options of mistakes) {
      const error = errorOf(() => withOptions(options))
      expect(error.code).toBe('ERR_INVALID_OPTION')
      expect(inspect(error)).not.toContain('c0ffee')
    }
  })
})

describe('signing({ previous })', () => {
  it('takes bytes and files', () => {
    const signature = signerOf(signing({ key: keyOf(1) })).sign(row, digest)
    for (const previous of [[keyOf(1)], [{ file: keyFile() }], [keyOf(3), { file: keyFile() }]]) {
      const rotated = signerOf(signing({ key: keyOf(2), previous }))
      expect(rotated.verify(row, digest, signature)).toBe('ok')
    }
  })

  it('makes no file that is not there', () => {
    const file = join(temporaryDirectory(), 'key')
    expect(codeOf(() => signing({ key: keyOf(2), previous: [{ file }] }))).toBe('ERR_KEY_FILE')
    expect(existsSync(file)).toBe(false)
  })

  it('makes no current file either when a previous one is refused', () => {
    const directory = temporaryDirectory()
    const [file, missing] = [join(directory, 'key'), join(directory, 'missing')]
    const options = { key: { file }, previous: [{ file: missing }] }
    expect(codeOf(() => signing(options))).toBe('ERR_KEY_FILE')
    expect(existsSync(file)).toBe(false)
  })

  it('refuses everything else', () => {
    const wrong = [
      null,
      keyOf(1),
      'x',
      { 0: keyOf(1) },
      ['ephemeral'],
      [null],
      [undefined],
      [[]],
      [keyOf(1).subarray(1)],
      [{}],
    ]
    for (const previous of wrong)
      expect(codeOf(() => withOptions({ key: keyOf(1), previous }))).toBe('ERR_INVALID_OPTION')
    expect(codeOf(() => withOptions({ key: keyOf(1), previous: new Array(1) }))).toBe(
      'ERR_INVALID_OPTION',
    )
  })
})

describe('the other options', () => {
  it('have defaults, and are kept', () => {
    expect({ ...signing({ key: keyOf(1) }) }).toEqual({ onInvalid: 'drop', allowUnsigned: false })
    const options = { onInvalid: 'keep', allowUnsigned: true } as const
    expect({ ...signing({ key: keyOf(1), ...options }) }).toEqual(options)
  })

  it('are refused where they are not what is accepted', () => {
    const wrong = [
      { onInvalid: 'miss' },
      { onInvalid: null },
      { onInvalid: true },
      { allowUnsigned: 1 },
      { allowUnsigned: null },
      { allowUnsigned: 'true' },
      { keys: [keyOf(1)] },
      { oninvalid: 'keep' },
    ]
    for (const option of wrong)
      expect(codeOf(() => withOptions({ key: keyOf(1), ...option }))).toBe('ERR_INVALID_OPTION')
    for (const options of [null, 1, 'ephemeral', [keyOf(1)], keyOf(1)])
      expect(codeOf(() => withOptions(options))).toBe('ERR_INVALID_OPTION')
  })
})

describe('what becomes of an entry', () => {
  const verdicts = ['ok', 'unsigned', 'unknown-key', 'invalid'] as const
  const expected = [
    [{}, ['use', 'miss', 'miss', 'drop']],
    [{ onInvalid: 'keep' }, ['use', 'miss', 'miss', 'miss']],
    [{ allowUnsigned: true }, ['use', 'use', 'miss', 'drop']],
    [{ onInvalid: 'keep', allowUnsigned: true }, ['use', 'use', 'miss', 'miss']],
  ] as const
  it.each(expected)('with %j is decided by the verdict', (options, outcomes) => {
    const made = signing({ key: keyOf(1), ...options })
    expect(verdicts.map((verdict) => outcomeOf(made, verdict))).toEqual(outcomes)
  })
})

describe('what signing() returns', () => {
  const made = signing({ key: keyOf(1), previous: [keyOf(2)] })

  it('cannot be changed, and is told from look-alikes', () => {
    expect(Object.isFrozen(made)).toBe(true)
    expect(isSigning(made)).toBe(true)
    for (const other of [
      { ...made },
      Object.create(made),
      structuredClone(made),
      null,
      'x',
      undefined,
    ])
      expect(isSigning(other)).toBe(false)
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
      "Signing { onInvalid: 'drop', allowUnsigned: false }",
      "{ onInvalid: 'drop', allowUnsigned: false }",
      "{ onInvalid: 'drop', allowUnsigned: false }",
      '{"onInvalid":"drop","allowUnsigned":false}',
      '[object Object]',
      'onInvalid,allowUnsigned',
      '0',
    ])
  })
})
