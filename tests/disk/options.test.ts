import { describe, expect, it } from 'vitest'
import { codeOf, errorOf } from '../support/code-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { allForms, cacheForms } from './support/forms.ts'

const notSizes = [-1, Number.NaN, '', '5', '5 mb', '-5MB', '1.5.5MB', 'MB', null, {}, true, 5n]
const notDurations = [-1, Number.NaN, '', '5', '5 minutes', '-5m', 'm', null, {}, true, 5n]
const notChoices = ['', 'LRU', 'x', 5, null, true, {}]

/** Values of options that every store has which it must refuse. */
const bad: Readonly<Record<string, readonly unknown[]>> = {
  inlineBytes: notSizes,
  maxValueBytes: notSizes,
  hot: [true, null, 5, 'x', { unknown: 1 }, { maxBytes: 'x' }, { share: 'x' }, []],
  codec: [
    null,
    5,
    {},
    { id: 'x' },
    { id: 'X', encode() {}, decode() {} },
    { encode() {}, decode() {} },
  ],
  verify: notChoices,
  durability: notChoices,
  busyTimeout: notDurations,
  readonly: [0, 1, 'true', null, {}],
  onCorrupt: notChoices,
  orphanAge: notDurations,
  unlinkDelay: notDurations,
  leaseTtl: [...notDurations, 0],
  leaseRenewal: [...notDurations, 0, '10s', '1m'],
  clock: [null, 5, {}, { now: () => 1 }],
  onEvent: [null, 5, {}, 'x'],
}

/** Likewise of caches. */
const badForCaches: Readonly<Record<string, readonly unknown[]>> = {
  maxBytes: [...notSizes, 0],
  maxEntries: [0, -1, 1.5, Number.NaN, '5', null, {}],
  eviction: notChoices,
  ttl: notDurations,
}

/** Good values, other than the defaults. */
const good: readonly object[] = [
  { inlineBytes: 0 },
  { inlineBytes: '1.5 KiB' },
  { inlineBytes: Number.POSITIVE_INFINITY },
  { maxValueBytes: '10MB' },
  { hot: false },
  { hot: {} },
  { hot: { maxBytes: '1MiB', share: 'frozen' } },
  { verify: 'never', durability: 'machine', busyTimeout: 0, onCorrupt: 'recreate' },
  { orphanAge: Number.POSITIVE_INFINITY, unlinkDelay: 0, leaseTtl: 1, leaseRenewal: 0.5 },
  { clock: undefined, onEvent: undefined, codec: undefined, readonly: undefined },
  { compress: 'none' },
]

describe.each(allForms)('$name: options', ({ kind, open, sharded }) => {
  const table = Object.entries(kind === 'cache' ? { ...bad, ...badForCaches } : bad)

  it.each(table)('refuses bad values of %s', (name, values) => {
    for (const value of values) {
      const error = errorOf(() => open({ [name]: value } as never))
      expect([value, error.code]).toEqual([value, 'ERR_INVALID_OPTION'])
    }
  })

  it.each(table)(
    'the message about %s names the option, the value and what is accepted',
    (name, values) => {
      const [value] = values
      const { message } = errorOf(() => open({ [name]: value } as never))
      expect(message).toContain(name)
      expect(message).toMatch(/[Uu]se /)
      if (typeof value !== 'object') expect(message).toContain(String(value))
    },
  )

  it('refuses names that it does not know, and says which it does', () => {
    const { code, message } = errorOf(() => open({ maxByte: 5 } as never))
    expect(code).toBe('ERR_INVALID_OPTION')
    expect(message).toContain('maxByte')
    expect(message).toContain('inlineBytes')
  })

  // The sharded forms spread what they are given: see sharding.test.ts.
  it('refuses options that are no object', (context) => {
    if (sharded) context.skip('sharded stores have a test of their own for this')
    for (const options of [null, 5, 'x', true, [], () => {}] as never[]) {
      expect(codeOf(() => open(options))).toBe('ERR_INVALID_OPTION')
    }
  })

  it('refuses a directory that is no path', () => {
    for (const directory of ['', 5, null, 'a\0b', {}] as never[]) {
      expect(codeOf(() => open({}, directory))).toBe('ERR_INVALID_OPTION')
    }
  })

  it('refuses metadata, which is for later', () => {
    const options = { metadata: { any: 'thing' } } as never
    expect(codeOf(() => open(options))).toBe('ERR_UNSUPPORTED')
  })

  it.each(good)('takes %o', (options) => {
    const store = open(options)
    store.set('a', Buffer.alloc(100))
    expect(store.get('a')).toEqual(Buffer.alloc(100))
    expect(store.check().problems).toEqual([])
  })

  it('takes undefined for an option as its absence', () => {
    const names = [...Object.keys(bad), ...(kind === 'cache' ? Object.keys(badForCaches) : [])]
    const store = open(Object.fromEntries(names.map((name) => [name, undefined])))
    store.set('a', 1)
    expect(store.check().problems).toEqual([])
  })

  it('has changed nothing where it refused', () => {
    const directory = temporaryDirectory()
    expect(codeOf(() => open({ unknown: 1 } as never, directory))).toBe('ERR_INVALID_OPTION')
    const store = open({}, directory)
    expect(store.size).toBe(0)
    expect(store.check().problems).toEqual([])
  })
})

describe.each(allForms)('$name: maxValueBytes', ({ open }) => {
  it.each([10, 5_000])(
    'refuses larger values on every verb that stores, inline limit %i',
    (inlineBytes) => {
      const store = open({ maxValueBytes: 1_000, inlineBytes })
      const large = Buffer.alloc(1_001)
      store.set('a', Buffer.alloc(1_000))
      const verbs = [
        () => store.set('a', large),
        () => store.add('b', large),
        () => store.update('a', () => large),
        () => store.setMany([['a', large]]),
      ]
      for (const verb of verbs) expect(codeOf(verb)).toBe('ERR_VALUE_TOO_LARGE')
      expect([...store]).toEqual([['a', Buffer.alloc(1_000)]])
      expect(store.check().problems).toEqual([])
    },
  )

  it.each([10, 5_000])(
    'larger values that are there already are misses and stay, inline limit %i',
    (inlineBytes) => {
      const store = open({ inlineBytes })
      store.set('a', Buffer.alloc(1_001))
      store.set('b', Buffer.alloc(1_000))
      store.close()
      const types: string[] = []
      const onEvent = ({ type }: { type: string }) => types.push(type)
      const limited = open({ inlineBytes, maxValueBytes: 1_000, onEvent }, store.directory)
      expect(limited.get('a')).toBeUndefined()
      expect(limited.getMany(['a', 'b']).size).toBe(1)
      expect([...limited.values()]).toEqual([Buffer.alloc(1_000)])
      expect(types.length).toBeGreaterThan(0)
      limited.close()
      const unlimited = open({ inlineBytes }, store.directory)
      expect(unlimited.get('a')).toEqual(Buffer.alloc(1_001))
      expect(unlimited.check({ verify: true }).problems).toEqual([])
    },
  )
})

describe.each(cacheForms)('$name: onEvent', ({ open }) => {
  it('a listener that throws harms nobody', () => {
    const cache = open({
      maxEntries: 4,
      onEvent: () => {
        throw new RangeError('a careless listener')
      },
    })
    for (let key = 0; key < 50; key += 1) cache.set(key, key)
    expect(cache.size).toBeLessThanOrEqual(4)
    expect(cache.has(49)).toBe(true)
    expect(cache.check().problems).toEqual([])
  })
})
