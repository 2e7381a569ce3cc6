import { describe, expect, it } from 'vitest'
import { DiskCache, type SetOptions } from '../../src/index.ts'
import { type ManualClock, manualClock } from '../../src/testing/index.ts'
import { codeOf, errorOf } from '../support/code-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { atomically, type CacheVerbs, cacheForms } from './support/forms.ts'

const day = 86_400_000
const year = 365 * day

/** Every way to see whether `key` is there. */
const sights: readonly (readonly [string, (cache: CacheVerbs, key: string) => boolean])[] = [
  ['get', (cache, key) => cache.get(key) !== undefined],
  ['getEntry', (cache, key) => cache.getEntry(key) !== undefined],
  ['has', (cache, key) => cache.has(key)],
  ['getMany', (cache, key) => cache.getMany([key]).size === 1],
  ['keys', (cache) => [...cache.keys()].length === 1],
  ['values', (cache) => [...cache.values()].length === 1],
  ['entries', (cache) => [...cache.entries()].length === 1],
  ['iterator', (cache) => [...cache].length === 1],
  ['list', (cache) => cache.list().length === 1],
  ['list by tag', (cache) => cache.list({ tag: 'tag' }).length === 1],
  ['size', (cache) => cache.size === 1],
  ['bytes', (cache) => cache.bytes() > 0],
  ['map', (cache, key) => cache.map(key) !== undefined],
  ['readStream', (cache, key) => discard(cache.readStream(key)) !== undefined],
  ['getOrSet', (cache, key) => seen(cache, key, () => cache.getOrSet(key, () => 'new'))],
  ['add', (cache, key) => undone(cache, key, () => !cache.add(key, 1))],
  ['pop', (cache, key) => undone(cache, key, () => cache.pop(key) !== undefined)],
  ['delete', (cache, key) => undone(cache, key, () => cache.delete(key))],
  ['deleteMany', (cache, key) => undone(cache, key, () => cache.deleteMany([key]) === 1)],
  ['touch', (cache, key) => undone(cache, key, () => cache.touch(key, '1h'))],
  ['update', (cache, key) => undone(cache, key, () => updates(cache, key))],
  ['evictTag', (cache, key) => undone(cache, key, () => cache.evictTag('tag') === 1)],
  ['clear', (cache, key) => undone(cache, key, () => cache.clear() === 1)],
]

