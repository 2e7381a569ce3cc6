import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { defaultNames, loadNames } from '../../src/cache/load-options.ts'
import { memoryOptionNames } from '../../src/cache/memory-options.ts'
import { cacheOptionNames } from '../../src/cache/options.ts'
import { readNames } from '../../src/cache/read-options.ts'
import { storeNames } from '../../src/cache/store-options.ts'
import { tierOptionNames } from '../../src/cache/tiers.ts'
import { createCache, disk, memory, tier } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { rejectionOf } from '../support/code-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { openCache } from './support/caches.ts'
import { testBackend } from './support/test-backend.ts'

/** What no option of that name accepts. */
const wrong: Readonly<Record<string, readonly unknown[]>> = {
  tiers: [undefined, [], {}, [5], [memory(), memory()]],
  bus: [5, {}, null],
  name: ['', 'a b', 5, 'x'.repeat(101)],
  codec: [5, {}, null],
  compress: ['zip', 5],
  encrypt: [5, {}, 'key'],
  markerTtl: ['5 minutes', -1, Number.NaN],
  clockSkew: ['x', -1],
  maxBackground: [-1, 1.5, '5'],
  clock: [5, {}, null],
  random: [5],
  onEvent: [5, {}],
  ttl: [-1, Number.NaN, 'soon', null, {}],
  grace: [-1, 'long', null],
  staleBackoff: [-1, 'x'],
  swr: [-1, 'x', {}],
  eager: [-1, 2, '1', {}, { beta: 0 }],
  jitter: [-0.1, 1.1, '0.5', Number.NaN],
  negativeTtl: [-1, 'x'],
  isNegative: [5, {}],
  softTimeout: [-1, 'x'],
  hardTimeout: [-1, 'x'],
  lock: ['none', 5, 'cluster'],
  lockWait: [-1, 'x'],
  cacheIf: [5, {}],
  schema: [5, {}, { '~standard': { version: 2 } }],
  version: [{}, Number.NaN, true],
  migrate: [5, {}],
  forceFresh: [1, 'yes'],
  expiresAt: ['tomorrow', Number.NaN, new Date(Number.NaN)],
  tag: ['', 5, 'a\0b', '\ud800'],
  tags: ['a', [''], [5], 5],
  etag: [5],
  lastModified: [5, new Date()],
  description: [5],
  meta: [5, [], 'x'],
  strict: [1, 'yes'],
  stale: [1, 'yes'],
  signal: [5, {}, null],
  hard: [1, 'yes'],
  maxBytes: [-1, '5 bananas', Number.NaN],
  maxEntries: [0, -1, '5', Number.NaN],
  maxEntryShare: [0, 2, '1'],
  policy: ['random', 5],
  share: ['none', 5],
  queueSize: [-1, 1.5, '5'],
  timeout: [-1, 'x', { p99: 0 }],
  breaker: [true, 5, { failures: 0 }],
  retry: [0, 1.5, { attempts: 0 }],
  bulkhead: [0, 'x', { concurrent: 0 }],
}

/** Refused elsewhere by what it is part of, under that name. */
const namedAs: Readonly<Record<string, string>> = { tags: 'tag' }

const tryAll = async (names: readonly string[], use: (options: object) => unknown) => {
  for (const name of names)
    for (const value of wrong[name] ?? []) {
      const error = await rejectionOf(async () => await use({ [name]: value })).catch((other) => {
        throw new Error(`${name}: ${String(value)} is accepted`, { cause: other })
      })
      expect(error.code, name).toBe('ERR_INVALID_OPTION')
      expect(error.message).toContain(namedAs[name] ?? name)
    }
}

