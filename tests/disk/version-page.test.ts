import { spawnSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pageBytes, slotCount, slotOf, VersionPage } from '../../src/disk/version-page.ts'
import type { StoreEvent } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { openDatabase } from '../support/sqlite-driver.mjs'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { openHot } from './support/hot.ts'

function pageOf(directory: string): string {
  return join(directory, 'shared', 'versions')
}

/** A closed store with one entry, and the path of its page. */
function closedStore(): { directory: string; page: string } {
  const cache = openHot()
  cache.set('k', 1)
  cache.close()
  return { directory: cache.directory, page: pageOf(cache.directory) }
}

describe('the page', () => {
  it('is made once, private, at its full length, and used by all who open the store', () => {
    const a = openHot()
    const { ino, size, mode, blocks } = statSync(pageOf(a.directory))
    expect([size, mode & 0o777]).toEqual([pageBytes, 0o600])
    expect(blocks * 512).toBeGreaterThanOrEqual(pageBytes)
    const b = openHot({}, a.directory)
    expect(statSync(pageOf(a.directory)).ino).toBe(ino)
    expect([a, b].map(({ engine }) => engine.coherence.isFallback)).toEqual([false, false])
  })

  it('gives every key a slot behind its head, spread evenly, and the same in every process', () => {
    const counts = new Map<number, number>()
    for (let index = 0; index < slotCount; index += 1) {
      const slot = slotOf(Buffer.from(`suser:${index}`))
      counts.set(slot, (counts.get(slot) ?? 0) + 1)
    }
    const slots = [...counts.keys()]
    expect(Math.min(...slots)).toBeGreaterThanOrEqual(64)
    expect(Math.max(...slots)).toBeLessThan(pageBytes / 4)
    // Of n slots, n keys at random leave n/e empty, and put no more than a handful in one.
    expect(counts.size / slotCount).toBeCloseTo(1 - 1 / Math.E, 2)
    expect(Math.max(...counts.values())).toBeLessThan(12)
    expect(slotOf(Buffer.from('sa'))).toBe(50_576)
  })

  it('counts beyond 32 bits without standing still', () => {
    const page = VersionPage.ofProcess()
    page.words[70] = 2 ** 31 - 1
    expect(page.bump(70)).toBe(-(2 ** 31))
    expect(page.version(70)).toBe(-(2 ** 31))
  })

  it('is released only by who has claimed it', () => {
    const page = VersionPage.ofProcess()
    page.claim(5)
    page.release(6)
    expect(page.writer()).toBe(5)
    page.release(5)
    expect(page.writer()).toBe(0)
  })
})

describe('what lies in the place of the page', () => {
  const foreign: readonly (readonly [string, (page: string) => void])[] = [
    ['nothing', (page) => rmSync(page)],
    ['an empty file', (page) => truncateSync(page)],
    ['half of it', (page) => truncateSync(page, pageBytes / 2)],
    ['more than it', (page) => truncateSync(page, pageBytes + 4)],
    ['noise', (page) => writeFileSync(page, Buffer.alloc(pageBytes, 7))],
    ['the page of another store', (page) => writeFileSync(page, readFileSync(closedStore().page))],
    [
      'a folder',
      (page) => {
        rmSync(page)
        mkdirSync(page)
      },
    ],
  ]
  it.each(foreign)('%s: another page takes its place', (name, replace) => {
    const { directory, page } = closedStore()
    replace(page)
    const events: StoreEvent[] = []
    const a = openHot({ onEvent: (event) => events.push(event) }, directory)
    const b = openHot({}, directory)
    expect([a.get('k'), b.get('k'), b.get('k')]).toEqual([1, 1, 1])
    a.set('k', 2)
    expect(b.get('k')).toBe(2)
    if (name === 'a folder') {
      expect(events.map(({ type }) => type)).toEqual(['fallback'])
      return
    }
    expect(events).toEqual([])
    expect(a.engine.coherence.isFallback).toBe(false)
    expect(statSync(page).size).toBe(pageBytes)
  })

  it.each([
    ['a symbolic link', symlinkSync],
    ['a second name of a file', linkSync],
  ])('%s: what it leads to is not touched', (_, link) => {
    const { directory, page } = closedStore()
    const victim = join(temporaryDirectory(), 'victim')
    const content = Buffer.alloc(pageBytes, 'v')
    writeFileSync(victim, content)
    rmSync(page)
    link(victim, page)
    const cache = openHot({}, directory)
    cache.set('k', 2)
    expect(cache.get('k')).toBe(2)
    expect(readFileSync(victim).equals(content)).toBe(true)
    expect(statSync(page).isFile()).toBe(true)
  })

  it('a pipe: nobody waits for it', () => {
    const { directory, page } = closedStore()
    rmSync(page)
    expect(spawnSync('mkfifo', [page]).status).toBe(0)
    const cache = openHot({}, directory)
    expect(cache.get('k')).toBe(1)
    expect(statSync(page).isFile()).toBe(true)
  })

  it('a page of a newer version: hits ask the database, and writing is refused', () => {
    const { directory, page } = closedStore()
    const newer = readFileSync(page)
    newer.writeInt32LE(2, 4)
    writeFileSync(page, newer)
    const events: StoreEvent[] = []
    const cache = openHot({ onEvent: (event) => events.push(event) }, directory)
    expect(events).toMatchObject([{ type: 'fallback', detail: { code: 'ERR_NEWER_FORMAT' } }])
    expect([cache.get('k'), cache.get('k')]).toEqual([1, 1])
    // Readers who know that page would not learn of the write.
    expect(() => cache.set('k', 2)).toThrow(expect.objectContaining({ code: 'ERR_NEWER_FORMAT' }))
    expect(cache.get('k')).toBe(1)
  })
})

