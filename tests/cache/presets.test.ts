import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type CacheOptions,
  createCache,
  disk,
  encryption,
  memory,
  NotFound,
  presets,
} from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { errorOf, rejectionCode } from '../support/code-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { openCache } from './support/caches.ts'
import { deferred, turns } from './support/deferred.ts'

const [first, second] = ['11'.repeat(32), '22'.repeat(32)]
const minute = 60_000
const hour = 60 * minute
const down = new Error('the source is down')
const fails = (): Promise<never> => Promise.reject(down)
const hangs = (): Promise<never> => new Promise(() => {})
const resilient = {
  ttl: '10m',
  grace: '1d',
  staleBackoff: '10s',
  jitter: 0.1,
  softTimeout: '500ms',
  hardTimeout: '30s',
}

/** `HOLDFAST_KEYS` until the test ends. */
function setKeys(value: string | undefined): void {
  const before = process.env['HOLDFAST_KEYS']
  const put = (text: string | undefined) => {
    if (text === undefined) delete process.env['HOLDFAST_KEYS']
    else process.env['HOLDFAST_KEYS'] = text
  }
  put(value)
  onTestFinished(() => put(before))
}

const api = {
  ttl: '1m',
  grace: '1h',
  swr: true,
  jitter: 0.1,
  negativeTtl: '10s',
  hardTimeout: '10s',
}
const all: readonly (readonly [keyof typeof presets, object])[] = [
  ['minimal', { ttl: '10m' }],
  ['production', { ...resilient, eager: 0.9 }],
  ['dev', { ttl: '30s' }],
  ['api', api],
]

describe('a preset', () => {
  it.each(all)('%s gives these options and a memory tier', (name, expected) => {
    const { tiers, ...others } = presets[name]()
    expect(others).toEqual(expected)
    expect(tiers.map((tier) => tier.name)).toEqual(['memory'])
  })

  it('test gives no jitter, a constant for chance and no end of life', () => {
    const { random, tiers, ...others } = presets.test()
    expect(others).toEqual({ jitter: 0 })
    expect([random?.(), random?.()]).toEqual([0.5, 0.5])
    expect(tiers.map((tier) => tier.name)).toEqual(['memory'])
  })

  it('secure gives what lets production survive, and an encryption', () => {
    const { encrypt, tiers, ...others } = presets.secure({ key: first })
    expect(others).toMatchObject(resilient)
    // Keys that are left in options are printed one day.
    expect(JSON.stringify(others)).not.toContain(first)
    for (const name of ['key', 'keys', 'masterKey']) expect(others).not.toHaveProperty(name)
    expect(encrypt).toBeDefined()
    expect(tiers.map((tier) => tier.name)).toEqual(['memory'])
  })

  it.each(['minimal', 'production', 'secure', 'dev', 'test', 'api'] as const)(
    '%s: what is given wins, and createCache takes the result',
    async (name) => {
      setKeys(first)
      const given = {
        tiers: [memory({ name: 'mine' })],
        name: 'given',
        ttl: '7s',
        grace: 0,
        jitter: 0,
        eager: 1,
        swr: false,
        negativeTtl: 0,
        softTimeout: '1s',
        hardTimeout: '2s',
        staleBackoff: '3s',
        random: () => 0,
      } as const satisfies CacheOptions
      expect(presets[name](given)).toMatchObject(given)
      const { cache, clock } = openCache(presets[name](given))
      await cache.set('k', 1)
      expect(await cache.getEntry('k')).toMatchObject({ tier: 'mine', value: 1 })
      await clock.advance(6_999)
      expect(await cache.get('k')).toBe(1)
      await clock.advance(1)
      expect(await cache.get('k', { stale: true })).toBeUndefined()
      const plain = createCache(presets[name]())
      expect(await plain.getOrSet('k', () => 2)).toBe(2)
      await plain.close()
    },
  )

  it('gives tiers of its own each time', () => {
    expect(presets.minimal().tiers[0]).not.toBe(presets.minimal().tiers[0])
  })
})

