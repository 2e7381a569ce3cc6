import { createDecipheriv, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeFields } from '../../src/frame/canonical-fields.ts'
import { bindEntry } from '../../src/frame/encryption-binding.ts'
import { deriveSecret } from '../../src/frame/key-bytes.ts'
import { aad, binding, cipherWith } from './encryption-support.ts'

// The expected bytes were computed apart from this code, in Python, with the standard library's hmac and the package
// cryptography, from docs/concepts/encryption.md: the bytes 0 to 31 are the master key.
const master = Uint8Array.from({ length: 32 }, (_, index) => index)
const secrets = [
  [
    'holdfast/encryption/key/1',
    'default',
    'e8c7bf3ae29b6413866409019897f262efebf68bd6b5f3218a0dce5309460e70',
  ],
  ['holdfast/encryption/key-id/1', 'default', 'efe26f9c5e23d0c7'],
  [
    'holdfast/encryption/key/1',
    'tenant-7',
    '9a2f31ea0b292480ae2924780e5ba8116b1c25f649364dcf5fe764d3de515142',
  ],
  ['holdfast/encryption/key-id/1', 'tenant-7', 'cf6e0b1920603ec0'],
  [
    'holdfast/signing/key/1',
    '',
    'a3fadbef6d6aec0ebc4ec44ecd5a006cf6e21cae8bd4c90350ff429f0b9cc52a',
  ],
  ['holdfast/signing/key-id/1', '', 'cd09f78180d610ed'],
] as const

/** HKDF-SHA256 as RFC 5869 writes it, for at most 32 bytes. */
function hkdf(key: Uint8Array, salt: Uint8Array, info: Uint8Array): Buffer {
  const extracted = createHmac('sha256', salt).update(key).digest()
  return createHmac('sha256', extracted).update(info).update(Uint8Array.of(1)).digest()
}

describe('derived secrets', () => {
  it('are those of RFC 5869', () => {
    // Test case 1 of its appendix, for the function above.
    const info = Uint8Array.from({ length: 10 }, (_, index) => 0xf0 + index)
    const made = hkdf(Buffer.alloc(22, 0x0b), master.subarray(0, 13), info)
    expect(made.toString('hex')).toBe(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf',
    )
    for (const [label, context] of secrets) {
      const expected = hkdf(master, Buffer.from('holdfast'), encodeFields([label, context]))
      expect(deriveSecret(master, label, context, 32)).toEqual(expected)
    }
  })

  it.each(secrets)('for %s of tenant "%s" are what they always were', (label, context, hex) => {
    expect(deriveSecret(master, label, context, hex.length / 2).toString('hex')).toBe(hex)
  })

  it('of one master key for two uses have nothing in common', () => {
    const all = secrets.map(([label, context]) => deriveSecret(master, label, context, 32))
    expect(new Set(all.map((secret) => secret.toString('hex'))).size).toBe(secrets.length)
    const first8 = all.map((secret) => secret.toString('hex', 0, 8))
    expect(new Set(first8).size).toBe(secrets.length)
  })
})

describe('additional data', () => {
  it('is what it always was', () => {
    expect(Buffer.from(aad).toString('hex')).toBe(
      '0210000000686f6c64666173742f656e7472792f3101000000000000f03f020700000064656661756c740207' +
        '0000007265706f727473030700000073757365723a3101000000000000204001000000000000f03f03030000' +
        '00010203010000000000000000010000000000001440020500000076616c7565',
    )
    const other = bindEntry({
      ...binding,
      namespace: '',
      key: Buffer.from('k'),
      codec: 'my.codec',
      codecVersion: 2,
      meta: new Uint8Array(0),
      compression: 2,
      rawSize: null,
    })
    expect(Buffer.from(other).toString('hex')).toBe(
      '0210000000686f6c64666173742f656e7472792f3101000000000000f03f020700000064656661756c740200' +
        '00000003010000006b02080000006d792e636f64656301000000000000004003000000000100000000000000' +
        '4000020500000076616c7565',
    )
  })
})

describe('a ciphertext', () => {
  const keyId = Buffer.from('efe26f9c5e23d0c7', 'hex')
  const nonce = Uint8Array.from({ length: 12 }, (_, index) => index)

  it('that another implementation made is opened', () => {
    const bytes = Buffer.from('4b17a779c8', 'hex')
    const tag = Buffer.from('cde6f84591e79fde431e90e879244fbc', 'hex')
    const opened = cipherWith([master]).open(bytes, { keyId, nonce, tag }, aad)
    expect(Buffer.from(opened).toString()).toBe('hello')
  })

  it('is opened by AES-256-GCM of node:crypto with the derived key', () => {
    const sealed = cipherWith([master]).seal(Buffer.from('hello'), aad)
    expect(sealed.keyId).toEqual(keyId)
    const key = Buffer.from(secrets[0][2], 'hex')
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.nonce, { authTagLength: 16 })
    decipher.setAAD(aad).setAuthTag(sealed.tag)
    expect(decipher.update(sealed.bytes, undefined, 'utf8') + decipher.final('utf8')).toBe('hello')
  })
})
