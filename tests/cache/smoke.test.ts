import { describe, expect, it } from 'vitest'
import { disk, memory, NotFound } from '../../src/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { openCache } from './support/caches.ts'

const forms = [
  ['memory', () => [memory()]],
  ['disk', () => [disk({ directory: temporaryDirectory() })]],
  ['memory and disk', () => [memory(), disk({ directory: temporaryDirectory() })]],
] as const

describe.each(forms)('%s', (_, tiers) => {
  it('keeps, finds, removes', async () => {
    const { cache } = openCache({ tiers: tiers() })
    await cache.set('a', { b: [1] })
    expect(await cache.get('a')).toEqual({ b: [1] })
    expect(await cache.has('a')).toBe(true)
    expect(await cache.delete('a')).toBe(true)
    expect(await cache.get('a')).toBeUndefined()
    expect(await cache.delete('a')).toBe(false)
  })

  it('loads once', async () => {
    const { cache } = openCache({ tiers: tiers() })
    let loads = 0
    const load = async () => {
      loads += 1
      await undefined
      return { n: loads }
    }
    const all = await Promise.all(Array.from({ length: 50 }, () => cache.getOrSet('k', load)))
    expect(loads).toBe(1)
    expect(new Set(all).size).toBe(50)
    expect(await cache.getOrSet('k', load)).toEqual({ n: 1 })
    expect(loads).toBe(1)
  })

  it('invalidates tags and clears', async () => {
    const { cache } = openCache({ tiers: tiers(), grace: '1h' })
    await cache.set('a', 1, { tags: ['x'] })
    await cache.set('b', 2)
    await cache.invalidateTags('x')
    expect([
      await cache.get('a'),
      await cache.get('a', { stale: true }),
      await cache.get('b'),
    ]).toEqual([undefined, 1, 2])
    await cache.set('a', 3, { tags: ['x'] })
    expect(await cache.get('a')).toBe(3)
    await cache.clear()
    expect([await cache.get('a', { stale: true }), await cache.get('b')]).toEqual([
      undefined,
      undefined,
    ])
    await cache.set('a', 4, { tags: ['x'] })
    expect(await cache.get('a')).toBe(4)
  })

  it('expires, serves stale when the loader fails', async () => {
    const { cache, clock } = openCache({ tiers: tiers(), ttl: '1m', grace: '1h' })
    await cache.getOrSet('a', () => 1)
    await clock.advance(60_001)
    expect(await cache.get('a')).toBeUndefined()
    expect(
      await cache.getOrSet('a', () => {
        throw new Error('down')
      }),
    ).toBe(1)
    await clock.advance(3_600_001)
    await expect(cache.getOrSet('a', () => Promise.reject(new Error('down')))).rejects.toThrow(
      'down',
    )
  })

  it('remembers absence', async () => {
    const { cache, clock } = openCache({ tiers: tiers(), negativeTtl: '1m' })
    let loads = 0
    const load = () => {
      loads += 1
      throw new NotFound('a')
    }
    for (let i = 0; i < 3; i += 1)
      await expect(cache.getOrSet('a', load)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' })
    expect(loads).toBe(1)
    expect(await cache.get('a')).toBeUndefined()
    await clock.advance(60_001)
    await expect(cache.getOrSet('a', load)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' })
    expect(loads).toBe(2)
  })

  it('loads many', async () => {
    const { cache } = openCache({ tiers: tiers() })
    await cache.set('b', 'B')
    const asked: unknown[] = []
    const load = async (missing: readonly unknown[]) => {
      asked.push(missing)
      return new Map(
        missing.filter((k) => k !== 'z').map((k) => [k, `${k}`.toUpperCase()]),
      ) as never
    }
    const all = await cache.getOrSetMany(['a', 'b', 'c', 'z'], load)
    expect(all).toEqual(
      new Map([
        ['a', 'A'],
        ['b', 'B'],
        ['c', 'C'],
      ]),
    )
    expect(asked).toEqual([['a', 'c', 'z']])
    expect(await cache.getMany(['c', 'a', 'q'])).toEqual(
      new Map([
        ['c', 'C'],
        ['a', 'A'],
      ]),
    )
  })
})
