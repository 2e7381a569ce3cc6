import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type DiskCache,
  type DiskCacheOptions,
  type SigningOptions,
  type StoreEvent,
  signing,
} from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { openDatabase } from '../support/sqlite-driver.mjs'
import { valueFiles } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { openCache } from './support/forms.ts'

const key = Buffer.alloc(32, 'k')
const otherKey = Buffer.alloc(32, 'o')

function signed(directory: string, sign: SigningOptions = {}, options: DiskCacheOptions = {}) {
  const events: StoreEvent[] = []
  const cache = openCache(
    {
      inlineBytes: 100,
      sign: signing({ key, ...sign }),
      onEvent: (event) => events.push(event),
      ...options,
    },
    directory,
  )
  return { cache, events, types: () => events.map(({ type }) => type) }
}

const facts = { ttl: '1h', tags: ['t'], description: 'what it is', meta: { by: 'me' } } as const

/** A store with an inline value, one in a file, and a second of each kind, all signed. */
function filled(): string {
  const directory = temporaryDirectory()
  const { cache } = signed(directory)
  cache.set('small', 'value', facts)
  cache.set('large', Buffer.alloc(500, 'v'), facts)
  cache.set('small too', 'other', facts)
  cache.set('large too', Buffer.alloc(500, 'w'), facts)
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

const row = (name: string): string => `key = CAST('s${name}' AS BLOB)`
const from = (column: string, name: string): string =>
  `(SELECT ${column} FROM entries WHERE ${row(name)})`

/** Every way in which the value of a key leaves the store. */
const reads: readonly [string, (cache: DiskCache, key: string) => unknown][] = [
  ['get', (cache, name) => cache.get(name)],
  ['getEntry', (cache, name) => cache.getEntry(name)],
  ['has', (cache, name) => cache.has(name) || undefined],
  ['getMany', (cache, name) => cache.getMany([name]).get(name)],
  ['map', (cache, name) => cache.map(name)],
  ['readStream', (cache, name) => cache.readStream(name)],
  ['pop', (cache, name) => cache.pop(name)],
  ['touch', (cache, name) => cache.touch(name, '2h') || undefined],
  ['keys', (cache, name) => [...cache.keys()].find((one) => one === name)],
  ['entries', (cache, name) => [...cache].find(([one]) => one === name)],
  ['list', (cache, name) => cache.list().find((one) => one.key === name)],
  [
    'a page of list',
    (cache, name) => cache.list({ limit: 1, prefix: name }).find((one) => one.key === name),
  ],
  ['update', (cache, name) => cache.update(name, (old) => old)],
  ['add', (cache, name) => (cache.add(name, 'new') ? undefined : 'was there')],
]

/** What is changed in a row without its signature. */
const changes: readonly [string, string][] = [
  ['codec', 'codec = codec + 1'],
  ['flags', 'flags = flags + 1'],
  ['size', 'size = size + 1'],
  ['written', 'written = written + 1'],
  ['expires', 'expires = expires + 3600000'],
  ['no end', 'expires = NULL'],
  ['tags', `tags = '["other"]'`],
  ['no tags', 'tags = NULL'],
  ['description', `description = 'another'`],
  ['no description', 'description = NULL'],
  ['meta', "meta = x'00'"],
  ['no meta', 'meta = NULL'],
  ['signature of another entry', `signature = ${from('signature', 'small too')}`],
  [
    'last byte of the signature',
    "signature = CAST(substr(signature, 1, 72) || CASE substr(signature, 73) WHEN x'00' THEN x'01' ELSE x'00' END AS BLOB)",
  ],
  ['a longer signature', "signature = CAST(signature || x'00' AS BLOB)"],
]

/** Rows that were changed in every way, inline and with a file, beside some that were not. */
async function forged(): Promise<{ directory: string; names: readonly string[] }> {
  const directory = filled()
  const { cache } = signed(directory)
  const updates: string[] = []
  const names = changes.flatMap(([what, change]) =>
    [9, 500].map((size) => {
      const name = `${what}, ${size} bytes`
      cache.set(name, Buffer.alloc(size, 'v'), facts)
      updates.push(`UPDATE entries SET ${change} WHERE ${row(name)}`)
      return name
    }),
  )
  cache.close()
  await tamper(directory, updates.join(';'))
  return { directory, names }
}

describe('a signed store', () => {
  it('gives back what it signed, with all that is known of it', () => {
    const { cache, events } = signed(filled())
    expect(cache.getEntry('small')).toMatchObject({ value: 'value', tags: ['t'] })
    expect(cache.getEntry('large')?.value).toEqual(Buffer.alloc(500, 'v'))
    for (const [, read] of reads) expect(read(signed(filled()).cache, 'large')).not.toBeNull()
    expect(cache.list()).toHaveLength(4)
    expect(cache.check({ verify: true }).problems).toEqual([])
    expect(events).toEqual([])
  })

  it.each(reads)('%s misses every row that was changed', async (_, read) => {
    const { directory, names } = await forged()
    const { cache, events } = signed(directory)
    for (const name of names) expect(read(cache, name), name).toBeUndefined()
    expect(new Set(events.map(({ type, key }) => `${type} ${key}`))).toEqual(
      new Set(names.map((name) => `tamper ${name}`)),
    )
    expect(cache.get('small too')).toBe('other')
    expect(cache.get('large too')).toEqual(Buffer.alloc(500, 'w'))
  })

  it.each([
    ['the value of another entry', `value = ${from('value', 'small too')}`, 'small'],
    [
      'the file of another entry',
      `file = ${from('file', 'large too')}, checksum = ${from('checksum', 'large too')}`,
      'large',
    ],
    [
      'all of another entry but its key',
      `(codec, flags, size, written, expires, tags, description, meta, signature, value) = (SELECT codec, flags, size, written, expires, tags, description, meta, signature, value FROM entries WHERE ${row('small too')})`,
      'small',
    ],
    ['another key', `key = CAST('sanother' AS BLOB)`, 'another'],
  ])('%s is a miss, and its owner keeps it', async (_, change, name) => {
    const directory = filled()
    const target = name === 'another' ? 'small' : name
    await tamper(directory, `UPDATE entries SET ${change} WHERE ${row(target)}`)
    const { cache, types } = signed(directory, {}, { unlinkDelay: 0 })
    expect(cache.get(name)).toBeUndefined()
    expect(types()).toContain('tamper')
    expect(cache.get('small too')).toBe('other')
    cache.close()
    const again = signed(directory).cache
    expect(again.get('large too')).toEqual(Buffer.alloc(500, 'w'))
  })

  it('notices a value file that was rewritten together with its checksum', async () => {
    const directory = filled()
    const paths = valueFiles(directory)
    const { cache: plain } = signed(directory)
    const target = paths.find((path) => readFileSync(path).includes('vvvv')) ?? ''
    const other = paths.find((path) => readFileSync(path).includes('wwww')) ?? ''
    plain.close()
    writeFileSync(target, readFileSync(other))
    const { cache, types } = signed(directory)
    expect(cache.get('large')).toBeUndefined()
    expect(types()[0]).toMatch(/corrupt|tamper/)
    expect(cache.get('large too')).toEqual(Buffer.alloc(500, 'w'))
  })
})

describe('unsigned entries and other keys', () => {
  it('a stripped signature is a miss that stays, and allowUnsigned believes it', async () => {
    const directory = filled()
    await tamper(directory, 'UPDATE entries SET signature = NULL')
    const strict = signed(directory)
    expect([strict.cache.get('small'), strict.cache.get('large')]).toEqual([undefined, undefined])
    expect(strict.types()).toEqual(['tamper', 'tamper'])
    const lenient = signed(directory, { allowUnsigned: true })
    expect(lenient.cache.get('small')).toBe('value')
    lenient.cache.touch('small', '3h')
    lenient.cache.set('small', 'signed now')
    expect(strict.cache.get('small')).toBe('signed now')
  })

  it('entries of an unsigned store are misses once signing is on', () => {
    const directory = temporaryDirectory()
    const plain = openCache({}, directory)
    plain.set('a', 1)
    const { cache } = signed(directory)
    expect(cache.get('a')).toBeUndefined()
    cache.set('a', 2)
    expect(cache.get('a')).toBe(2)
    plain.set('a', 3)
    expect(cache.get('a'), 'written without a signature').toBeUndefined()
  })

  it('a wrong key makes every read a miss and deletes nothing', () => {
    const directory = filled()
    const { cache, types } = signed(directory, { key: otherKey })
    for (const name of ['small', 'large', 'small too']) expect(cache.get(name)).toBeUndefined()
    expect(cache.list()).toEqual([])
    expect(new Set(types())).toEqual(new Set(['tamper']))
    cache.close()
    expect(signed(directory).cache.list()).toHaveLength(4)
  })

  it('previous keys are believed, and what is written is signed with the current one', () => {
    const directory = filled()
    const { cache } = signed(directory, { key: otherKey, previous: [key] })
    expect(cache.get('small')).toBe('value')
    cache.set('small', 'anew')
    cache.close()
    expect(signed(directory, { key: otherKey }).cache.get('small')).toBe('anew')
  })

  it('onInvalid decides whether an entry that was changed is deleted; its data is never given', async () => {
    for (const onInvalid of ['drop', 'keep'] as const) {
      const directory = filled()
      await tamper(directory, `UPDATE entries SET description = 'x' WHERE ${row('small')}`)
      const { cache } = signed(directory, { onInvalid })
      expect(cache.get('small')).toBeUndefined()
      expect(cache.size).toBe(onInvalid === 'drop' ? 3 : 4)
    }
  })
})

describe('writes of a signed store', () => {
  it('touch, incr, update and overwrites sign anew', async () => {
    const clock = manualClock()
    const { cache, events } = signed(temporaryDirectory(), {}, { clock })
    cache.set('n', 1, { ttl: '1s', tags: ['t'] })
    expect(cache.touch('n', '1h')).toBe(true)
    expect(cache.incr('n', 2)).toBe(3)
    cache.update('n', (old) => Number(old) + 1)
    await clock.advance(2_000)
    expect(cache.getEntry('n')).toMatchObject({ value: 4, tags: ['t'] })
    cache.set('n', 'over')
    expect(cache.get('n')).toBe('over')
    expect(events).toEqual([])
  })

  it('setAsync, setMany, load, memoize and streams sign', async () => {
    const { cache, events } = signed(temporaryDirectory())
    await cache.setAsync('a', 1)
    cache.setMany([['b', 2]])
    await cache.load('c', async () => 3)
    const double = cache.memoize((n: number) => n * 2, { name: 'double' })
    double(2)
    await new Promise<void>((resolve) => {
      cache.writeStream('d').end(Buffer.alloc(500, 'd'), () => resolve())
    })
    expect([cache.get('a'), cache.get('b'), cache.get('c'), double.peek(2)]).toEqual([1, 2, 3, 4])
    expect(cache.get('d')).toEqual(Buffer.alloc(500, 'd'))
    expect(events).toEqual([])
  })

  it('a backup opens with the same key', async () => {
    const { cache } = signed(filled())
    const copy = join(temporaryDirectory(), 'copy')
    await cache.backup(copy)
    expect(signed(copy).cache.list()).toHaveLength(4)
  })
})
