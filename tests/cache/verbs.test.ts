import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Cache, contentOf, HoldfastError, isHoldfastError, type Key } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { awkwardKeys } from '../support/awkward-keys.mjs'
import { rejectionCode } from '../support/code-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { openCache } from './support/caches.ts'
import { turns } from './support/deferred.ts'
import { allForms } from './support/forms.ts'

const loader = () => Promise.reject(new Error('called'))

describe.each(allForms)('verbs, %s', (_, tiersOf) => {
  const open = (options: object = {}) => {
    const clock = manualClock()
    return openCache({ tiers: tiersOf(clock), ...options }, clock)
  }

  it.each([
    ['null', null],
    ['NaN', Number.NaN],
    ['-0', -0],
    ['0n', 0n],
    ['an empty text', ''],
    ['false', false],
    ['a large text', 'ä'.repeat(200_000)],
    ['a map', new Map([[{ a: 1 }, new Set([1])]])],
    ['an error', new RangeError('a')],
    ['a typed array', new Float32Array([1, 2.5])],
  ])('keep and give %s', async (_name, value) => {
    const { cache } = open()
    const reads = async (key: string) => [
      await cache.get(key),
      (await cache.getEntry(key))?.value,
      (await cache.getMany([key])).get(key),
      await cache.getOrSet(key, loader),
      (await cache.getOrSetMany([key], loader)).get(key),
    ]
    await cache.set('set', value)
    await cache.setMany([['setMany', value]])
    expect(await cache.add('add', value)).toBe(true)
    expect(await cache.add('add', 'another')).toBe(false)
    expect(await cache.getOrSet('loaded', () => value)).toStrictEqual(value)
    await cache.getOrSetMany(['several'], async () => [value])
    for (const key of ['set', 'setMany', 'add', 'loaded', 'several']) {
      expect(await cache.has(key)).toBe(true)
      for (const found of await reads(key)) expect(found).toStrictEqual(value)
    }
  })

  it('undefined is a value that has, getEntry, getMany and getOrSet tell from a miss', async () => {
    const { cache } = open()
    let loads = 0
    const load = () => {
      loads += 1
      return undefined
    }
    for (let read = 0; read < 3; read += 1) expect(await cache.getOrSet('k', load)).toBeUndefined()
    expect(loads).toBe(1)
    expect([await cache.has('k'), await cache.has('j')]).toEqual([true, false])
    expect([await cache.getEntry('k'), await cache.getEntry('j')]).toMatchObject([
      { value: undefined },
      undefined,
    ])
    expect([...(await cache.getMany(['j', 'k'])).keys()]).toEqual(['k'])
    const load2 = async () => new Map([['l', undefined]])
    expect([...(await cache.getOrSetMany(['l'], load2)).keys()]).toEqual(['l'])
    expect(await cache.has('l')).toBe(true)
    expect(await cache.add('k', 1)).toBe(false)
    expect(await cache.delete('k')).toBe(true)
    expect(await cache.has('k')).toBe(false)
  })

  it('awkward keys stay apart, huge ones too', async () => {
    const { cache } = open()
    const huge = ['x'.repeat(70_000), `${'x'.repeat(69_999)}y`]
    const isFit = (key: Key) => typeof key !== 'string' || key.isWellFormed()
    const keys = [...awkwardKeys.filter(isFit), ...huge, ['x'.repeat(70_000)]]
    await cache.setMany(keys.map((key, index) => [key, index] as const))
    for (const [index, key] of keys.entries()) expect(await cache.get(key)).toBe(index)
    expect([...(await cache.getMany(keys)).values()]).toEqual(keys.map((_key, index) => index))
    expect(await cache.deleteMany(keys)).toBe(keys.length)
    expect((await cache.getMany(keys)).size).toBe(0)
  })

  it('a bad key rejects with ERR_INVALID_KEY or ERR_UNSUPPORTED_KEY', async () => {
    const { cache } = open()
    for (const key of [Number.NaN, Symbol('s'), () => 1, new Map(), undefined] as never[])
      for (const verb of verbsOf(cache, key)) {
        const code = await rejectionCode(verb)
        expect(['ERR_INVALID_KEY', 'ERR_UNSUPPORTED_KEY']).toContain(code)
      }
  })

  it('a value that cannot be kept is refused by set, and given by getOrSet', async () => {
    const { cache } = open()
    const value = { deep: [() => 1] }
    await cache.set('k', 'before')
    for (const write of [
      () => cache.set('k', value),
      () =>
        cache.setMany([
          ['j', 1],
          ['k', value],
        ]),
      () => cache.add('j', value),
    ])
      expect(await rejectionCode(write)).toBe('ERR_UNSUPPORTED_VALUE')
    expect([await cache.get('k'), await cache.has('j')]).toEqual(['before', false])
    expect(await cache.getOrSet('l', () => value)).toBe(value)
    expect(await cache.has('l')).toBe(false)
  })

  it('contentOf keys follow what the file holds', async () => {
    const { cache } = open()
    const path = join(temporaryDirectory(), 'file')
    writeFileSync(path, 'one')
    const load = (value: string) => cache.getOrSet(['k', contentOf(path)], () => value)
    expect(await load('first')).toBe('first')
    expect(await load('second')).toBe('first')
    expect((await cache.getMany([['k', contentOf(path)]])).size).toBe(1)
    writeFileSync(path, 'another')
    expect(await cache.get(['k', contentOf(path)])).toBeUndefined()
    expect(await load('second')).toBe('second')
    writeFileSync(path, 'one')
    expect(await load('third')).toBe('first')
  })

  it('a closed cache rejects with ERR_CLOSED', async () => {
    const { cache } = open()
    const inner = cache.namespace('n')
    await cache.set('k', 1)
    await inner.close()
    expect(await cache.get('k')).toBe(1)
    await cache.close()
    await cache.close()
    for (const one of [cache, inner] as Cache[]) {
      const others = [
        () => one.clear(),
        () => one.invalidateTags('t'),
        () => one.health(),
        () => one.deleteMany([]),
        () => one.setMany([]),
        () => one.getMany([]),
      ]
      for (const verb of [...verbsOf(one, 'k'), ...others])
        await expect(verb()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
      for (const verb of [() => one.peek('k'), () => one.namespace('m')])
        expect(verb).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
      // What was counted stays readable.
      expect(one.stats().sets).toBe(1)
    }
  })

  it('await using closes it', async () => {
    const { cache } = open()
    await cache[Symbol.asyncDispose]()
    await expect(cache.get('k')).rejects.toSatisfy((error) => isHoldfastError(error, 'ERR_CLOSED'))
  })

  it('namespaces keep keys, tags and clear apart, whatever they are called', async () => {
    const { cache } = open()
    const names = ['a', 'a/b', 'a:b', 'a%2Fb', '%', ':', '/', 'ä', ' ', 's', 'clear:', '__proto__']
    const spaces = names.map((name) => cache.namespace<string>(name))
    const nested = cache.namespace('a').namespace<string>('b')
    for (const [index, space] of spaces.entries())
      await space.set('k', names[index] ?? '', { tags: ['t'] })
    await nested.set('k', 'nested', { tags: ['t'] })
    await cache.set('k', 'root', { tags: ['t'] })
    expect(await Promise.all(spaces.map((space) => space.get('k')))).toEqual(names)
    expect(await cache.namespace('a').get('k')).toBe('a')
    await spaces[1]?.invalidateTags('t')
    await spaces[2]?.clear()
    expect(await Promise.all(spaces.map((space) => space.get('k')))).toEqual(
      names.map((name, index) => (index === 1 || index === 2 ? undefined : name)),
    )
    expect([await nested.get('k'), await cache.get('k')]).toEqual(['nested', 'root'])
    await cache.namespace('a').clear()
    expect([await nested.get('k'), await spaces[0]?.get('k')]).toEqual([undefined, undefined])
    expect([await spaces[3]?.get('k'), await cache.get('k')]).toEqual(['a%2Fb', 'root'])
    await cache.clear()
    expect(
      (await Promise.all(spaces.map((space) => space.get('k')))).every((v) => v === undefined),
    ).toBe(true)
    for (const name of ['', 'a\0', '\ud800', 5, undefined])
      expect(() => cache.namespace(name as string)).toThrow(HoldfastError)
  })

  it('what a loader says of its result', async () => {
    const { cache, clock } = open({ ttl: '1m', grace: '1h' })
    await cache.getOrSet('k', ({ key, setTags, setTtl, setValidators }) => {
      expect(key).toBe('k')
      setTtl('2s')
      setTags('a', 'b', 'a')
      setValidators({ etag: '"1"', lastModified: 'then' })
      return 'value'
    })
    const now = clock.now()
    expect(await cache.getEntry('k')).toMatchObject({
      ...{ key: 'k', value: 'value', stale: false, tags: ['a', 'b'] },
      ...{ etag: '"1"', lastModified: 'then', createdAt: now, expiresAt: now + 2_000 },
      staleUntil: now + 3_602_000,
    })
    await clock.advance(2_000)
    const renewed = cache.getOrSet<string>('k', ({ notModified, stale }) => {
      expect(stale).toMatchObject({ value: 'value', etag: '"1"', stale: true })
      return notModified()
    })
    expect(await renewed).toBe('value')
    expect(await cache.getEntry('k')).toMatchObject({
      ...{ value: 'value', tags: ['a', 'b'], etag: '"1"', stale: false },
      ...{ createdAt: now + 2_000, expiresAt: now + 62_000 },
    })
    expect(await cache.getOrSet('s', ({ skip }) => skip('skipped'))).toBe('skipped')
    expect(await cache.has('s')).toBe(false)
    const error = new Error('mine')
    await expect(cache.getOrSet('f', ({ fail }) => fail(error))).rejects.toBe(error)
    for (const [load, code] of [
      [({ fail }: { fail: () => never }) => fail(), 'ERR_LOAD_FAILED'],
      [({ notModified }: { notModified: () => unknown }) => notModified(), 'ERR_NOT_FOUND'],
    ] as const)
      expect(await rejectionCode(() => cache.getOrSet('f', load as never))).toBe(code)
    for (const load of [
      ({ setTtl }: { setTtl: (ttl: never) => void }) => setTtl('x' as never),
      ({ setTags }: { setTags: (tag: never) => void }) => setTags('' as never),
    ])
      expect(await rejectionCode(() => cache.getOrSet('f', load as never))).toBe(
        'ERR_INVALID_OPTION',
      )
  })

  it('several keys: order, what is missing, wrong results', async () => {
    const { cache, clock } = open({ ttl: '1m', grace: '1h' })
    await cache.set('b', 'B')
    await cache.set('s', 'old')
    await clock.advance(30_000)
    await cache.set('b', 'B')
    await clock.advance(30_000)
    const all = await cache.getOrSetMany(['a', 'b', 's', 'a'], async (missing, context) => {
      expect(missing).toEqual(['a', 's'])
      expect(context.stale.get('s')).toMatchObject({ value: 'old', stale: true })
      context.setOptions('a', { ttl: '5s', tags: ['x'] })
      return missing.map((key) => `${String(key)}!`)
    })
    expect([...all]).toEqual([
      ['a', 'a!'],
      ['b', 'B'],
      ['s', 's!'],
    ])
    expect(await cache.getEntry('a')).toMatchObject({ tags: ['x'], expiresAt: clock.now() + 5_000 })
    expect(await cache.getEntry('s')).toMatchObject({ expiresAt: clock.now() + 60_000 })
    for (const bad of [[1], 5, undefined, { a: 1 }])
      expect(
        await rejectionCode(() => cache.getOrSetMany(['y', 'z'], async () => bad as never)),
      ).toBe('ERR_LOAD_FAILED')
    expect((await cache.getOrSetMany([], loader)).size).toBe(0)
    await expect(cache.getOrSetMany(['y'], loader)).rejects.toThrow('called')
  })

  it('what is being loaded alone is not loaded again with others', async () => {
    const { cache } = open()
    const slow = cache.getOrSet('a', async () => {
      await turns(3)
      return 'alone'
    })
    await turns(1)
    const all = await cache.getOrSetMany(['a', 'b'], async (missing) => missing.map(() => 'both'))
    expect(all).toEqual(
      new Map([
        ['a', 'alone'],
        ['b', 'both'],
      ]),
    )
    expect(await slow).toBe('alone')
  })

  it('peek gives what memory has, and never what it has not', async () => {
    const { cache, clock } = open({ ttl: '1m', grace: '1h' })
    const hasMemory = cache.checkSetup().every(({ code }) => code !== 'no-memory')
    expect(cache.peek('k')).toBeUndefined()
    await cache.set('k', 1)
    await cache.getOrSet('l', () => 2)
    expect([cache.peek('k'), cache.peek('l')]).toEqual(hasMemory ? [1, 2] : [undefined, undefined])
    await clock.advance(60_000)
    expect(cache.peek('k')).toBeUndefined()
  })

  it('touch gives a fresh entry another end', async () => {
    const { cache, clock } = open({ ttl: '1m', grace: '1h' })
    await cache.set('k', 1)
    expect(await cache.touch('k', '5m')).toBe(true)
    expect((await cache.getEntry('k'))?.expiresAt).toBe(clock.now() + 300_000)
    expect(await cache.touch('k')).toBe(true)
    expect((await cache.getEntry('k'))?.expiresAt).toBe(clock.now() + 60_000)
    expect(await cache.touch('none')).toBe(false)
    await clock.advance(60_000)
    expect(await cache.touch('k')).toBe(false)
  })
})

/** Every verb that takes one key, or some. */
function verbsOf(cache: Cache, key: never | string): (() => Promise<unknown>)[] {
  return [
    () => cache.get(key),
    () => cache.getEntry(key),
    () => cache.getOrSet(key, () => 1),
    () => cache.getOrSetMany([key], async () => [1]),
    () => cache.getMany([key]),
    () => cache.set(key, 1),
    () => cache.setMany([[key, 1]]),
    () => cache.add(key, 1),
    () => cache.has(key),
    () => cache.touch(key),
    () => cache.delete(key),
    () => cache.deleteMany([key]),
    () => cache.expire(key),
    () => cache.explain(key),
  ]
}
