import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import {
  type DiskCacheOptions,
  type EncryptionOptions,
  encryption,
  type StoreEvent,
} from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { openDatabase } from '../support/sqlite-driver.mjs'
import { filesUnder } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { openCache } from './support/forms.ts'

const key = Buffer.alloc(32, 'k')
const nextKey = Buffer.alloc(32, 'n')

function encrypted(
  directory: string,
  encrypt: Partial<EncryptionOptions> = {},
  options: DiskCacheOptions = {},
) {
  const events: StoreEvent[] = []
  const cache = openCache(
    {
      inlineBytes: 100,
      encrypt: encryption({ keys: [key], ...encrypt }),
      onEvent: (event) => events.push(event),
      ...options,
    },
    directory,
  )
  return { cache, events, reasons: () => events.map(({ type, reason }) => `${type}: ${reason}`) }
}

const secret = 'the secret that nobody may read'

function filled(): string {
  const directory = temporaryDirectory()
  const { cache } = encrypted(directory)
  cache.set('small', secret)
  cache.set('large', Buffer.from(secret.repeat(20)))
  cache.set('object', { secret, list: [1, 2, 3] })
  cache.close()
  return directory
}

async function tamper(directory: string, sql: string): Promise<void> {
  const database = await openDatabase(join(directory, 'holdfast.db'))
  try {
    database.exec(sql)
  } finally {
    database.close()
  }
}

