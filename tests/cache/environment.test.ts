import { readdirSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createCache, disk, memory } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { errorOf } from '../support/code-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { openCache } from './support/caches.ts'
import { deferred, turns } from './support/deferred.ts'
import { allForms } from './support/forms.ts'

/** A variable of the environment until the test ends. */
function setEnvironment(name: string, value: string | undefined): void {
  const before = process.env[name]
  const put = (text: string | undefined) => {
    if (text === undefined) delete process.env[name]
    else process.env[name] = text
  }
  put(value)
  onTestFinished(() => put(before))
}

describe.each(allForms)('HOLDFAST_CACHE=off, %s', (_, tiersOf) => {
  const open = () => {
    setEnvironment('HOLDFAST_CACHE', 'off')
    const clock = manualClock()
    return openCache({ tiers: tiersOf(clock), ttl: '1m', grace: '1h' }, clock).cache
  }

  it('every read misses, whatever was written', async () => {
    const cache = open()
    await cache.set('k', 1)
    await cache.setMany([['l', 2]])
    expect(await cache.add('m', 3)).toBe(true)
    expect(await cache.add('m', 4)).toBe(true)
    for (const key of ['k', 'l', 'm']) {
      expect(cache.peek(key)).toBeUndefined()
      expect(await cache.get(key, { stale: true })).toBeUndefined()
      expect(await cache.getEntry(key)).toBeUndefined()
      expect(await cache.has(key)).toBe(false)
    }
    expect((await cache.getMany(['k', 'l', 'm'])).size).toBe(0)
    expect(cache.stats().hits).toBe(0)
  })

  it('verbs that change an entry find none', async () => {
    const cache = open()
    await cache.set('k', 1)
    expect(await cache.touch('k', '1h')).toBe(false)
    expect(await cache.expire('k')).toBe(false)
    expect(await cache.delete('k')).toBe(false)
    expect(await cache.deleteMany(['k', 'l'])).toBe(0)
    await cache.invalidateTags('t')
    await cache.clear()
    await cache.namespace('n').clear()
    expect(await cache.explain('k')).toMatchObject({ state: 'absent', tiers: [] })
    expect(cache.checkSetup()).toBeInstanceOf(Array)
    await cache.close()
  })

  it('loads once for all who wait, and again for the next', async () => {
    const cache = open()
    const gate = deferred<string>()
    let loads = 0
    const load = () => {
      loads += 1
      return gate.promise
    }
    const callers = Array.from({ length: 10 }, () => cache.getOrSet('k', load))
    await turns()
    expect(loads).toBe(1)
    gate.resolve('value')
    expect(await Promise.all(callers)).toEqual(new Array(10).fill('value'))
    expect(await cache.getOrSet('k', load)).toBe('value')
    expect(loads).toBe(2)
    const many = await cache.getOrSetMany(['k', 'l'], async (keys) => keys.map(String))
    expect([...many.values()]).toEqual(['k', 'l'])
  })

  it('an error of a loader comes through', async () => {
    const cache = open()
    const down = new Error('down')
    await expect(cache.getOrSet('k', () => Promise.reject(down))).rejects.toBe(down)
  })
})

describe('HOLDFAST_CACHE', () => {
  it('off: the disk is left alone', async () => {
    setEnvironment('HOLDFAST_CACHE', 'off')
    const directory = temporaryDirectory()
    const { cache } = openCache({ tiers: [disk({ directory })] })
    await cache.set('k', 1)
    await cache.close()
    expect(readdirSync(directory)).toEqual([])
  })

  it('off: lock: cluster loads too', async () => {
    setEnvironment('HOLDFAST_CACHE', 'off')
    const tiers = [memory(), disk({ directory: temporaryDirectory() })]
    const { cache } = openCache({ tiers, lock: 'cluster' })
    expect(await cache.getOrSet('k', () => 1)).toBe(1)
  })

  it.each([undefined, '', 'on'])('%j: the cache keeps', async (value) => {
    setEnvironment('HOLDFAST_CACHE', value)
    const { cache } = openCache()
    await cache.set('k', 1)
    expect(await cache.get('k')).toBe(1)
  })

  it.each(['OFF', 'false', '0', ' off', 'no'])('%j is refused', (value) => {
    setEnvironment('HOLDFAST_CACHE', value)
    const error = errorOf(() => createCache({ tiers: [memory()] }))
    expect(error.code).toBe('ERR_INVALID_OPTION')
    expect(error.message).toMatch(/HOLDFAST_CACHE.*'on' or 'off'/)
  })

  it('is read when the cache is made and never later', async () => {
    setEnvironment('HOLDFAST_CACHE', undefined)
    const { cache: keeps } = openCache()
    setEnvironment('HOLDFAST_CACHE', 'off')
    const { cache: forgets } = openCache()
    setEnvironment('HOLDFAST_CACHE', 'on')
    for (const cache of [keeps, forgets]) await cache.set('k', 1)
    expect([await keeps.get('k'), await forgets.get('k')]).toEqual([1, undefined])
  })
})

describe('HOLDFAST_MEMORY', () => {
  /** How many of 100 texts of 100 kB a memory tier keeps. */
  const keptOf = async (options: Parameters<typeof memory>[0]): Promise<number> => {
    const { cache } = openCache({ tiers: [memory(options)] })
    for (let index = 0; index < 100; index += 1)
      await cache.set(index, String(index).padEnd(100_000, 'x'))
    let kept = 0
    for (let index = 0; index < 100; index += 1) if (await cache.has(index)) kept += 1
    return kept
  }

  it.each([undefined, ''])('%j: the budget is 64 MiB', async (value) => {
    setEnvironment('HOLDFAST_MEMORY', value)
    expect(await keptOf({})).toBe(100)
  })

  it('is the budget of a tier that names none', async () => {
    setEnvironment('HOLDFAST_MEMORY', '2MiB')
    const kept = await keptOf({})
    expect(kept).toBeGreaterThan(0)
    expect(kept).toBeLessThan(25)
    expect(await keptOf(undefined)).toBe(kept)
  })

  it('a given maxBytes wins', async () => {
    setEnvironment('HOLDFAST_MEMORY', '2MiB')
    expect(await keptOf({ maxBytes: '64MiB' })).toBe(100)
    setEnvironment('HOLDFAST_MEMORY', '64MiB')
    expect(await keptOf({ maxBytes: '2MiB' })).toBeLessThan(25)
  })

  it('what is no size is refused', () => {
    for (const value of ['much', '-1', '12 bananas']) {
      setEnvironment('HOLDFAST_MEMORY', value)
      const make = () => createCache({ tiers: [memory()] })
      expect(errorOf(make).code).toBe('ERR_INVALID_OPTION')
    }
  })
})
