import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encryption, isHoldfastError, type StoreEvent, signing } from '../../src/index.ts'
import { openDatabase } from '../support/sqlite-driver.mjs'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { openCache } from './support/forms.ts'

async function tamper(directory: string, sql: string): Promise<void> {
  const database = await openDatabase(join(directory, 'holdfast.db'))
  try {
    database.exec(sql)
  } finally {
    database.close()
  }
}

function filled() {
  const events: StoreEvent[] = []
  const cache = openCache({ hot: false, inlineBytes: 100, onEvent: (event) => events.push(event) })
  cache.set('small', 'value', { tags: ['t'], meta: { by: 'me' }, ttl: '1h' })
  cache.set('large', Buffer.alloc(500, 'v'))
  cache.set('other', 'good')
  return { cache, events }
}

/** What throws throws a coded error. */
function attempt(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    if (!isHoldfastError(error)) throw error
  }
}

describe('a row that no writer wrote', () => {
  it.each([
    ['checksum = NULL WHERE file IS NOT NULL'],
    ["value = 'text' WHERE file IS NULL AND tags IS NOT NULL"],
    ['written = 1152921504606846976 WHERE tags IS NOT NULL'],
    ['expires = 1152921504606846976 WHERE tags IS NOT NULL'],
    ["meta = x'0102' WHERE meta IS NOT NULL"],
    ["meta = x'ff0f61808080077b00808080077b' WHERE meta IS NOT NULL"],
    ["tags = 'not JSON' WHERE tags IS NOT NULL"],
    ['file_size = NULL WHERE file IS NOT NULL'],
    ["size = 'many' WHERE tags IS NOT NULL"],
    ["key = x'7171' WHERE tags IS NOT NULL"],
  ])('harms nobody else, and check removes it: %s', async (change) => {
    const { cache } = filled()
    await tamper(
      cache.directory,
      `DROP TRIGGER IF EXISTS tags_replaced; UPDATE entries SET ${change}`,
    )
    for (const key of ['small', 'large']) {
      attempt(() => cache.get(key))
      attempt(() => cache.getEntry(key))
      attempt(() => cache.has(key))
      attempt(() => cache.map(key))
      attempt(() => cache.readStream(key)?.destroy())
    }
    attempt(() => [...cache.keys()])
    attempt(() => cache.list())
    attempt(() => cache.cull())
    expect(cache.get('other')).toBe('good')
    cache.check({ fix: true, verify: true })
    expect([...cache.keys()]).toContain('other')
    expect(cache.list().map(({ key }) => key)).toContain('other')
    cache.set('small', 'anew')
    cache.set('large', Buffer.alloc(600))
    expect(cache.get('small')).toBe('anew')
    expect(cache.check({ verify: true }).problems).toEqual([])
  })

  it('two rows that name one file: clear works, and signed owners keep theirs', async () => {
    const { cache } = filled()
    cache.set('twin', Buffer.alloc(500, 'w'))
    const take = "(SELECT file FROM entries WHERE key = CAST('slarge' AS BLOB))"
    await tamper(
      cache.directory,
      `UPDATE entries SET file = ${take} WHERE key = CAST('stwin' AS BLOB)`,
    )
    expect(cache.get('twin')).toBeUndefined()
    expect(cache.clear()).toBeGreaterThan(0)
    expect(cache.size).toBe(0)
    cache.set('a', Buffer.alloc(500))
    expect(cache.get('a')).toEqual(Buffer.alloc(500))
  })
})

describe('what cannot be read stays', () => {
  const key = Buffer.alloc(32, 1)
  const wrong = Buffer.alloc(32, 2)

  it('for pop, in an encrypted and in a signed store', () => {
    const encrypted = openCache({ encrypt: encryption({ keys: [key] }) })
    encrypted.set('a', 1)
    expect(openCache({}, encrypted.directory).pop('a')).toBeUndefined()
    expect(encrypted.get('a')).toBe(1)
    const signed = openCache({ sign: signing({ key }) })
    signed.set('a', 1)
    const stranger = openCache({ sign: signing({ key: wrong }) }, signed.directory)
    expect(stranger.pop('a')).toBeUndefined()
    expect(signed.get('a')).toBe(1)
    expect(stranger.delete('a')).toBe(false)
  })

  it('for a frame of a newer version', async () => {
    const { cache, events } = filled()
    await tamper(
      cache.directory,
      "UPDATE entries SET value = CAST(substr(value, 1, 2) || x'02' || substr(value, 4) AS BLOB) WHERE key = CAST('sother' AS BLOB)",
    )
    expect(cache.get('other')).toBeUndefined()
    expect(events.map(({ type }) => type)).toEqual(['corrupt'])
    expect(cache.size).toBe(3)
  })
})

describe('a link in the place of a folder of value files', () => {
  it('leads no write and no unlink to the files behind it', async () => {
    const victim = temporaryDirectory()
    const cache = openCache({ inlineBytes: 10 })
    const name = 'a'.repeat(30)
    writeFileSync(join(victim, name), 'years of work')
    const values = join(cache.directory, 'values')
    mkdirSync(values, { recursive: true })
    for (const folder of readdirSync(values)) rmSync(join(values, folder), { recursive: true })
    for (let byte = 0; byte < 256; byte += 1)
      symlinkSync(victim, join(values, byte.toString(16).padStart(2, '0')))
    await tamper(cache.directory, `INSERT INTO trash (file, size) VALUES ('aa/${name}', 13)`)
    cache.close()
    const again = openCache({ inlineBytes: 10 }, cache.directory)
    expect(() => again.set('a', Buffer.alloc(100))).toThrow(
      expect.objectContaining({ code: 'ERR_UNSAFE_DIRECTORY' }),
    )
    again.check({ fix: true })
    again.close()
    expect(readdirSync(victim)).toEqual([name])
    expect(existsSync(join(victim, name))).toBe(true)
  })
})