describe('a page that goes while stores are open', () => {
  it('replaced: all use the new one, and no hit is stale in between', async () => {
    const clock = manualClock()
    const a = openHot({ clock })
    a.set('k', 1)
    expect([a.get('k'), a.get('k')]).toEqual([1, 1])
    const page = pageOf(a.directory)
    // As after a restore: the database knows another page than the one that is there.
    const copy = readFileSync(page)
    copy.writeInt32LE(99, 16)
    writeFileSync(`${page}.new`, copy)
    const old = `${page}.old`
    linkSync(page, old)
    renameSync(`${page}.new`, page)
    rmSync(old)
    const b = openHot({ clock }, a.directory)
    expect([a.get('k'), b.get('k')]).toEqual([1, 1])
    await clock.advance(2_000)
    b.set('k', 2)
    expect([a.get('k'), a.get('k'), b.get('k')]).toEqual([2, 2, 2])
    a.set('k', 3)
    expect([b.get('k'), a.get('k')]).toEqual([3, 3])
    expect(a.engine.coherence.isFallback).toBe(false)
  })

  it('given a second name, as copies by hard links do: nobody goes on with it alone', () => {
    const a = openHot()
    const b = openHot({}, a.directory)
    a.set('k', 1)
    expect([a.get('k'), b.get('k'), b.get('k')]).toEqual([1, 1, 1])
    linkSync(pageOf(a.directory), join(temporaryDirectory(), 'copy'))
    const c = openHot({}, a.directory)
    for (const [index, writer] of [a, b, c, a].entries()) {
      writer.set('k', index)
      expect([a, b, c, a, b, c].map((cache) => cache.get('k'))).toEqual(Array(6).fill(index))
    }
  })

  it('known to the database by another id: what was written to the old one is not kept', async () => {
    const a = openHot()
    a.set('k', 0)
    const database = await openDatabase(join(a.directory, 'holdfast.db'))
    database.exec(`UPDATE settings SET value = '00' WHERE name = 'page'`)
    database.close()
    const b = openHot({}, a.directory)
    a.set('k', 1)
    b.set('k', 2)
    expect([a.get('k'), b.get('k')]).toEqual([2, 2])
  })

  it('deleted: noticed within a second', async () => {
    const clock = manualClock()
    const a = openHot({ clock })
    a.set('k', 1)
    a.get('k')
    rmSync(pageOf(a.directory))
    await clock.advance(1_000)
    const b = openHot({ clock }, a.directory)
    expect([b.get('k'), b.get('k')]).toEqual([1, 1])
    a.set('k', 2)
    expect(b.get('k')).toBe(2)
    expect(existsSync(pageOf(a.directory))).toBe(true)
  })
})

describe('readonly', () => {
  it('sees what writers change, without asking the database', () => {
    const writer = openHot()
    writer.set('k', 1)
    const reader = openHot({ readonly: true }, writer.directory)
    expect(reader.engine.coherence.isFallback).toBe(false)
    expect([reader.get('k'), reader.get('k'), reader.engine.hot?.hits]).toEqual([1, 1, 1])
    writer.set('k', 2)
    expect([reader.get('k'), reader.get('k')]).toEqual([2, 2])
    writer.delete('k')
    expect([reader.get('k'), reader.get('k')]).toEqual([undefined, undefined])
  })

  it('makes no page, and asks the database where none is', () => {
    const { directory, page } = closedStore()
    rmSync(page)
    const reader = openHot({ readonly: true }, directory)
    expect(existsSync(page)).toBe(false)
    expect([reader.get('k'), reader.get('k')]).toEqual([1, 1])
    expect(reader.engine.coherence.isFallback).toBe(true)
    const writer = openHot({}, directory)
    writer.set('k', 2)
    expect(reader.get('k')).toBe(2)
  })
})

describe('a writer who died', () => {
  it('between his first bump and his commit, or after it: nothing is kept until the next write', () => {
    const a = openHot()
    a.set('k', 1)
    const b = openHot({}, a.directory)
    const { page } = b.engine.coherence
    // What is left of one who was killed.
    page.claim(12_345)
    expect([b.get('k'), b.get('k')]).toEqual([1, 1])
    expect(b.engine.hot?.hits).toBe(0)
    const epoch = page.epoch()
    a.set('other', 1)
    expect(page.epoch()).not.toBe(epoch)
    expect(page.writer()).toBe(0)
    expect([b.get('k'), b.get('k'), b.engine.hot?.hits]).toEqual([1, 1, 1])
  })
})
