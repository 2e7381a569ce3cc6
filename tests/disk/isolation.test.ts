import { describe, expect, it } from 'vitest'
import { allForms, atomically } from './support/forms.ts'

const small = 8
const large = 4_096

/** Bytes of `size`, and the same again to compare with. */
function bytes(size: number): Buffer {
  return Buffer.alloc(size, 'holdfast')
}

describe.each(allForms)('$name: what callers change is theirs alone', ({ open }) => {
  it.each([small, large])('a buffer of %i bytes may be changed once set has returned', (size) => {
    const store = open({ inlineBytes: 100 })
    const value = bytes(size)
    store.set('set', value)
    store.add('add', value)
    store.update('update', () => value)
    store.getOrSet('getOrSet', () => value)
    atomically(store, 'transact', () => {
      store.set('transact', value)
      value.fill(0)
    })
    for (const [key, stored] of store) expect([key, stored]).toEqual([key, bytes(size)])
    expect(store.size).toBe(5)
    expect(store.check().problems).toEqual([])
  })

  it.each([small, large])(
    'setAsync stores a buffer of %i bytes as it was at the call',
    async (size) => {
      const store = open({ inlineBytes: 100 })
      const buffer = bytes(size)
      const array = new Uint8Array(bytes(size))
      const floats = new Float64Array(size / 8).fill(0.5)
      const record = { list: [1] }
      const waiting = [
        store.setAsync('buffer', buffer),
        store.setAsync('array', array),
        store.setAsync('floats', floats),
        store.setAsync('record', record),
      ]
      buffer.fill(0)
      array.fill(0)
      floats.fill(0)
      record.list.push(2)
      await Promise.all(waiting)
      expect(store.get('buffer')).toEqual(bytes(size))
      expect(store.get('array')).toEqual(new Uint8Array(bytes(size)))
      expect(store.get('floats')).toEqual(new Float64Array(size / 8).fill(0.5))
      expect(store.get('record')).toEqual({ list: [1] })
      expect(store.check().problems).toEqual([])
    },
  )

  it('setMany stores each value as it was when its source gave it', () => {
    const store = open()
    function* source(): Generator<[number, Buffer]> {
      const reused = Buffer.alloc(1)
      for (const key of [0, 1, 2]) {
        reused[0] = key
        yield [key, reused]
      }
    }
    store.setMany(source())
    expect(store.getMany([0, 1, 2])).toEqual(new Map([0, 1, 2].map((n) => [n, Buffer.of(n)])))
    expect(store.check().problems).toEqual([])
  })

  it.each([small, large])('what is read, of %i bytes, may be changed', (size) => {
    const store = open({ inlineBytes: 100 })
    const value = { bytes: new Uint8Array(bytes(size)), list: [1] }
    store.set('buffer', bytes(size))
    store.set('record', value)
    const readers: ((key: string) => unknown)[] = [
      (key) => store.get(key),
      (key) => store.getEntry(key)?.value,
      (key) => store.getMany([key]).get(key),
      (key) => new Map(store.entries()).get(key),
      (key) => store.getOrSet(key, () => undefined),
    ]
    for (const read of readers) {
      const buffer = read('buffer') as Buffer
      const record = read('record') as typeof value
      expect(buffer).toEqual(bytes(size))
      expect(record).toEqual(value)
      buffer.fill(0)
      record.bytes.fill(0)
      record.list.push(2)
    }
    expect(store.get('buffer')).toEqual(bytes(size))
    expect(store.get('record')).toEqual(value)
    expect(store.check({ verify: true }).problems).toEqual([])
  })

  it('what compute and change return stays the caller’s', () => {
    const store = open()
    const computed = store.getOrSet('computed', () => ({ list: [1] }))
    computed.list.push(2)
    expect(store.get('computed')).toEqual({ list: [1] })
    const changed = store.update<{ list: number[] }>('computed', (old) => ({
      list: [...(old?.list ?? []), 3],
    }))
    changed.list.push(4)
    expect(store.get('computed')).toEqual({ list: [1, 3] })
    expect(store.check().problems).toEqual([])
  })

  it('the two callers of one load get objects of their own', async () => {
    const store = open()
    const loads = {
      record: async () => ({ list: [1] }),
      buffer: async () => Buffer.of(1),
      nested: async () => ({ bytes: Uint8Array.of(1) }),
      floats: async () => Float64Array.of(1),
    }
    for (const [key, loader] of Object.entries(loads)) {
      const results: unknown[] = await Promise.all(
        [1, 2, 3].map(() => store.load<unknown>(key, loader)),
      )
      const expected = await loader()
      for (const result of results) {
        expect(result).toEqual(expected)
        spoil(result)
      }
      expect(store.get(key)).toEqual(expected)
    }
    expect(store.check().problems).toEqual([])
  })

  it('also when the loaded value is not stored', async () => {
    const store = open()
    const load = () => store.load('a', async () => ({ list: [1] }), { cacheIf: () => false })
    const [first, second] = await Promise.all([load(), load()])
    first?.list.push(2)
    expect(second).toEqual({ list: [1] })
    expect(store.has('a')).toBe(false)
    expect(store.check().problems).toEqual([])
  })

  it('a key object may be changed after the call', async () => {
    const store = open()
    const key = { ids: [1] }
    const waiting = store.setAsync(key, 'value')
    key.ids.push(2)
    await waiting
    expect([...store.keys()]).toEqual([{ ids: [1] }])
    expect(store.check().problems).toEqual([])
  })

  it('the bytes of a view may be changed', () => {
    const store = open({ inlineBytes: 100 })
    for (const size of [small, large]) {
      store.set('a', bytes(size))
      const view = store.map('a')
      view?.bytes.fill(0)
      expect(store.get('a')).toEqual(bytes(size))
      expect(Buffer.from(store.map('a')?.bytes ?? [])).toEqual(bytes(size))
    }
    expect(store.check({ verify: true }).problems).toEqual([])
  })
})

/** Changes whatever of `value` can be changed. */
function spoil(value: unknown): void {
  if (ArrayBuffer.isView(value))
    new Uint8Array(value.buffer, value.byteOffset, value.byteLength).fill(9)
  else if (Array.isArray(value)) value.push('spoilt')
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach(spoil)
}
