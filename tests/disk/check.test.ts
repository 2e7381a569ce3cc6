import {
  existsSync,
  mkdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/testing/index.ts'
import { codeOf } from '../support/code-of.ts'
import { openDatabase } from '../support/sqlite-driver.mjs'
import { filesUnder, valueFiles } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { allForms, openCache } from './support/forms.ts'

/** A cache with one value in a file, and the path of that file. */
function withFile(): { cache: ReturnType<typeof openCache>; path: string } {
  const cache = openCache({ inlineBytes: 10 })
  cache.set('file', Buffer.alloc(100, 'v'))
  cache.set('inline', 1)
  const [path = ''] = valueFiles(cache.directory)
  return { cache, path }
}

/** A file under `values/` that nothing names, `age` milliseconds old. */
function orphan(directory: string, age: number): string {
  const path = join(directory, 'values', 'ab', '0123456789abcdef0123456789abcd')
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, 'nobody names me')
  const time = (Date.now() - age) / 1_000
  utimesSync(path, time, time)
  return path
}

describe.each(allForms)('$name: check', ({ open }) => {
  it('finds nothing wrong with a store in order', () => {
    const store = open({ inlineBytes: 10 })
    for (let key = 0; key < 30; key += 1) store.set(key, Buffer.alloc(key))
    const report = { ok: true, problems: [], entries: 30, bytes: (29 * 30) / 2 }
    expect(store.check()).toEqual(report)
    expect(store.check({ verify: true })).toEqual(report)
    expect(store.check({ fix: true, verify: true })).toEqual(report)
  })

  it('refuses unknown options', () => {
    const store = open()
    expect(codeOf(() => store.check({ repair: true } as never))).toBe('ERR_INVALID_OPTION')
    expect(codeOf(() => store.check(null as never))).toBe('ERR_INVALID_OPTION')
  })

  it('counts with volume() everything that lies on disk', () => {
    const store = open({ inlineBytes: 10 })
    const before = store.volume()
    for (let key = 0; key < 20; key += 1) store.set(key, Buffer.alloc(10_000))
    expect(store.volume()).toBeGreaterThanOrEqual(before + 200_000)
    const counted = filesUnder(store.directory)
      .filter((path) => /holdfast\.db|values/.test(path))
      .reduce((sum, path) => sum + statSync(path).size, 0)
    expect(store.volume()).toBe(counted)
    expect(store.check().problems).toEqual([])
  })
})

