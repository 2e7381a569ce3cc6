import { describe, expect, it } from 'vitest'
import { codeOf, rejectionCode } from '../support/code-of.ts'
import { valueFiles } from '../support/store-files.ts'
import { allForms } from './support/forms.ts'

describe.each(allForms)('$name: writing', ({ open }) => {
  it('keeps what was stored for the next who opens the directory', () => {
    const store = open({ inlineBytes: 10 })
    store.set('small', 1)
    store.set('large', 'x'.repeat(1_000))
    store.close()
    const again = open({ inlineBytes: 10 }, store.directory)
    expect([...again].sort()).toEqual([
      ['large', 'x'.repeat(1_000)],
      ['small', 1],
    ])
    expect([again.size, again.bytes()]).toEqual([2, 1_008])
    expect(again.check({ verify: true }).problems).toEqual([])
  })

  it('overwrites values of any size by values of any size', () => {
    const store = open({ inlineBytes: 100 })
    for (const size of [1, 2_000, 100, 101, 0, 40_000, 0]) {
      store.set('a', Buffer.alloc(size, 'v'))
      expect(Buffer.alloc(size, 'v').equals(store.get('a') as Buffer)).toBe(true)
      expect([store.size, store.bytes()]).toEqual([1, size])
    }
    expect(store.check({ verify: true }).problems).toEqual([])
  })

  it('puts values larger than inlineBytes into files, and no others', () => {
    const store = open({ inlineBytes: '1KiB' })
    store.set('fits', Buffer.alloc(1_024))
    expect(valueFiles(store.directory).length + shardFiles(store.directory)).toBe(0)
    store.set('does not', Buffer.alloc(1_025))
    expect(valueFiles(store.directory).length + shardFiles(store.directory)).toBe(1)
    expect(store.check({ verify: true }).problems).toEqual([])
  })

  it('adds only what is absent', () => {
    const store = open({ inlineBytes: 100 })
    expect(store.add('a', 1)).toBe(true)
    expect(store.add('a', 2)).toBe(false)
    expect(store.add('large', Buffer.alloc(500))).toBe(true)
    expect(store.add('large', Buffer.alloc(600))).toBe(false)
    expect(store.get('a')).toBe(1)
    expect([store.size, store.bytes()]).toEqual([2, 508])
    store.delete('a')
    expect(store.add('a', 3)).toBe(true)
    expect(store.check().problems).toEqual([])
  })

  it('changes a value in place', () => {
    const store = open()
    expect(store.update<number>('a', (old) => (old ?? 10) + 1)).toBe(11)
    expect(store.update<number>('a', (old) => (old ?? 10) + 1)).toBe(12)
    expect(store.update('b', (old) => old)).toBeUndefined()
    expect(store.has('b')).toBe(true)
    expect(store.check().problems).toEqual([])
  })

  it('keeps description and facts when a change has no options, and replaces them when it has', () => {
    const store = open()
    store.set('a', 1, { description: 'first', meta: { n: 1 } })
    store.update('a', () => 2)
    expect(store.getEntry('a')).toMatchObject({ value: 2, description: 'first', meta: { n: 1 } })
    store.update('a', () => 3, { description: 'second' })
    expect(store.getEntry('a')).toMatchObject({ value: 3, description: 'second' })
    expect(store.getEntry('a')).not.toHaveProperty('meta')
    expect(store.check().problems).toEqual([])
  })

  it('leaves the value when a change throws or is asynchronous', () => {
    const store = open()
    store.set('a', 1)
    const fail = () => {
      throw new RangeError('no')
    }
    expect(() => store.update('a', fail)).toThrow(RangeError)
    expect(codeOf(() => store.update('a', async () => 2))).toBe('ERR_ASYNC_TRANSACTION')
    expect(codeOf(() => store.update('a', () => Symbol('s')))).toBe('ERR_UNSUPPORTED_VALUE')
    expect(codeOf(() => store.update('a', 2 as never))).toBe('ERR_INVALID_OPTION')
    expect(store.get('a')).toBe(1)
    expect(store.check().problems).toEqual([])
  })

  it('lets nobody else handle the rejection of a refused asynchronous change', async () => {
    const store = open()
    const reject = async () => {
      throw new RangeError('a consequence of the misuse')
    }
    // An unhandled rejection would end the process of the caller, who has got an error already.
    expect(codeOf(() => store.update('a', reject))).toBe('ERR_ASYNC_TRANSACTION')
    expect(codeOf(() => store.getOrSet('a', reject))).toBe('ERR_UNSUPPORTED_VALUE')
    await new Promise((resolve) => setImmediate(resolve))
    expect(store.check().problems).toEqual([])
  })

  it('removes entries and says how many', () => {
    const store = open({ inlineBytes: 10 })
    store.setMany([1, 2, 3, 4].map((key) => [key, Buffer.alloc(key * 10)] as const))
    expect(store.delete(1)).toBe(true)
    expect(store.delete(1)).toBe(false)
    expect(store.pop(2)).toEqual(Buffer.alloc(20))
    expect(store.pop(2)).toBeUndefined()
    expect(store.deleteMany([1, 2, 3, 3])).toBe(1)
    expect([store.size, store.bytes()]).toEqual([1, 40])
    expect(store.check().problems).toEqual([])
  })

  it('clears everything', () => {
    const store = open({ inlineBytes: 10 })
    store.setMany([1, 2, 3].map((key) => [key, Buffer.alloc(key * 10)] as const))
    expect(store.clear()).toBe(3)
    expect([store.size, store.bytes(), [...store.keys()]]).toEqual([0, 0, []])
    store.set('a', 1)
    expect(store.clear()).toBe(1)
    expect(store.check().problems).toEqual([])
  })

  it('stores many or none: what is wrong with one is found before the first is stored', () => {
    const store = open()
    const bad: readonly (readonly [string, unknown, unknown])[] = [
      ['ERR_UNSUPPORTED_VALUE', Symbol('s'), undefined],
      ['ERR_INVALID_OPTION', 1, { unknown: 1 }],
    ]
    for (const [code, value, options] of bad) {
      const entries = [
        ['a', 1],
        ['b', value, options],
        ['c', 3],
      ] as const
      expect(codeOf(() => store.setMany(entries as never))).toBe(code)
      expect(store.size).toBe(0)
    }
    const entries = [['a', 1] as const, [Number.NaN, 2] as const]
    expect(codeOf(() => store.setMany(entries))).toBe('ERR_INVALID_KEY')
    expect(store.size).toBe(0)
    expect(store.check().problems).toEqual([])
  })

  it('stores nothing when the source of many throws', () => {
    const store = open()
    function* source(): Generator<[string, number]> {
      yield ['a', 1]
      throw new RangeError('the source ran dry')
    }
    expect(() => store.setMany(source())).toThrow(RangeError)
    store.setMany([])
    expect(store.size).toBe(0)
    expect(store.check().problems).toEqual([])
  })

  it('takes the last of several values for one key', async () => {
    const store = open()
    store.setMany([
      ['a', 1],
      ['a', 2],
    ])
    expect(store.get('a')).toBe(2)
    await Promise.all([store.setAsync('a', 3), store.setAsync('a', 4)])
    expect(store.get('a')).toBe(4)
    expect(store.check().problems).toEqual([])
  })

  it('keeps the order of set and setAsync', async () => {
    const store = open()
    const first = store.setAsync('a', 'async')
    store.set('a', 'sync')
    const second = store.setAsync('b', 'async')
    expect(store.delete('b')).toBe(true)
    const third = store.setAsync('n', 1)
    expect(store.incr('n')).toBe(2)
    const fourth = store.setAsync('c', 1)
    expect(store.add('c', 2)).toBe(false)
    const fifth = store.setAsync('d', 1)
    expect(store.update<number>('d', (old) => (old ?? 0) + 1)).toBe(2)
    const sixth = store.setAsync('e', 1)
    expect(store.pop('e')).toBe(1)
    const seventh = store.setAsync('f', 1)
    expect(store.clear()).toBe(5)
    await Promise.all([first, second, third, fourth, fifth, sixth, seventh])
    expect(store.size).toBe(0)
    expect(store.check().problems).toEqual([])
  })

  it('has stored what setAsync resolved for, and what was waiting when it closed', async () => {
    const store = open({ inlineBytes: 100 })
    await store.setAsync('a', Buffer.alloc(500))
    expect(store.get('a')).toEqual(Buffer.alloc(500))
    const waiting = [store.setAsync('b', 1), store.setAsync('c', Buffer.alloc(500))]
    store.close()
    await Promise.all(waiting)
    const again = open(undefined, store.directory)
    expect([...again.keys()].sort()).toEqual(['a', 'b', 'c'])
    expect(again.check({ verify: true }).problems).toEqual([])
  })

  it('runs hundreds of setAsync calls at once', async () => {
    const store = open({ inlineBytes: 100 })
    const keys = Array.from({ length: 300 }, (_, index) => index)
    await Promise.all(keys.map((key) => store.setAsync(key, Buffer.alloc(key))))
    expect(store.size).toBe(300)
    expect(store.bytes()).toBe((299 * 300) / 2)
    expect(store.check({ verify: true }).problems).toEqual([])
  })

  it('rejects setAsync for what cannot be stored, and stores the others of the turn', async () => {
    const store = open({ maxValueBytes: 100 })
    const results = await Promise.all([
      rejectionCode(() => store.setAsync('good', 1)),
      rejectionCode(() => store.setAsync('bad', Symbol('s'))),
      rejectionCode(() => store.setAsync(Number.NaN, 1)),
      rejectionCode(() => store.setAsync('large', 'x'.repeat(101))),
      rejectionCode(() => store.setAsync('option', 1, { nope: 1 } as never)),
    ])
    expect(results).toEqual([
      undefined,
      'ERR_UNSUPPORTED_VALUE',
      'ERR_INVALID_KEY',
      'ERR_VALUE_TOO_LARGE',
      'ERR_INVALID_OPTION',
    ])
    expect([...store]).toEqual([['good', 1]])
    expect(store.check().problems).toEqual([])
  })

  it('refuses unknown and bad set options on every verb that stores', async () => {
    const store = open()
    const bad: object[] = [{ unknown: 1 }, { description: 5 }, { meta: 'text' }, { meta: [1] }]
    for (const options of bad as never[]) {
      expect(codeOf(() => store.set('a', 1, options))).toBe('ERR_INVALID_OPTION')
      expect(codeOf(() => store.add('a', 1, options))).toBe('ERR_INVALID_OPTION')
      expect(codeOf(() => store.update('a', () => 1, options))).toBe('ERR_INVALID_OPTION')
      expect(codeOf(() => store.getOrSet('a', () => 1, options))).toBe('ERR_INVALID_OPTION')
      expect(codeOf(() => store.setMany([['a', 1, options]]))).toBe('ERR_INVALID_OPTION')
      expect(codeOf(() => store.writeStream('a', options))).toBe('ERR_INVALID_OPTION')
      const load = () => store.load('a', async () => 1, options)
      expect(await rejectionCode(load)).toBe('ERR_INVALID_OPTION')
    }
    expect(codeOf(() => store.set('a', 1, null as never))).toBe('ERR_INVALID_OPTION')
    expect(codeOf(() => store.set('a', 1, 5 as never))).toBe('ERR_INVALID_OPTION')
    expect(codeOf(() => store.set('a', 1, { meta: { f: () => 1 } }))).toBe('ERR_UNSUPPORTED_VALUE')
    expect(store.size).toBe(0)
    expect(store.check().problems).toEqual([])
  })
})

/** Files under the `values/` folders of shards; none where there are no shards. */
function shardFiles(directory: string): number {
  return ['000', '001'].reduce((sum, shard) => {
    return sum + valueFiles(`${directory}/${shard}`).length
  }, 0)
}

describe.each(allForms)('$name: verbs for many entries', ({ open }) => {
  it.each([
    ['an object', { a: 1 }],
    ['a text', 'abc'],
    ['undefined', undefined],
    ['null', null],
  ])('refuse %s instead of doing nothing', (_, given) => {
    const store = open({})
    store.set('a', 1)
    expect(codeOf(() => store.getMany(given as never))).toBe('ERR_INVALID_OPTION')
    expect(codeOf(() => store.setMany(given as never))).toBe('ERR_INVALID_OPTION')
    expect(codeOf(() => store.deleteMany(given as never))).toBe('ERR_INVALID_OPTION')
    expect(codeOf(() => store.setMany([1] as never))).toBe('ERR_INVALID_OPTION')
    expect(store.size).toBe(1)
  })
})
