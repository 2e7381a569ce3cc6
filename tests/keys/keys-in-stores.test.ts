import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contentOf, keyId } from '../../src/index.ts'
import { openCache } from '../disk/support/forms.ts'
import { codeOf } from '../support/code-of.ts'
import { key } from './support/arbitrary-keys.ts'
import { folder } from './support/files.ts'

describe('keys in a store', () => {
  it('come back from a store as they were, long ones too', () => {
    const cache = openCache()
    const long = fc.string({ minLength: 200, maxLength: 600 })
    const some = fc.array(fc.oneof(key, long), { minLength: 30, maxLength: 30 })
    fc.assert(
      fc.property(some, (keys) => {
        cache.clear()
        cache.setMany(keys.map((one) => [one, keyId(one)] as const))
        const ids = new Set(keys.map(keyId))
        expect(cache.size).toBe(ids.size)
        for (const [found, id] of cache) expect(keyId(found)).toBe(id)
        expect(new Set([...cache.keys()].map(keyId))).toEqual(ids)
        expect(cache.getMany(keys).size).toBeGreaterThanOrEqual(ids.size)
      }),
      { numRuns: 15 },
    )
    expect(cache.check().problems).toEqual([])
  })

  it('up to 1 MiB are stored whole, and longer ones refused', () => {
    const cache = openCache()
    const largest = 'k'.repeat(2 ** 20 - 1)
    cache.set(largest, 1)
    cache.set(`${largest.slice(1)}x`, 2)
    expect(codeOf(() => cache.set(`${largest}x`, 3))).toBe('ERR_INVALID_KEY')
    expect([...cache.keys()]).toEqual([largest, `${largest.slice(1)}x`])
    expect(cache.check().problems).toEqual([])
  })
})

describe('contentOf in a store', () => {
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
    expect(cache.has(key)).toBe(false)
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

  it('works with the verbs that hash ahead', async () => {
    const cache = openCache()
    const path = folder()
    await cache.setAsync(['rows', contentOf(path)], 1)
    expect(await cache.load(['rows', contentOf(folder())], async () => 2)).toBe(1)
    rmSync(path, { recursive: true })
    await expect(cache.load(contentOf(path), async () => 2)).rejects.toMatchObject({
      code: 'ERR_INVALID_KEY',
    })
    expect(cache.check().problems).toEqual([])
  })
})
