import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { announced } from '../../src/disk/coherence.ts'
import type { Codec, DiskCache } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { freezePlain, isPlainValue } from '../../src/util/plain-value.ts'
import { openDatabase } from '../support/sqlite-driver.mjs'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { hitsOf, hotPair, openHot } from './support/hot.ts'

/** JSON, with something that happens whenever a value is decoded. */
function listening(decoding: (value: unknown) => void): Codec {
  return {
    id: 'listening',
    encode: (value) => Buffer.from(JSON.stringify(value)),
    decode(bytes) {
      const value: unknown = JSON.parse(Buffer.from(bytes).toString())
      decoding(value)
      return value
    },
  }
}

describe('a readonly handle', () => {
  it('notices that the page was deleted, and that one was made', async () => {
    const clock = manualClock()
    const writer = openHot({ clock })
    writer.set('k', 1)
    const reader = openHot({ clock, readonly: true }, writer.directory)
    expect([reader.get('k'), reader.get('k')]).toEqual([1, 1])
    rmSync(join(writer.directory, 'shared', 'versions'))
    await clock.advance(2_000)
    writer.set('k', 2)
    expect([reader.get('k'), writer.get('k')]).toEqual([2, 2])
    await clock.advance(2_000)
    expect(reader.engine.coherence.isFallback).toBe(false)
    writer.set('k', 3)
    expect([reader.get('k'), reader.get('k')]).toEqual([3, 3])
  })

  it('tells once that there is no page, and keeps what it has meanwhile', async () => {
    const clock = manualClock()
    const writer = openHot({ clock })
    writer.set('k', 1)
    writer.close()
    rmSync(join(writer.directory, 'shared', 'versions'))
    const types: string[] = []
    const onEvent = ({ type }: { type: string }) => types.push(type)
    const reader = openHot({ clock, readonly: true, onEvent }, writer.directory)
    reader.get('k')
    await clock.advance(5_000)
    reader.get('k')
    expect([types, reader.stats().hot?.hits]).toEqual([['fallback'], 1])
  })
})

describe('a codec that uses the store while it decodes', () => {
  it('in a read of several keys keeps nothing of that older state', () => {
    let isArmed = false
    const directory = temporaryDirectory()
    const other = openHot({ codec: listening(() => {}) }, directory)
    const codec = listening((value) => {
      if (!isArmed || (value as { ref?: unknown }).ref === undefined) return
      isArmed = false
      other.set('x', 'new')
      cache.get('x')
    })
    const cache: DiskCache = openHot({ codec }, directory)
    other.set('x', 'old')
    other.set('a', { ref: 1 })
    isArmed = true
    cache.getMany(['a', 'missing'])
    expect([isArmed, cache.get('x'), cache.get('x')]).toEqual([false, 'new', 'new'])
  })

  it('and writes the very key keeps what it wrote', () => {
    let isArmed = false
    const cache: DiskCache = openHot({
      codec: listening(() => {
        if (!isArmed) return
        isArmed = false
        cache.set('k', 'newer')
      }),
    })
    cache.set('k', 'older')
    isArmed = true
    expect(cache.get('k')).toBe('older')
    expect([cache.get('k'), cache.get('k')]).toEqual(['newer', 'newer'])
  })
})

describe('values that are shared, circular or odd', () => {
  it('with many references to the same are looked at once each', () => {
    let value: unknown = {}
    for (let level = 0; level < 200; level += 1) value = [value, value]
    expect(isPlainValue(value)).toBe(true)
    expect(freezePlain(value)).toBeLessThan(20_000)
    for (const share of ['copy', 'frozen'] as const) {
      const cache = openHot({ hot: { share } })
      cache.set('v', value)
      for (let read = 0; read < 3; read += 1) expect(Array.isArray(cache.get('v'))).toBe(true)
    }
  })

  it('with a cycle are frozen and shared too', () => {
    const cache = openHot({ hot: { share: 'frozen' } })
    const circle: Record<string, unknown> = { list: [1] }
    circle['me'] = circle
    cache.set('c', circle)
    const found = cache.get('c') as typeof circle
    expect([Object.isFrozen(found), Object.isFrozen(found['list']), found['me']]).toEqual([
      true,
      true,
      found,
    ])
    expect(cache.get('c')).toBe(found)
  })

  it('with holes count for the room that they take', () => {
    expect(freezePlain(new Array(60_000))).toBeGreaterThan(480_000)
  })
})