describe('an encrypted store', () => {
  it('gives back what was stored, and nothing of it lies on disk', () => {
    const directory = filled()
    for (const path of filesUnder(directory))
      expect(readFileSync(path).includes(secret.slice(0, 12)), path).toBe(false)
    const { cache, events } = encrypted(directory)
    expect(cache.get('small')).toBe(secret)
    expect(cache.get('large')).toEqual(Buffer.from(secret.repeat(20)))
    expect(cache.get('object')).toEqual({ secret, list: [1, 2, 3] })
    expect(Buffer.from(cache.map('large')?.bytes ?? []).toString()).toBe(secret.repeat(20))
    expect(cache.check({ verify: true }).problems).toEqual([])
    expect(events).toEqual([])
  })

  it.each<[string, Partial<EncryptionOptions>, string]>([
    ['another key', { keys: [nextKey] }, 'unknown-key'],
    ['another tenant', { tenant: 'other' }, 'unknown-key'],
  ])('%s: misses, tells why and deletes nothing', (_, options, reason) => {
    const directory = filled()
    const { cache, reasons } = encrypted(directory, options)
    for (const name of ['small', 'large', 'object']) expect(cache.get(name)).toBeUndefined()
    expect(cache.readStream('large')).toBeUndefined()
    expect(cache.map('large')).toBeUndefined()
    expect(new Set(reasons())).toEqual(new Set([`tamper: it cannot be decrypted (${reason})`]))
    expect(cache.size).toBe(3)
    expect(encrypted(directory).cache.get('small')).toBe(secret)
  })

  it('opened without a key it misses and deletes nothing', () => {
    const directory = filled()
    const events: StoreEvent[] = []
    const plain = openCache({ onEvent: (event) => events.push(event) }, directory)
    expect([plain.get('small'), plain.get('large')]).toEqual([undefined, undefined])
    expect(plain.readStream('large')).toBeUndefined()
    expect(events.map(({ type }) => type)).toEqual(['tamper', 'tamper', 'tamper'])
    expect(plain.size).toBe(3)
  })

  it('previous keys still open; what is written is encrypted with the current one', () => {
    const directory = filled()
    const rotated = encrypted(directory, { keys: [nextKey, key] }).cache
    expect(rotated.get('small')).toBe(secret)
    rotated.set('small', 'anew')
    rotated.close()
    const { cache } = encrypted(directory, { keys: [nextKey] })
    expect([cache.get('small'), cache.get('object')]).toEqual(['anew', undefined])
  })

  it('a plain entry is a downgrade: refused before it is decoded', () => {
    const directory = temporaryDirectory()
    const plain = openCache({ inlineBytes: 100 }, directory)
    plain.set('small', 'planted')
    plain.set('large', Buffer.alloc(500))
    const { cache, reasons } = encrypted(directory)
    expect([cache.get('small'), cache.get('large')]).toEqual([undefined, undefined])
    expect(cache.readStream('large')).toBeUndefined()
    expect(cache.size).toBe(2)
    expect(new Set(reasons())).toEqual(new Set(['tamper: it cannot be decrypted (downgrade)']))
  })

  it('a ciphertext moved to another key is refused', async () => {
    const directory = filled()
    const { cache, reasons } = encrypted(directory)
    const take = (column: string): string =>
      `(SELECT ${column} FROM entries WHERE key = CAST('ssmall' AS BLOB))`
    await tamper(
      directory,
      `UPDATE entries SET codec = ${take('codec')}, size = ${take('size')}, value = ${take('value')} WHERE key = CAST('sobject' AS BLOB)`,
    )
    expect(cache.get('object')).toBeUndefined()
    expect(reasons()).toEqual(['tamper: it cannot be decrypted (tamper)'])
    expect(cache.get('small')).toBe(secret)
  })

  it("onFailure: 'throw' throws, and keeps the entry as evidence", () => {
    const directory = filled()
    const { cache } = encrypted(directory, { keys: [nextKey], onFailure: 'throw' })
    for (const read of [
      () => cache.get('small'),
      () => cache.get('large'),
      () => cache.getEntry('small'),
      () => cache.map('large'),
      () => cache.readStream('large'),
      () => cache.getMany(['small']),
      () => cache.pop('small'),
    ])
      expect(codeOf(read)).toBe('ERR_DECRYPT')
    expect(cache.size).toBe(3)
    cache.set('small', 'over')
    expect(cache.get('small')).toBe('over')
  })

  it("onFailure: 'throw' keeps what is damaged too", async () => {
    const directory = filled()
    await tamper(directory, "UPDATE entries SET value = x'0102' WHERE file IS NULL")
    const { cache } = encrypted(directory, { onFailure: 'throw' })
    expect(codeOf(() => cache.get('small'))).toBe('ERR_DECRYPT')
    expect(cache.size).toBe(3)
  })

  it('no error or event shows a key or a value', () => {
    const directory = filled()
    const { cache, events } = encrypted(directory, { keys: [nextKey], onFailure: 'throw' })
    let text = ''
    try {
      cache.get('small')
    } catch (error) {
      text = String(error) + JSON.stringify(error)
    }
    text += JSON.stringify(events)
    for (const part of [secret, key.toString('hex'), key.toString(), nextKey.toString()])
      expect(text).not.toContain(part)
  })
})

describe.each(['none', 'gzip', 'brotli'] as const)(
  'encrypted streams, compress: %s',
  (compress) => {
    it.each([0, 10, 3_000_000])('%i bytes go in and out', async (size) => {
      const directory = temporaryDirectory()
      const { cache, events } = encrypted(directory, {}, { compress })
      const bytes = Buffer.concat([randomBytes(size / 2), compressible(size / 2)])
      await pipeline(Readable.from(chunksOf(bytes), { objectMode: false }), cache.writeStream('a'))
      const stream = cache.readStream('a')
      expect(stream).toBeDefined()
      if (stream !== undefined) expect((await buffer(stream)).equals(bytes)).toBe(true)
      expect(bytes.equals(cache.get('a') as Buffer)).toBe(true)
      expect(cache.check({ verify: true }).problems).toEqual([])
      expect(events).toEqual([])
      if (compress !== 'none' && size > 1_000) expect(cache.bytes()).toBeLessThan(size * 0.9)
    })
  },
)

/** Not so much that it is stored as it is, as what compresses beyond all measure is. */
function compressible(size: number): Buffer {
  const text = Array.from({ length: size }, (_, index) => `${(index * 7919) % 10_007} `).join('')
  return Buffer.from(text).subarray(0, size)
}

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 70_001) yield bytes.subarray(at, at + 70_001)
}