describe('a cache of', () => {
  it('minimal keeps for ten minutes and covers nothing up', async () => {
    const { cache, clock } = openCache(presets.minimal())
    await cache.set('k', 'old')
    await clock.advance(10 * minute - 1)
    expect(await cache.getOrSet('k', fails)).toBe('old')
    await clock.advance(1)
    await expect(cache.getOrSet('k', fails)).rejects.toBe(down)
  })

  it.each([
    ['production', () => presets.production({ random: () => 0 })],
    ['secure', () => presets.secure({ random: () => 0, key: first })],
  ])('%s serves stale for a day when the loader fails', async (_, options) => {
    const { cache, clock } = openCache(options())
    await cache.set('k', 'old')
    await clock.advance(10 * minute)
    expect(await cache.get('k')).toBeUndefined()
    let loads = 0
    const failing = () => {
      loads += 1
      return fails()
    }
    for (let read = 0; read < 3; read += 1) expect(await cache.getOrSet('k', failing)).toBe('old')
    expect(loads).toBe(1)
    await clock.advance(10_000)
    expect(await cache.getOrSet('k', failing)).toBe('old')
    expect(loads).toBe(2)
    await clock.advance(24 * hour - 10_001)
    expect(await cache.getOrSet('k', failing)).toBe('old')
    await clock.advance(1)
    await expect(cache.getOrSet('k', failing)).rejects.toBe(down)
  })

  it.each([
    ['production', () => presets.production({ random: () => 0 })],
    ['secure', () => presets.secure({ random: () => 0, key: first })],
  ])(
    '%s waits half a second where there is a stale value, else half a minute',
    async (_, options) => {
      const { cache, clock } = openCache(options())
      await cache.set('k', 'old')
      await clock.advance(10 * minute)
      let served: unknown
      const gate = deferred<string>()
      const soft = cache
        .getOrSet('k', () => gate.promise)
        .then((value) => {
          served = value
        })
      await clock.advance(499)
      expect(served).toBeUndefined()
      await clock.advance(1)
      await soft
      expect(served).toBe('old')
      gate.resolve('late')
      await turns()
      expect(await cache.get('k')).toBe('late')
      let code: unknown
      const hard = rejectionCode(() => cache.getOrSet('other', hangs)).then((value) => {
        code = value
      })
      await clock.advance(29_999)
      expect(code).toBeUndefined()
      await clock.advance(1)
      await hard
      expect(code).toBe('ERR_LOAD_TIMEOUT')
    },
  )

  it('production refreshes before the end, behind the callers’ backs', async () => {
    const { cache, clock } = openCache(presets.production({ random: () => 0 }))
    await cache.set('k', 'old')
    await clock.advance(9 * minute - 1)
    expect(await cache.getOrSet('k', () => 'early')).toBe('old')
    await turns()
    expect(await cache.get('k')).toBe('old')
    await clock.advance(1)
    expect(await cache.getOrSet('k', () => 'new')).toBe('old')
    await turns()
    expect(await cache.get('k')).toBe('new')
  })

  it.each([
    ['production', 570_000, () => presets.production({ random: () => 0.5 })],
    ['secure', 570_000, () => presets.secure({ random: () => 0.5, key: first })],
    ['api', 57_000, () => presets.api({ random: () => 0.5 })],
    ['minimal', 600_000, () => presets.minimal({ random: () => 0.5 })],
    ['dev', 30_000, () => presets.dev({ random: () => 0.5 })],
    ['test', 20_000, () => presets.test({ ttl: '20s' })],
  ])('%s lives %i ms in the middle of chance', async (_, life, options) => {
    const { cache, clock } = openCache(options())
    await cache.set('k', 1)
    expect((await cache.getEntry('k'))?.expiresAt).toBe(clock.now() + life)
  })

  it('dev keeps for half a minute and shows errors', async () => {
    const { cache, clock } = openCache(presets.dev())
    await cache.set('k', 'old')
    await clock.advance(29_999)
    expect(await cache.getOrSet('k', fails)).toBe('old')
    await clock.advance(1)
    await expect(cache.getOrSet('k', fails)).rejects.toBe(down)
  })

  it('test never expires', async () => {
    const { cache, clock } = openCache(presets.test())
    await cache.set('k', 1)
    await cache.getOrSet('l', () => 2)
    await clock.advance(100 * 365 * 24 * hour)
    expect([await cache.get('k'), await cache.getOrSet('l', fails)]).toEqual([1, 2])
    expect((await cache.getEntry('k'))?.expiresAt).toBe(Number.POSITIVE_INFINITY)
  })

  it('api serves stale at once and refreshes meanwhile, for an hour', async () => {
    const { cache, clock } = openCache(presets.api({ random: () => 0 }))
    await cache.set('k', 'old')
    await clock.advance(minute)
    const gate = deferred<string>()
    let loads = 0
    const load = () => {
      loads += 1
      return gate.promise
    }
    for (let read = 0; read < 3; read += 1) expect(await cache.getOrSet('k', load)).toBe('old')
    await turns()
    expect(loads).toBe(1)
    gate.resolve('new')
    await turns()
    expect(await cache.get('k')).toBe('new')
    await clock.advance(minute + hour)
    expect(await cache.getOrSet('k', () => 'third')).toBe('third')
  })

  it('api remembers absence for ten seconds and gives up after ten', async () => {
    const { cache, clock } = openCache(presets.api())
    let loads = 0
    const absent = () => {
      loads += 1
      throw new NotFound('no such user')
    }
    const read = () => expect(cache.getOrSet('k', absent)).rejects.toThrow(NotFound)
    await read()
    await clock.advance(8_999)
    await read()
    expect(loads).toBe(1)
    await clock.advance(1_001)
    await read()
    expect(loads).toBe(2)
    const code = rejectionCode(() => cache.getOrSet('other', hangs))
    await clock.advance(10_000)
    expect(await code).toBe('ERR_LOAD_TIMEOUT')
  })
})