describe('the budget', () => {
  it('is not spent on one value that is large only when it is decompressed', () => {
    const cache = openHot({ hot: { maxBytes: '1MiB' }, compress: 'gzip' })
    for (let index = 0; index < 500; index += 1) cache.set(index, 'v')
    cache.set('large', Buffer.alloc(4 * 2 ** 20))
    expect(Buffer.alloc(4 * 2 ** 20).equals(cache.get('large') as Buffer)).toBe(true)
    const { entries = 0, bytes = 0 } = cache.stats().hot ?? {}
    expect(entries).toBe(500)
    expect(bytes).toBeLessThan(2 ** 20)
  })

  it('counts about what is held, and a key does not hold the text that it was cut from', () => {
    const program = join(import.meta.dirname, 'programs', 'hot-memory.mjs')
    const module = new URL('../../dist/index.js', import.meta.url).href
    const args = ['--expose-gc', program, module, temporaryDirectory()]
    const report: unknown = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
    for (const [what, { held, counted }] of Object.entries(
      report as Record<string, { held: number; counted: number }>,
    )) {
      expect(held / counted, `${what}: ${held} held, ${counted} counted`).toBeLessThan(1.5)
      expect(counted / held, `${what}: ${held} held, ${counted} counted`).toBeLessThan(2.5)
    }
  })
})

describe('uses', () => {
  it('noted before a write do not make it older', async () => {
    const clock = manualClock()
    const cache = openHot({ clock, maxEntries: 3 })
    cache.set('a', 1)
    cache.get('a')
    await clock.advance(300)
    cache.get('a')
    cache.transact(() => {
      cache.set('b', 1)
      cache.set('c', 1)
    })
    cache.set('a', 2)
    await clock.advance(300)
    cache.set('d', 1)
    expect([...cache.keys()].sort()).toEqual(['a', 'c', 'd'])
  })

  it('noted before a clear do not hide those after it', () => {
    const cache = openHot()
    cache.set('a', 1)
    cache.get('a')
    expect(cache.engine.hot?.uses.size).toBe(1)
    cache.clear()
    cache.set('a', 2)
    cache.get('a')
    expect(cache.engine.hot?.uses.size).toBe(1)
  })
})

describe('a write that could not begin', () => {
  it('changes no version, then or with the next', async () => {
    const [a, b] = hotPair({ busyTimeout: 0 })
    a.set('x', 1)
    expect([b.get('x'), b.get('x')]).toEqual([1, 1])
    const other = await openDatabase(join(a.directory, 'holdfast.db'))
    other.exec('BEGIN IMMEDIATE')
    for (const write of [() => a.set('x', 2), () => a.delete('x'), () => a.touch('x')])
      expect(write).toThrow(expect.objectContaining({ code: 'ERR_BUSY' }))
    other.exec('ROLLBACK')
    other.close()
    a.set('y', 1)
    const before = hitsOf(b)
    expect(b.get('x')).toBe(1)
    expect(hitsOf(b)).toBe(before + 1)
  })

  it('claims the page only with its statement, also where its key is none of ours', () => {
    const cache = openHot()
    cache.set('x', 1)
    const { coherence, transactions } = cache.engine
    const { page } = coherence
    const epoch = page.epoch()
    transactions.touch('text')
    expect([page.writer(), page.epoch()]).toEqual([0, epoch])
    transactions.run('test', `DELETE FROM entries WHERE ${announced} = 0`)
    expect([page.writer(), cache.get('x')]).toEqual([0, undefined])
    expect(page.epoch()).not.toBe(epoch)
  })
})
