import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Key } from '../../src/contracts/key.ts'
import { contentOf } from '../../src/keys/content-of.ts'
import { decodeKey } from '../../src/keys/decode-key.ts'
import { describeKey } from '../../src/keys/describe-key.ts'
import { keyId } from '../../src/keys/key-id.ts'

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex')

describe('describeKey', () => {
  const thousand = new Uint8Array(1_000)
  it.each<[Key, string]>([
    ['user:1', "'user:1'"],
    ["it's a \\", String.raw`'it\'s a \\'`],
    [-0, '0'],
    [1.5, '1.5'],
    [2n, '2n'],
    [true, 'true'],
    [null, 'null'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new URL('https://example.org'), 'https://example.org/'],
    [new Uint8Array(0), 'bytes(0)'],
    [Buffer.from([1, 255]), 'bytes(2) 01ff'],
    [thousand, `bytes(1000)#${sha256(thousand).slice(0, 8)}`],
    [['rows', [1]], "['rows', [1]]"],
    [[], '[]'],
    [{}, '{}'],
    [{ lang: 'en', 'a b': 1, none: undefined }, "{ lang: 'en', 'a b': 1 }"],
    [contentOf('/no/such/file'), "contentOf('/no/such/file')"],
    [decodeKey('cf00112233445566778899aabbccddeeff'), 'content#f00112233'],
    [
      'line\nescape\u001b[31m\u202e\u2028\u{1f600}',
      "'line\\u{a}escape\\u{1b}[31m\\u{202e}\\u{2028}\u{1f600}'",
    ],
    [{ '\u001b': 1 }, "{ '\\u{1b}': 1 }"],
  ])('of %o is %s', (key, text) => {
    expect(describeKey(key)).toBe(text)
  })

  it('ends a long key in a hash that tells it from others', () => {
    const [one, two] = ['k'.repeat(200), `${'k'.repeat(199)}l`]
    expect(describeKey(one)).toBe(`'${'k'.repeat(69)}…#${sha256(keyId(one)).slice(0, 8)}`)
    expect(describeKey(one)).toHaveLength(80)
    expect(describeKey(two)).not.toBe(describeKey(one))
    expect(describeKey(one, { maxLength: 30 })).toHaveLength(30)
    expect(describeKey(one, { maxLength: 1_000 })).toBe(`'${one}'`)
    expect(describeKey('\u{1f600}'.repeat(50), { maxLength: 30 }).isWellFormed()).toBe(true)
  })

  it('shows nothing but a hash of a hidden key', () => {
    expect(describeKey('secret', { hidden: true })).toBe(`#${sha256(keyId('secret')).slice(0, 16)}`)
  })
})
