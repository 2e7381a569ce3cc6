import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { contentOf, keyId } from '../../src/index.ts'
import { codeOf } from '../disk/support/code-of.ts'
import { openCache } from '../disk/support/forms.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** A folder of two files, one of them in a folder of its own. */
function folder(): string {
  const path = join(temporaryDirectory(), 'data')
  mkdirSync(join(path, 'inner'), { recursive: true })
  writeFileSync(join(path, 'a.txt'), 'one')
  writeFileSync(join(path, 'inner', 'b.txt'), 'two')
  return path
}

const idOf = (path: string | URL) => keyId(contentOf(path))

describe('contentOf a file', () => {
  it('is the SHA-256 of its bytes', () => {
    const path = join(temporaryDirectory(), 'file')
    for (const bytes of [Buffer.alloc(0), Buffer.from('text'), Buffer.alloc(200_000, 'x')]) {
      writeFileSync(path, bytes)
      const hash = createHash('sha256').update(bytes).digest('hex')
      expect(contentOf(path).hash).toBe(`f${hash}`)
    }
  })

  it('does not depend on name and place', () => {
    const path = join(temporaryDirectory(), 'one.txt')
    writeFileSync(path, 'content')
    const id = idOf(path)
    const moved = join(temporaryDirectory(), 'two.csv')
    renameSync(path, moved)
    expect(idOf(moved)).toBe(id)
    expect(idOf(pathToFileURL(moved))).toBe(id)
  })

  it('changes with a byte, for markers made afterwards', () => {
    const path = join(temporaryDirectory(), 'file')
    writeFileSync(path, 'content')
    const before = contentOf(path)
    const id = keyId(before)
    writeFileSync(path, 'Content')
    expect(idOf(path)).not.toBe(id)
    expect(keyId(before)).toBe(id)
  })

  it('is read when the key is first used', () => {
    const path = join(temporaryDirectory(), 'late')
    const marker = contentOf(path)
    expect(codeOf(() => keyId(marker))).toBe('ERR_INVALID_KEY')
    writeFileSync(path, 'content')
    expect(keyId(marker)).toBe(idOf(path))
  })
})

describe('contentOf a folder', () => {
  it('is that of what lies in it, wherever the folder lies', () => {
    expect(idOf(folder())).toBe(idOf(folder()))
  })

  it.each<[string, (path: string) => void]>([
    ['a changed byte', (path) => writeFileSync(join(path, 'inner', 'b.txt'), 'twO')],
    ['another name', (path) => renameSync(join(path, 'a.txt'), join(path, 'c.txt'))],
    ['a new file', (path) => writeFileSync(join(path, 'new'), '')],
    ['a new folder', (path) => mkdirSync(join(path, 'new'))],
    ['a file that is gone', (path) => rmSync(join(path, 'a.txt'))],
    ['a file that moved', (path) => renameSync(join(path, 'a.txt'), join(path, 'inner', 'a.txt'))],
  ])('changes with %s', (_, change) => {
    const path = folder()
    const before = idOf(path)
    change(path)
    expect(idOf(path)).not.toBe(before)
  })

  it('is not that of a file', () => {
    const path = temporaryDirectory()
    writeFileSync(join(path, 'empty'), '')
    mkdirSync(join(path, 'folder'))
    expect(idOf(join(path, 'empty'))).not.toBe(idOf(join(path, 'folder')))
  })
})

describe('contentOf what has no content of its own', () => {
  it('is refused: symbolic links, also within a folder, and what is not there', () => {
    const path = folder()
    symlinkSync(join(path, 'a.txt'), join(path, 'inner', 'link'))
    expect(codeOf(() => idOf(join(path, 'inner', 'link')))).toBe('ERR_INVALID_KEY')
    expect(codeOf(() => idOf(path))).toBe('ERR_INVALID_KEY')
    expect(codeOf(() => idOf(join(path, 'missing')))).toBe('ERR_INVALID_KEY')
    expect(codeOf(() => idOf('/dev/null'))).toBe('ERR_INVALID_KEY')
  })
})

describe('contentOf as part of a key', () => {
  it('finds what was stored for the same content, and comes back with its hash', () => {
    const cache = openCache()
    const path = folder()
    const key = { rows: contentOf(path), version: 1 }
    cache.set(key, 'result')
    expect(cache.get({ version: 1, rows: contentOf(folder()) })).toBe('result')
    const [found] = [...cache.keys()]
    expect(found).toMatchObject({ rows: { hash: contentOf(path).hash } })
    expect(cache.get(found ?? '')).toBe('result')
    writeFileSync(join(path, 'a.txt'), 'changed')
    expect(cache.has({ rows: contentOf(path), version: 1 })).toBe(false)
    expect(cache.check().problems).toEqual([])
  })

  it('can be an argument of a memoized function', () => {
    const cache = openCache()
    let calls = 0
    const count = cache.memoize(function count(_: unknown) {
      calls += 1
      return calls
    })
    expect([count(contentOf(folder())), count(contentOf(folder()))]).toEqual([1, 1])
    expect(cache.check().problems).toEqual([])
  })
})
