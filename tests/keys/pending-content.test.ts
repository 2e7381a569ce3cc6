import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Key } from '../../src/contracts/key.ts'
import { contentOf } from '../../src/keys/content-of.ts'
import { decodeKey } from '../../src/keys/decode-key.ts'
import { keyId } from '../../src/keys/key-id.ts'
import { hashContent, pendingContent } from '../../src/keys/pending-content.ts'
import { codeOf, rejectionOf } from '../support/code-of.ts'
import { folder } from './support/files.ts'

describe('pendingContent', () => {
  it('finds content keys wherever they are, each once', () => {
    const [one, two] = [contentOf('one'), contentOf('two')]
    const shared = { two }
    expect(pendingContent(one)).toEqual([one])
    expect(pendingContent(['a', { one, b: [shared, shared] }, 1n])).toEqual([one, two])
  })

  it('finds none where all is known', () => {
    const stored = decodeKey(keyId(['a', contentOf(folder())]))
    for (const key of ['a', 1, null, new Date(), new Uint8Array(2), ['a'], { a: 1 }, stored]) {
      expect(pendingContent(key)).toEqual([])
      expect(hashContent(key)).toBeUndefined()
    }
  })

  it('ends, whatever it is given', () => {
    const circular: unknown[] = [contentOf('one')]
    circular.push(circular, circular)
    let shared: Key = [contentOf('one')]
    for (let level = 0; level < 60; level += 1) shared = [shared, shared]
    expect(pendingContent(circular as Key)).toHaveLength(1)
    expect(pendingContent(shared)).toHaveLength(1)
  })
})

describe('hashContent', () => {
  it('gives the key with the hashes of now, for which no file is looked at', async () => {
    const path = folder()
    const marker = contentOf(path)
    const key: Key = { rows: marker, list: [marker, 'a', { file: contentOf(join(path, 'a.txt')) }] }
    const id = keyId(key)
    const hashed = (await hashContent(key)) ?? ''
    expect(hashed).toMatchObject({ rows: { path } })
    rmSync(path, { recursive: true })
    expect(keyId(hashed)).toBe(id)
    expect(pendingContent(hashed)).toEqual([])
    expect(codeOf(() => keyId(key))).toBe('ERR_INVALID_KEY')
  })

  it('leaves the key that it was given as it is', async () => {
    const path = folder()
    const key = Object.freeze(['rows', contentOf(path)])
    const before = keyId(key)
    await hashContent(key)
    writeFileSync(join(path, 'a.txt'), 'changed')
    expect(keyId(key)).not.toBe(before)
  })

  it('hides nothing that no key may have', async () => {
    const marker = contentOf(folder())
    const circular: unknown[] = [marker]
    circular.push(circular)
    const keys: [unknown, string][] = [
      [{ marker, [Symbol('s')]: 1 }, 'ERR_UNSUPPORTED_KEY'],
      [Object.assign([marker], { index: 1 }), 'ERR_UNSUPPORTED_KEY'],
      [Object.assign(new Array(2), { 1: marker }), 'ERR_INVALID_KEY'],
      [[marker, Number.NaN], 'ERR_INVALID_KEY'],
      [[marker, new Map()], 'ERR_INVALID_KEY'],
      [circular, 'ERR_INVALID_KEY'],
    ]
    for (const [key, code] of keys) {
      expect(codeOf(() => keyId(key as Key))).toBe(code)
      const hashed = await hashContent(key as Key)
      expect(codeOf(() => keyId(hashed ?? ''))).toBe(code)
    }
  })

  it('takes names that mean something to JavaScript as names', async () => {
    const key = JSON.parse('{"__proto__":1}') as Record<string, Key>
    key['a'] = contentOf(folder())
    expect(keyId((await hashContent(key)) ?? '')).toBe(keyId(key))
  })

  it('rejects for what cannot be read, and when it is aborted', async () => {
    const missing = ['a', contentOf(join(folder(), 'missing'))]
    expect((await rejectionOf(() => hashContent(missing))).code).toBe('ERR_INVALID_KEY')
    const signal = AbortSignal.abort(new Error('stop'))
    await expect(hashContent([contentOf(folder())], signal)).rejects.toThrow('stop')
  })
})
