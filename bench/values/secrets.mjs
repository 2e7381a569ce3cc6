/** Encryption beside none and beside the cipher alone; signing beside SHA-256 alone. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { encryption, signing } from 'holdfast'
import { checksum64 } from '../../dist/frame/checksum.js'
import { unwrap, wrap } from '../../dist/frame/frame.js'
import { signerOf } from '../../dist/frame/signing.js'
import { valueDigest } from '../../dist/frame/signing-signer.js'
import { sizeLabel } from '../disk/single.mjs'
import { makeValues } from '../lib/random.mjs'
import { makeFormat } from './codecs.mjs'
import { compareAll, contestant, race, typical } from './race.mjs'

const SIZES = [256, 65_536, 2 ** 20]
const LARGE = 2 ** 20
/** Signing and checksum of a small value, in microseconds. */
const SMALL_BAR = { atMost: 10 }
/** Signing and checksum of a large one, by SHA-256 alone. */
const LARGE_BAR = { atMost: 1.5 }

const key = Buffer.from('s\0key:0000042')
const perOf = (size) => (size < 4096 ? 4 : 1)

export async function runEncryption(context) {
  for (const size of SIZES) {
    const [value] = makeValues(size, 1)
    const ways = [
      storedBy('holdfast, encrypted', makeFormat({ encryption: makeEncryption() })),
      storedBy('holdfast, plain', makeFormat()),
      cipherAlone(),
    ]
    const sealed = ways.map(({ seal }) => seal(value))
    for (const op of ['seal', 'open']) {
      const title = `${op} ${sizeLabel(size)}`
      context.progress(title)
      const contestants = ways.map((way, i) =>
        contestant(
          way.name,
          op === 'seal' ? () => way.seal(value) : () => way.open(sealed[i]),
          perOf(size),
        ),
      )
      const entries = await race(context, { op, size }, contestants)
      compareAll(context, title, entries, { basis: 'time' })
    }
  }
}

const makeEncryption = () => encryption({ keys: [randomBytes(32)] })

/** All that a store does between a Buffer and the bytes that it writes. */
function storedBy(name, format) {
  return {
    name,
    seal(value) {
      const { fields, payload } = format.seal(format.encode(value), key)
      return wrap(fields, payload)
    },
    open: (bytes) => format.decode(format.open(unwrap(bytes, true), key)),
  }
}

/** AES-256-GCM as OpenSSL does it, with a random nonce. */
function cipherAlone() {
  const secret = randomBytes(32)
  return {
    name: 'AES-256-GCM alone',
    seal(value) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', secret, nonce)
      const bytes = cipher.update(value)
      cipher.final()
      return { nonce, bytes, tag: cipher.getAuthTag() }
    },
    open({ nonce, bytes, tag }) {
      const decipher = createDecipheriv('aes-256-gcm', secret, nonce, { authTagLength: 16 })
      decipher.setAuthTag(tag)
      const plain = decipher.update(bytes)
      decipher.final()
      return plain
    },
  }
}

export async function runSigning(context) {
  const signer = signerOf(signing({ key: 'ephemeral' }))
  for (const size of [256, LARGE]) await runSigned(context, signer, size)
}

/** The fields of an ordinary row. */
function rowOf(size) {
  return {
    key,
    codec: 7,
    flags: 0,
    size,
    written: 1_715_421_492_123_456,
    expires: 1_715_507_892_123,
    file: size > 32_768 ? '0a/1b2c3d4e5f60718293a4b5c6d7e8f900' : null,
    checksum: size > 32_768 ? Buffer.alloc(8, 1) : null,
    tags: null,
    description: null,
    meta: null,
  }
}

async function runSigned(context, signer, size) {
  const [frame] = makeValues(size, 1)
  const fields = rowOf(size)
  const signature = signer.sign(fields, valueDigest(frame))
  if (signer.verify(fields, valueDigest(frame), signature) !== 'ok') throw new Error('not signed')
  const label = sizeLabel(size)
  const ways = {
    sign: () => [checksum64(frame), signer.sign(fields, valueDigest(frame))],
    verify: () => [checksum64(frame), signer.verify(fields, valueDigest(frame), signature)],
  }
  for (const [op, operation] of Object.entries(ways)) {
    context.progress(`${op} ${label}`)
    const contestants = [
      contestant(`checksum + ${op}`, operation, perOf(size)),
      contestant('SHA-256 alone', () => createHash('sha256').update(frame).digest(), perOf(size)),
      contestant('checksum alone', () => checksum64(frame), perOf(size)),
    ]
    const entries = await race(context, { op, size }, contestants)
    recordSigned(context, `checksum + ${op}, ${label}`, entries, size)
  }
}

function recordSigned(context, title, entries, size) {
  const isLarge = size === LARGE
  compareAll(context, title, entries, {
    basis: 'time',
    bars: isLarge ? { 'SHA-256 alone': LARGE_BAR } : {},
  })
  if (isLarge) return
  context.results.figure({
    title: `${title}, p50`,
    basis: 'us',
    value: typical(entries[0]),
    bar: SMALL_BAR,
    ours: { name: 'holdfast' },
  })
}