describe('a wrong value is refused by name', () => {
  it('createCache', async () => {
    await tryAll(cacheOptionNames, (options) => createCache({ tiers: [memory()], ...options }))
  })

  it('getOrSet and getOrSetMany', async () => {
    const { cache } = openCache()
    await tryAll(loadNames, (options) => cache.getOrSet('k', () => 1, options))
    await tryAll(loadNames, (options) => cache.getOrSetMany(['k'], async () => [1], options))
    expect(cache.stats().loads).toBe(0)
  })

  it('set, setMany, add', async () => {
    const { cache } = openCache()
    await tryAll(storeNames, (options) => cache.set('k', 1, options))
    await tryAll(storeNames, (options) =>
      cache.setMany([
        ['j', 1],
        ['k', 1, options],
      ]),
    )
    await tryAll(storeNames, (options) => cache.add('k', 1, options))
    expect((await cache.getMany(['j', 'k'])).size).toBe(0)
  })

  it('get, getEntry, getMany, touch, invalidateTags', async () => {
    const { cache } = openCache()
    await tryAll(readNames, (options) => cache.get('k', options))
    await tryAll(readNames, (options) => cache.getEntry('k', options))
    await tryAll(readNames, (options) => cache.getMany(['k'], options))
    await tryAll(['hard'], (options) => cache.invalidateTags('t', options))
    await tryAll(['ttl'], (options) => cache.touch('k', (options as { ttl: null }).ttl as never))
    await tryAll(['tag'], (options) =>
      cache.invalidateTags((options as { tag: string }).tag),
    ).catch(() => undefined)
  })

  it('memory, tier, disk', async () => {
    await tryAll(memoryOptionNames, (options) => memory(options))
    const backend = testBackend({ clock: manualClock() })
    await tryAll(tierOptionNames, (options) => tier(backend, options))
    const directory = temporaryDirectory()
    await tryAll(tierOptionNames, (options) => disk({ directory, ...options }))
    await tryAll(['maxBytes', 'maxEntries'], (options) => {
      createCache({ tiers: [disk({ directory, ...options })] })
    })
  })

  it('both ttl and expiresAt', async () => {
    const { cache } = openCache()
    const both = { ttl: 1, expiresAt: 1 }
    for (const use of [() => cache.set('k', 1, both), () => cache.getOrSet('k', () => 1, both)])
      expect((await rejectionOf(use)).message).toContain('ttl and expiresAt')
  })
})

describe('an unknown option is refused by name', () => {
  it.each([
    ['createCache', (options: object) => createCache({ tiers: [memory()], ...options })],
    ['memory', (options: object) => memory(options)],
    ['tier', (options: object) => tier(testBackend({ clock: manualClock() }), options)],
    [
      'disk',
      (options: object) =>
        createCache({ tiers: [disk({ directory: temporaryDirectory(), ...options })] }),
    ],
    ['getOrSet', (options: object) => openCache().cache.getOrSet('k', () => 1, options)],
    ['set', (options: object) => openCache().cache.set('k', 1, options)],
    ['add', (options: object) => openCache().cache.add('k', 1, options)],
    ['get', (options: object) => openCache().cache.get('k', options)],
    ['getEntry', (options: object) => openCache().cache.getEntry('k', options)],
    ['getMany', (options: object) => openCache().cache.getMany(['k'], options)],
    ['invalidateTags', (options: object) => openCache().cache.invalidateTags('t', options)],
  ])('%s', async (_, use) => {
    const error = await rejectionOf(async () => await use({ nonsense: 1 }))
    expect(error.code).toBe('ERR_INVALID_OPTION')
    expect(error.message).toContain('nonsense')
  })
})

describe('every option has a test that shows what it changes', () => {
  /** Names at which the titles of a file begin, as in `'ttl: how long it lives'`; and the rows of its tables. */
  const tested = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')
  const has = (text: string, name: string): boolean =>
    new RegExp(`'(?:[\\w]+, |[\\w]+: [^']*; )*${name}(?:, \\w+)*: |\\['${name}', `).test(text)

  it.each([
    ['LoadOptions', './options-load.test.ts', loadNames],
    ['LoadDefaults', './options-load.test.ts', defaultNames],
    [
      'CacheOptions',
      './options-parts.test.ts',
      cacheOptionNames.filter((name) => !(defaultNames as readonly string[]).includes(name)),
    ],
    ['StoreOptions', './options-parts.test.ts', storeNames],
    ['ReadOptions', './options-parts.test.ts', readNames],
    ['MemoryOptions', './options-tiers.test.ts', memoryOptionNames],
    ['TierOptions', './options-tiers.test.ts', tierOptionNames],
  ])('%s', (_, file, names) => {
    const text = tested(file)
    expect(names.filter((name) => !has(text, name))).toEqual([])
  })

  it('and a wrong value', () => {
    const all = [
      cacheOptionNames,
      loadNames,
      storeNames,
      readNames,
      memoryOptionNames,
      tierOptionNames,
    ]
    expect(all.flat().filter((name) => wrong[name] === undefined)).toEqual([])
  })
})
