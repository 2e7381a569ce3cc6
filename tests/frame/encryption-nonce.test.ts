import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { Cipher } from '../../src/frame/encryption-cipher.ts'
import { encryptionKey } from '../../src/frame/encryption-key.ts'
import { Nonces } from '../../src/frame/encryption-nonce.ts'
import { Keyring } from '../../src/frame/keyring.ts'
import { codeOf } from '../support/code-of.ts'
import { aad, cipherWith, keyOf, openWith, plaintext } from './encryption-support.ts'
import { buildModule } from './signing-support.ts'

const keys = new Keyring(encryptionKey(keyOf(1), 'default'), [])

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

describe('nonces', () => {
  it('never come twice, from one instance or several', () => {
    const seen = new Set<string>()
    const ciphers = Array.from({ length: 20 }, () => cipherWith([keyOf(1)]))
    for (let round = 0; round < 1_000; round += 1)
      for (const cipher of ciphers) seen.add(hexOf(cipher.seal(plaintext, aad).nonce))
    expect(seen.size).toBe(20_000)
  })

  it('are a prefix of the instance and a counter that begins with 0', () => {
    const cipher = cipherWith([keyOf(1)])
    const nonces = [0, 1, 2].map(() => hexOf(cipher.seal(plaintext, aad).nonce))
    expect(nonces.map((nonce) => nonce.slice(16))).toEqual(['00000000', '00000001', '00000002'])
    expect(new Set(nonces.map((nonce) => nonce.slice(0, 16))).size).toBe(1)
    const other = hexOf(cipherWith([keyOf(1)]).seal(plaintext, aad).nonce)
    expect(other.slice(0, 16)).not.toBe(nonces[0]?.slice(0, 16))
  })

  it('are shared by values and streams', () => {
    const cipher = cipherWith([keyOf(1)])
    const streams = [cipher.sealStream(aad), cipher.sealStream(aad)]
    const nonces = [...streams, cipher.seal(plaintext, aad)].map(({ nonce }) => hexOf(nonce))
    expect(new Set(nonces).size).toBe(3)
  })

  it('never come twice in several processes', async () => {
    const module = await buildModule('src/frame/encryption.ts')
    const program = `
      import { cipherOf, encryption } from ${JSON.stringify(module)}
      const cipher = cipherOf(encryption({ keys: ['${hexOf(keyOf(1))}'] }))
      for (let i = 0; i < 500; i += 1)
        console.log(Buffer.from(cipher.seal(Buffer.alloc(8), Buffer.alloc(1)).nonce).toString('hex'))
    `
    const nonces = Array.from({ length: 4 }, () =>
      execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
        .trim()
        .split('\n'),
    ).flat()
    expect(nonces).toHaveLength(2_000)
    expect(new Set(nonces).size).toBe(2_000)
  })

  it('end with the counter: the last one is used, then all is refused for good', () => {
    const cipher = new Cipher(keys, new Nonces(2 ** 32 - 2))
    const first = cipher.seal(plaintext, aad)
    const last = cipher.seal(plaintext, aad)
    expect([first, last].map(({ nonce }) => hexOf(nonce).slice(16))).toEqual([
      'fffffffe',
      'ffffffff',
    ])
    for (let again = 0; again < 3; again += 1) {
      expect(codeOf(() => cipher.seal(plaintext, aad))).toBe('ERR_NONCE_EXHAUSTED')
      expect(codeOf(() => cipher.sealStream(aad))).toBe('ERR_NONCE_EXHAUSTED')
    }
    expect(openWith(cipher, last)).toEqual(plaintext)
    expect(openWith(cipherWith([keyOf(1)]), first)).toEqual(plaintext)
  })
})