describe.each(cacheForms)('$name: expiry', ({ open }) => {
  it.each([10, 1_000])('ends on every path at its millisecond, %i bytes', (size) => {
    const clock = manualClock()
    const cache = open({ clock, inlineBytes: 100 })
    cache.set('a', Buffer.alloc(size, 1), { ttl: 1_000, tag: 'tag' })
    // Time is set, not advanced, so that no timer sweeps: each path must see for itself.
    const there = () => sights.filter(([, sight]) => sight(cache, 'a')).map(([name]) => name)
    const names = sights.map(([name]) => name)
    const later = jump(clock, 999)
    expect(there()).toEqual(names)
    later(1)
    expect(there()).toEqual([])
    expect(cache.check().problems).toEqual([])
  })

  it.each<[string, SetOptions]>([
    ['ttl 0', { ttl: 0 }],
    ['a ttl of no time in words', { ttl: '0s' }],
    ['a past number', { expiresAt: 1 }],
    ['this very moment', { expiresAt: Date.UTC(2026, 0, 1) }],
    ['a past date', { expiresAt: new Date(0) }],
    ['minus infinity', { expiresAt: Number.NEGATIVE_INFINITY }],
  ])('%s stores nothing and removes what was there', async (_, options) => {
    const cache = open({ clock: manualClock(), inlineBytes: 100 })
    const value = Buffer.alloc(500)
    const writes: [string, (key: string) => unknown][] = [
      ['set', (key) => cache.set(key, value, options)],
      ['setMany', (key) => cache.setMany([[key, value, options]])],
      ['setAsync', (key) => cache.setAsync(key, value, options)],
      ['update', (key) => cache.update(key, () => value, options)],
    ]
    for (const [name, write] of writes) {
      cache.set(name, 'old')
      await write(name)
      expect([name, cache.has(name), cache.size, cache.bytes()]).toEqual([name, false, 0, 0])
    }
    expect(cache.getOrSet('computed', () => 1, options)).toBe(1)
    expect(await cache.load('loaded', async () => 2, options)).toBe(2)
    expect([cache.size, [...cache.keys()]]).toEqual([0, []])
    expect(cache.check().problems).toEqual([])
  })

  it.each<[string, SetOptions, number]>([
    ['no options', {}, Number.POSITIVE_INFINITY],
    ['Infinity', { ttl: Number.POSITIVE_INFINITY }, Number.POSITIVE_INFINITY],
    ['an end at Infinity', { expiresAt: Number.POSITIVE_INFINITY }, Number.POSITIVE_INFINITY],
    ['fifty years', { ttl: 50 * year }, 50 * year],
    ['two weeks', { ttl: '2w' }, 14 * day],
    ['a date', { expiresAt: new Date(Date.UTC(2026, 0, 1) + 5) }, 5],
    ['a number', { expiresAt: Date.UTC(2026, 0, 1) + 5 }, 5],
  ])('%s is kept exactly, across reopening', (_, options, life) => {
    const clock = manualClock()
    const cache = open({ clock })
    cache.set('a', 1, options)
    expect(cache.getEntry('a')?.expiresAt).toBe(clock.now() + life)
    cache.close()
    const again = open({ clock }, cache.directory)
    expect(again.getEntry('a')?.expiresAt).toBe(clock.now() + life)
    expect(again.check().problems).toEqual([])
  })

  it('lives years to the millisecond', () => {
    const clock = manualClock()
    const cache = open({ clock })
    cache.set('a', 1, { ttl: 10 * year })
    const later = jump(clock, 10 * year - 1)
    expect(cache.has('a')).toBe(true)
    later(1)
    expect(cache.has('a')).toBe(false)
    expect(cache.check().problems).toEqual([])
  })

  it('stamps the default ttl when written, not when opened with another', () => {
    const clock = manualClock()
    const cache = open({ clock, ttl: '1m' })
    cache.set('default', 1)
    cache.set('own', 1, { ttl: '2m' })
    cache.add('added', 1)
    cache.incr('counted')
    cache.close()
    const again = open({ clock, ttl: '1h' }, cache.directory)
    const ends = again.list().map(({ key, expiresAt }) => [key, expiresAt - clock.now()])
    expect(new Map(ends as [string, number][])).toEqual(
      new Map([
        ['added', 60_000],
        ['counted', 60_000],
        ['default', 60_000],
        ['own', 120_000],
      ]),
    )
    expect(again.check().problems).toEqual([])
  })

  it('an overwrite without a ttl takes the default again', () => {
    const clock = manualClock()
    const cache = open({ clock, ttl: '1m' })
    cache.set('a', 1, { ttl: '1h' })
    cache.set('a', 2)
    expect(cache.getEntry('a')?.expiresAt).toBe(clock.now() + 60_000)
    expect(cache.check().problems).toEqual([])
  })

  it('touch restarts the default ttl, or gives another', () => {
    const clock = manualClock()
    const cache = open({ clock, ttl: '1m' })
    cache.set('a', 1, { tags: ['x'], description: 'kept' })
    jump(clock, 30_000)
    expect(cache.touch('a')).toBe(true)
    expect(cache.getEntry('a')).toMatchObject({
      expiresAt: clock.now() + 60_000,
      tags: ['x'],
      description: 'kept',
    })
    expect(cache.touch('a', '2h')).toBe(true)
    expect(cache.getEntry('a')?.expiresAt).toBe(clock.now() + 7_200_000)
    expect(cache.touch('a', Number.POSITIVE_INFINITY)).toBe(true)
    expect(cache.getEntry('a')?.expiresAt).toBe(Number.POSITIVE_INFINITY)
    expect(cache.touch('missing')).toBe(false)
    expect(codeOf(() => cache.touch('a', 'soon'))).toBe('ERR_INVALID_OPTION')
    expect(cache.touch('a', 0)).toBe(true)
    expect(cache.has('a')).toBe(false)
    expect(cache.check().problems).toEqual([])
  })

  it('update without options keeps the end, with options replaces it', () => {
    const clock = manualClock()
    const cache = open({ clock, ttl: '1m' })
    cache.set('a', 1, { ttl: '1h', tag: 'x' })
    cache.update('a', () => 2)
    expect(cache.getEntry('a')).toMatchObject({ expiresAt: clock.now() + 3_600_000, tags: ['x'] })
    cache.update('a', () => 3, {})
    expect(cache.getEntry('a')).toMatchObject({ expiresAt: clock.now() + 60_000, tags: [] })
    expect(cache.check().problems).toEqual([])
  })

  it('update and incr start anew where the old entry has expired', () => {
    const clock = manualClock()
    const cache = open({ clock })
    cache.set('a', 1, { ttl: 1_000, tag: 'x', description: 'old' })
    cache.set('n', 41, { ttl: 1_000, tag: 'x' })
    jump(clock, 1_000)
    expect(cache.update('a', (old) => old ?? 'absent')).toBe('absent')
    expect(cache.incr('n', 1, { initial: 10 })).toBe(11)
    for (const key of ['a', 'n']) {
      const entry = cache.getEntry(key)
      expect(entry).toMatchObject({ tags: [], expiresAt: Number.POSITIVE_INFINITY })
      expect(entry?.createdAt).toBe(clock.now())
      expect(entry).not.toHaveProperty('description')
    }
    expect(cache.evictTag('x')).toBe(0)
    expect(cache.check().problems).toEqual([])
  })

  it('a key stored again after it expired goes to the end of the order', () => {
    const clock = manualClock()
    // Whether a sweep came in between must not show.
    const orders = [false, true].map((swept) => {
      const cache = open({ clock })
      atomically(cache, 'a', () => cache.set('a', 1, { ttl: 1_000 }))
      for (const key of ['b', 'c', 'd', 'e']) cache.set(key, 1)
      jump(clock, 1_000)
      if (swept) cache.expire()
      cache.set('a', 2)
      expect(cache.check().problems).toEqual([])
      return [...cache.keys()]
    })
    expect(orders[0]).toEqual(orders[1])
  })

  it('expire() removes what has expired and nothing else, with its files', () => {
    const clock = manualClock()
    const cache = open({ clock, inlineBytes: 100 })
    for (let index = 0; index < 500; index += 1) {
      cache.set(index, Buffer.alloc(index === 7 ? 5_000 : 1), { ttl: index < 300 ? 1_000 : 2_000 })
    }
    expect(cache.expire()).toBe(0)
    jump(clock, 1_000)
    expect([cache.size, cache.bytes()]).toEqual([200, 200])
    const { entries } = cache.check()
    expect(cache.expire()).toBe(entries - 200)
    expect(cache.check()).toMatchObject({ problems: [], entries: 200, bytes: 200 })
    expect(cache.expire()).toBe(0)
    expect(cache.check({ verify: true }).problems).toEqual([])
  })

  it('a timer removes what has expired without being asked', async () => {
    const clock = manualClock()
    const cache = open({ clock })
    for (let key = 0; key < 20; key += 1) cache.set(key, key, { ttl: 1_500 })
    await clock.advance(1_000)
    expect(cache.check().entries).toBe(20)
    await clock.advance(2_000)
    expect(cache.check().entries).toBe(0)
    expect(cache.check().problems).toEqual([])
  })

  it('refuses both ttl and expiresAt, and times that are none', () => {
    const cache = open()
    const both = errorOf(() => cache.set('a', 1, { ttl: 1, expiresAt: 1 }))
    expect(both.code).toBe('ERR_INVALID_OPTION')
    expect(both.message).toMatch(/ttl.*expiresAt/)
    const ttls = [-1, Number.NaN, '', '5', '5 m', '-5m', '5x', null, {}, true, 5n]
    for (const ttl of ttls as never[]) {
      expect(codeOf(() => cache.set('a', 1, { ttl }))).toBe('ERR_INVALID_OPTION')
      expect(codeOf(() => cache.touch('a', ttl))).toBe('ERR_INVALID_OPTION')
      expect(codeOf(() => cache.incr('a', 1, { ttl }))).toBe('ERR_INVALID_OPTION')
    }
    for (const expiresAt of [Number.NaN, new Date(Number.NaN), '2026', null, 5n] as never[]) {
      expect(codeOf(() => cache.set('a', 1, { expiresAt }))).toBe('ERR_INVALID_OPTION')
    }
    expect(cache.size).toBe(0)
    expect(cache.check().problems).toEqual([])
  })
})