describe('the key of presets.secure', () => {
  /** Stores with one preset, reads with another, from the same directory. */
  const readsAfter = async (writer: CacheOptions, reader: CacheOptions): Promise<unknown> => {
    const tiers = () => [disk({ directory })]
    const directory = temporaryDirectory()
    const clock = manualClock()
    await using one = createCache({ ...writer, clock, tiers: tiers() })
    await one.set('k', 'secret')
    await one.close()
    await using other = createCache({ ...reader, clock, tiers: tiers() })
    return await other.get('k')
  }
  const plain = { encrypt: encryption({ keys: [first] }) }

  it.each([
    ['keys', { keys: [first] }],
    ['key', { key: first }],
    ['key, as bytes', { key: new Uint8Array(Buffer.from(first, 'hex')) }],
    ['masterKey', { masterKey: first }],
    ['encrypt', plain],
    ['keys before key', { keys: [first], key: second }],
    ['key before masterKey', { key: first, masterKey: second }],
    ['encrypt before all', { ...plain, keys: [second] }],
  ])('%s', async (_, options) => {
    setKeys(second)
    const mine = presets.secure(options)
    expect(await readsAfter(mine, presets.secure({ key: first }))).toBe('secret')
    expect(await readsAfter(mine, presets.secure({ key: second }))).toBeUndefined()
  })

  it('comes from HOLDFAST_KEYS where none is given, the current one first', async () => {
    setKeys(` ${second} , ${first} `)
    const both = presets.secure()
    expect(await readsAfter(presets.secure({ key: first }), both)).toBe('secret')
    expect(await readsAfter(both, presets.secure({ key: second }))).toBe('secret')
    expect(await readsAfter(both, presets.secure({ key: first }))).toBeUndefined()
  })

  it.each([undefined, '', '  '])('is asked for where HOLDFAST_KEYS is %j', (value) => {
    setKeys(value)
    const error = errorOf(() => presets.secure())
    expect(error.code).toBe('ERR_INVALID_OPTION')
    expect(error.message).toMatch(/keys: \[key\].*HOLDFAST_KEYS/)
  })

  it('is never in the message when it is no key', () => {
    for (const wrong of ['not a key', 'abcd', `${first},`]) {
      setKeys(wrong)
      const error = errorOf(() => presets.secure())
      expect(error.code).toBe('ERR_INVALID_OPTION')
      expect(error.message).not.toContain(wrong)
    }
    setKeys(first)
    expect(errorOf(() => presets.secure({ keys: [] })).code).toBe('ERR_INVALID_OPTION')
  })

  it('keeps values from whoever reads the disk', async () => {
    const text = 'a text that nobody else should see'
    const filesOf = async (options: CacheOptions) => {
      const directory = temporaryDirectory()
      const cache = createCache({ ...options, tiers: [memory(), disk({ directory })] })
      await cache.set('k', text)
      await cache.close()
      const files = readdirSync(directory, { recursive: true, withFileTypes: true })
      return Buffer.concat(
        files
          .filter((file) => file.isFile())
          .map((file) => readFileSync(join(file.parentPath, file.name))),
      )
    }
    expect((await filesOf(presets.production())).includes(text)).toBe(true)
    expect((await filesOf(presets.secure({ key: first }))).includes(text)).toBe(false)
  })
})
