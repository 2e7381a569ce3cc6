import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DiskCache, DiskIndex, HoldfastError } from '../../src/index.ts'
import { type MigrateOptions, migrate } from '../../src/migrate/migrate.ts'
import { manualClock } from '../../src/testing/index.ts'
import { openDatabase } from '../support/sqlite-driver.mjs'
import { filesUnder } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { writeDiskcache, writeValueFile } from './source.ts'

async function codeOf(source: string, target: string, options?: MigrateOptions): Promise<unknown> {
  try {
    await migrate(source, target, options)
  } catch (error) {
    return error instanceof HoldfastError ? error.code : error
  }
  return undefined
}

function withFile(directory: string, name: string, content: string): void {
  mkdirSync(directory)
  writeFileSync(join(directory, name), content)
}

describe('migrate', () => {
  it.each([
    ['a directory that is not there', () => {}],
    ['an empty directory', (path: string) => mkdirSync(path)],
    ['a file', (path: string) => writeFileSync(path, 'x')],
    ['other files', (path: string) => withFile(path, 'x', '')],
    ['an empty database', (path: string) => withFile(path, 'cache.db', '')],
    ['no database', (path: string) => withFile(path, 'cache.db', 'x'.repeat(5_000))],
    [
      'a database of something else',
      async (path: string) => {
        mkdirSync(path)
        const database = await openDatabase(join(path, 'cache.db'))
        database.exec('CREATE TABLE other (x)')
        database.close()
      },
    ],
    [
      'a view that computes for ever',
      async (path: string) => {
        mkdirSync(path)
        const database = await openDatabase(join(path, 'cache.db'))
        database.exec(`CREATE TABLE Settings (key, value); CREATE VIEW Cache AS
          WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS key FROM n`)
        database.close()
      },
    ],
    ['a store of holdfast', (path: string) => new DiskCache(path).close()],
  ])('refuses %s, and makes no target', async (_, make) => {
    const home = temporaryDirectory()
    await make(join(home, 'source'))
    const before = readdirSync(home)
    expect(await codeOf(join(home, 'source'), join(home, 'target'))).toBe('ERR_FOREIGN_DIRECTORY')
    expect(readdirSync(home)).toEqual(before)
  })

  it('refuses a target inside the source, options it does not know, and a target that is something else', async () => {
    const home = temporaryDirectory()
    const source = join(home, 'source')
    await writeDiskcache(source, [{ key: 'a', value: 1 }])
    expect(await codeOf(source, source)).toBe('ERR_INVALID_OPTION')
    expect(await codeOf(source, join(source, 'x'))).toBe('ERR_INVALID_OPTION')
    expect(await codeOf(source, home)).toBe('ERR_INVALID_OPTION')
    expect(await codeOf(source, '')).toBe('ERR_INVALID_OPTION')
    expect(await codeOf(source, join(home, 't'), { as: 'list' as 'cache' })).toBe(
      'ERR_INVALID_OPTION',
    )
    expect(await codeOf(source, join(home, 't'), { drops: true } as MigrateOptions)).toBe(
      'ERR_INVALID_OPTION',
    )
    expect(readdirSync(home)).toEqual(['source'])
    expect(readdirSync(source)).toEqual(['cache.db'])
    mkdirSync(join(home, 'other'), { mode: 0o700 })
    writeFileSync(join(home, 'other', 'file'), '')
    expect(await codeOf(source, join(home, 'other'))).toBe('ERR_FOREIGN_DIRECTORY')
  })

  it('lists rows that diskcache would not have written, and opens nothing outside for them', async () => {
    const home = temporaryDirectory()
    const source = join(home, 'source')
    writeFileSync(join(home, 'secret'), 'secret')
    mkdirSync(join(home, 'elsewhere'))
    writeFileSync(join(home, 'elsewhere', 'value'), 'secret')
    await writeDiskcache(source, [
      { key: 'parent', mode: 2, filename: '../secret' },
      { key: 'absolute', mode: 2, filename: join(home, 'secret') },
      { key: 'link', mode: 2, filename: 'link' },
      { key: 'behind a link', mode: 2, filename: 'folder/value' },
      { key: 'folder', mode: 2, filename: 'real' },
      { key: 'missing', mode: 2, filename: 'ab/cd/0.val' },
      { key: 'mode', mode: 9, value: 1 },
      { key: 'no pickle', mode: 4, value: Buffer.from('no pickle') },
      { key: 'text', mode: 3, filename: writeValueFile(source, Buffer.from([0xff, 0xfe])) },
      { key: 'expiry', value: 1, expires: 'soon' },
      { key: Buffer.from('80046300', 'hex'), raw: 0, value: 1 },
      { key: null, value: 1 },
      { key: Buffer.from('8c016b2e', 'hex'), raw: 0, value: 'a text that was pickled' },
      { key: null, keySql: "coalesce(?, CAST(x'ff' AS TEXT))", value: 1 },
    ])
    mkdirSync(join(source, 'real'))
    symlinkSync(join(home, 'secret'), join(source, 'link'))
    symlinkSync(join(home, 'elsewhere'), join(source, 'folder'))
    const { entries, copied, skipped } = await migrate(source, join(home, 'target'))
    expect({ entries, copied }).toEqual({ entries: 14, copied: 0 })
    expect(Object.fromEntries(skipped.map(({ key, reason }) => [key, reason]))).toMatchObject({
      parent: expect.stringContaining('odd name'),
      absolute: expect.stringMatching(/missing|odd name/),
      link: expect.stringContaining('cannot be read'),
      'behind a link': expect.stringContaining('symbolic link'),
      folder: expect.stringContaining('no file'),
      missing: expect.stringContaining('missing'),
      mode: expect.stringContaining('mode 9'),
      'no pickle': expect.stringContaining('more than plain data'),
      text: expect.stringContaining('UTF-8'),
      expiry: expect.stringContaining('expiry'),
      '<bytes 80046300>': expect.stringContaining('damaged'),
      '<bytes >': expect.stringContaining('no key'),
      k: expect.stringContaining('taken for'),
      '<bytes ff>': expect.stringContaining('UTF-8'),
    })
  })

  it('brings keys and values of every kind that the database itself holds, and leaves the source as it was', async () => {
    const home = temporaryDirectory()
    const source = join(home, 'source')
    const large = randomBytes(40_000)
    const kinds = [
      { key: 'text', value: 'line\r\nline' },
      { key: 1, value: 42 },
      { key: '1', value: 'one' },
      { key: 1.5, value: 0.25 },
      { key: Buffer.from([0, 255]), value: Buffer.from([1, 2, 3]) },
    ]
    const file = { key: 'large', mode: 2, filename: writeValueFile(source, large) }
    await writeDiskcache(source, [...kinds, file])
    const hash = (): string[] =>
      filesUnder(source).map(
        (path) => path + createHash('sha256').update(readFileSync(path)).digest('hex'),
      )
    const before = hash()
    await migrate(source, join(home, 'target'))
    expect(hash()).toEqual(before)
    using cache = new DiskCache(join(home, 'target'))
    for (const { key, value } of kinds) expect(cache.get(key)).toStrictEqual(value)
    expect(cache.get('large')).toStrictEqual(large)
    expect(cache.size).toBe(6)
    expect(cache.check()).toMatchObject({ ok: true, problems: [] })
  })

  it('continues: what the target has is not changed, what is new comes', async () => {
    const home = temporaryDirectory()
    const [source, target] = [join(home, 'source'), join(home, 'target')]
    await writeDiskcache(source, [
      { key: 'a', value: 'old' },
      { key: 'b', value: 'old' },
    ])
    await migrate(source, target)
    using cache = new DiskCache(target)
    cache.set('a', 'mine', { tag: 'kept' })
    cache.delete('b')
    expect(await migrate(source, target)).toMatchObject({ copied: 1, existing: 1 })
    expect(cache.getEntry('a')).toMatchObject({ value: 'mine', tags: ['kept'] })
    expect(cache.get('b')).toBe('old')
  })

  it('removes what a killed run left, and nothing else', async () => {
    const home = temporaryDirectory()
    const source = join(home, 'source')
    await writeDiskcache(source, [{ key: 'a', value: 1 }])
    const gone = '.target.migrate-4194305-0badcafe'
    const other = `.target.migrate-${process.pid}-0badcafe`
    for (const name of [gone, other, '.target.migrate-x']) mkdirSync(join(home, name))
    await migrate(source, join(home, 'target'))
    expect(readdirSync(home).sort()).toEqual(
      ['.target.migrate-x', other, 'source', 'target'].sort(),
    )
  })

  it('drops only what the target certainly has', async () => {
    const home = temporaryDirectory()
    const [source, target] = [join(home, 'source'), join(home, 'target')]
    const file = writeValueFile(source, 'content')
    await writeDiskcache(source, [
      { key: 'same', value: 'same' },
      { key: 'other', value: 'theirs' },
      { key: 'file', mode: 2, filename: file },
      { key: 'left', mode: 4, value: Buffer.from('cos\nsystem\n.') },
    ])
    using cache = new DiskCache(target)
    cache.set('same', 'same')
    cache.set('other', 'mine')
    const report = await migrate(source, target, { drop: true })
    expect(report).toMatchObject({ entries: 4, copied: 1, existing: 1, dropped: 2 })
    expect(report.skipped.map(({ key }) => key)).toEqual(['other', 'left'])
    expect(existsSync(join(source, file))).toBe(false)
    expect(Buffer.from(cache.get('file') as Buffer).toString()).toBe('content')
    expect(await migrate(source, join(home, 'rest'))).toMatchObject({ entries: 2, copied: 1 })
    const database = await openDatabase(join(source, 'cache.db'))
    expect(database.prepare("SELECT value FROM Settings WHERE key = 'count'").get()).toMatchObject({
      value: 2,
    })
    database.close()
  })

  it('takes the expiry at its word, by the clock it is given', async () => {
    const home = temporaryDirectory()
    const source = join(home, 'source')
    await writeDiskcache(source, [
      { key: 'over', value: 1, expires: 1_000 },
      { key: 'ends', value: 1, expires: 1_000.25 },
    ])
    const clock = manualClock(1_000_000)
    expect(await migrate(source, join(home, 'target'), { clock })).toMatchObject({
      copied: 1,
      expired: 1,
    })
    using cache = new DiskCache(join(home, 'target'), { clock })
    expect(cache.getEntry('ends')?.expiresAt).toBe(1_000_250)
  })

  it('makes an index or a cache as it is told', async () => {
    const home = temporaryDirectory()
    const source = join(home, 'source')
    await writeDiskcache(source, [{ key: 'a', value: 1, tag: 'x' }], { eviction_policy: 'none' })
    expect(await migrate(source, join(home, 'guessed'))).toMatchObject({ kind: 'diskcache-cache' })
    const report = await migrate(source, join(home, 'index'), { as: 'index' })
    expect(report).toMatchObject({ kind: 'diskcache-index', opensWith: 'DiskIndex', copied: 1 })
    expect(report.changed).toHaveLength(1)
    using index = new DiskIndex(join(home, 'index'))
    expect(index.get('a')).toBe(1)
  })

  it('continues a cache whose tagged entries are gone from the source', async () => {
    const home = temporaryDirectory()
    const [source, target] = [join(home, 'source'), join(home, 'target')]
    const left = { key: 'left', mode: 4, value: Buffer.from('cos\nsystem\n.') }
    await writeDiskcache(source, [{ key: 'a', value: 1, tag: 'x' }, left], {
      eviction_policy: 'none',
    })
    await migrate(source, target, { drop: true })
    expect(await migrate(source, target, { drop: true })).toMatchObject({
      opensWith: 'DiskCache',
      entries: 1,
    })
  })

  it('stops when it is told, leaving no copy of the source behind', async () => {
    const home = temporaryDirectory()
    await writeDiskcache(join(home, 'source'), [{ key: 'a', value: 1 }])
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    expect(await codeOf(join(home, 'source'), join(home, 'target'), { signal })).toBe(reason)
    expect(readdirSync(home)).toEqual(['source'])
  })

  it('says that a damaged source is damaged', async () => {
    const home = temporaryDirectory()
    const source = join(home, 'source')
    const rows = Array.from({ length: 500 }, (_, index) => ({
      key: `k${index}`,
      value: 'x'.repeat(500),
    }))
    await writeDiskcache(source, rows)
    const bytes = readFileSync(join(source, 'cache.db'))
    bytes.fill(0xff, 16_384, 200_000)
    writeFileSync(join(source, 'cache.db'), bytes)
    expect(await codeOf(source, join(home, 'target'))).toBe('ERR_CORRUPT')
    expect(readdirSync(home).filter((name) => name.startsWith('.'))).toEqual([])
  })
})