describe('the end of an entry', () => {
  it('is the same for every process that has the directory open', () => {
    const directory = temporaryDirectory()
    const clock = manualClock()
    using writer = new DiskCache(directory, { clock, ttl: '1h' })
    using reader = new DiskCache(directory, { clock })
    writer.set('a', 1, { ttl: 1_000 })
    const later = jump(clock, 999)
    expect(reader.get('a')).toBe(1)
    later(1)
    expect([reader.get('a'), writer.get('a')]).toEqual([undefined, undefined])
    expect([reader.size, writer.size]).toEqual([0, 0])
    expect(reader.add('a', 2)).toBe(true)
    expect(writer.get('a')).toBe(2)
    expect(writer.check().problems).toEqual([])
  })
})

/** Moves `clock` on by `ms` without running what falls due. @returns the same for further steps. */
function jump(clock: ManualClock, ms: number): (more: number) => void {
  const now = clock.now.bind(clock)
  let ahead = ms
  Object.assign(clock, { now: () => now() + ahead })
  return (more) => {
    ahead += more
  }
}

/** What `look` says, without what it changes. */
function undone(cache: CacheVerbs, key: string, look: () => boolean): boolean {
  let result = false
  const back = new Error('back')
  const roll = () => {
    result = look()
    throw back
  }
  expect(() => atomically(cache, key, roll)).toThrow(back)
  return result
}

function seen(cache: CacheVerbs, key: string, getOrSet: () => unknown): boolean {
  return undone(cache, key, () => getOrSet() !== 'new')
}

function updates(cache: CacheVerbs, key: string): boolean {
  let old: unknown
  cache.update(key, (value) => {
    old = value
    return 1
  })
  return old !== undefined
}

function discard<T extends { destroy(): unknown } | undefined>(stream: T): T {
  stream?.destroy()
  return stream
}