describe('check', () => {
  it.each<[string, (path: string) => void, string]>([
    ['missing-file', (path) => rmSync(path), 'missing-file'],
    ['size-mismatch', (path) => truncateSync(path, 50), 'size-mismatch'],
    ['size-mismatch of an empty file', (path) => truncateSync(path, 0), 'size-mismatch'],
    ['checksum', (path) => writeFileSync(path, Buffer.alloc(statSync(path).size, 'w')), 'checksum'],
  ])('reports %s with key and file, and removes the entry with fix', (_, damage, kind) => {
    const { cache, path } = withFile()
    damage(path)
    const { ok, problems } = cache.check({ verify: true })
    expect(ok).toBe(false)
    expect(problems).toMatchObject([{ kind, key: 'file', fixed: false }])
    expect(path.endsWith(problems[0]?.file ?? 'no file')).toBe(true)
    const fixed = cache.check({ verify: true, fix: true })
    expect([fixed.ok, fixed.problems.map((problem) => problem.fixed)]).toEqual([true, [true]])
    expect([...cache]).toEqual([['inline', 1]])
    expect(cache.check({ verify: true }).problems).toEqual([])
  })

  it('reports an orphan once it is old enough, and removes it with fix', () => {
    const { cache } = withFile()
    const path = orphan(cache.directory, 59_000)
    expect(cache.check().problems).toEqual([])
    orphan(cache.directory, 61_000)
    expect(cache.check().problems).toMatchObject([{ kind: 'orphan', fixed: false }])
    expect(cache.check({ fix: true })).toMatchObject({ ok: true, problems: [{ fixed: true }] })
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined()
    expect(cache.check().problems).toEqual([])
  })

  it.each([
    ['1s', 2_000, 1],
    ['1h', 3_599_000, 0],
    [Number.POSITIVE_INFINITY, 10 * 365 * 86_400_000, 0],
  ])('orphanAge %s decides about a file that is %i ms old', (orphanAge, age, found) => {
    const cache = openCache({ orphanAge })
    orphan(cache.directory, age)
    expect(cache.check().problems).toHaveLength(found)
  })

  it('a timer removes orphans without being asked', async () => {
    const clock = manualClock()
    const cache = openCache({ clock })
    const path = orphan(cache.directory, 61_000)
    await clock.advance(3_000)
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined()
    expect(cache.check().problems).toEqual([])
  })

  it('leaves files alone whose names are not ours', () => {
    const cache = openCache({ orphanAge: 0 })
    const path = join(dirname(orphan(cache.directory, 61_000)), 'thesis.txt')
    writeFileSync(path, 'years of work')
    cache.check({ fix: true })
    expect(statSync(path).size).toBe(13)
    expect(cache.check().problems).toEqual([])
  })

  it('reports counters that drifted, and sets them right with fix', async () => {
    const { cache } = withFile()
    const database = await openDatabase(join(cache.directory, 'holdfast.db'))
    database.exec('UPDATE counters SET entries = entries + 5, bytes = bytes - 1')
    database.close()
    expect(cache.check().problems).toMatchObject([{ kind: 'counter-drift', fixed: false }])
    expect(cache.check({ fix: true }).ok).toBe(true)
    expect([cache.size, cache.bytes()]).toEqual([2, 108])
    expect(cache.check().problems).toEqual([])
  })

  it('reports tags of no entry, and removes them with fix', async () => {
    const { cache } = withFile()
    const database = await openDatabase(join(cache.directory, 'holdfast.db'))
    database.exec("INSERT INTO tags (tag, id) VALUES ('x', 12345)")
    database.close()
    expect(cache.check().problems).toMatchObject([{ kind: 'dangling-tag', fixed: false }])
    expect(cache.check({ fix: true }).ok).toBe(true)
    expect(cache.check().problems).toEqual([])
  })

  it('a row that names a file outside the store reaches nothing there', async () => {
    const { cache, path } = withFile()
    const outside = join(temporaryDirectory(), 'thesis.txt')
    writeFileSync(outside, Buffer.alloc(100, 'v'))
    const database = await openDatabase(join(cache.directory, 'holdfast.db'))
    const name = `../../${outside.slice(1)}`
    database.prepare('UPDATE entries SET file = ? WHERE file IS NOT NULL').run(name)
    database.close()
    expect(cache.get('file')).toBeUndefined()
    cache.check({ fix: true, verify: true })
    cache.delete('file')
    expect(statSync(outside).size).toBe(100)
    expect(existsSync(path)).toBe(true)
  })
})

describe('files of values that are gone', () => {
  it.each([
    ['5s', 4_000, 3_000],
    ['1m', 59_000, 3_000],
    [0, 0, 3_000],
  ])(
    'stay for unlinkDelay %s, for readers that are about to open them',
    async (unlinkDelay, stay, then) => {
      const clock = manualClock()
      const cache = openCache({ clock, inlineBytes: 10, unlinkDelay })
      cache.set('a', Buffer.alloc(100))
      cache.set('a', Buffer.alloc(200))
      cache.set('b', Buffer.alloc(300))
      cache.delete('b')
      await clock.advance(stay)
      expect(valueFiles(cache.directory)).toHaveLength(3)
      await clock.advance(then)
      expect(valueFiles(cache.directory)).toHaveLength(1)
      expect(cache.check({ verify: true }).problems).toEqual([])
    },
  )
})
