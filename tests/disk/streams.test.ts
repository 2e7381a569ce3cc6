import { once } from 'node:events'
import { Readable, type Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/testing/index.ts'
import { codeOf, rejectionCode } from '../support/code-of.ts'
import { filesUnder } from '../support/store-files.ts'
import { allForms, cacheForms, type Verbs } from './support/forms.ts'

/** Equal to nothing that is written here. */
const noise = Buffer.from('noise')

// Large buffers are compared by `equals`: `toEqual` looks at each byte as at a property, which takes seconds.
async function read(store: Verbs, key: string): Promise<Buffer | undefined> {
  const stream = store.readStream(key)
  return stream === undefined ? undefined : await buffer(stream)
}

async function finish(stream: Writable, ...chunks: Buffer[]): Promise<void> {
  await pipeline(Readable.from(chunks, { objectMode: false }), stream)
}

function valueFilesOf(store: Verbs): string[] {
  return filesUnder(store.directory).filter((path) => path.includes('/values/'))
}

describe.each(allForms)('$name: streams and views', ({ open }) => {
  it.each([0, 50, 500, 300_000])('writes and reads %i bytes', async (size) => {
    const store = open({ inlineBytes: 100 })
    const bytes = Buffer.alloc(size, 'holdfast')
    await finish(store.writeStream('a'), bytes.subarray(0, size / 2), bytes.subarray(size / 2))
    expect(bytes.equals(store.get('a') as Buffer)).toBe(true)
    expect(bytes.equals((await read(store, 'a')) ?? noise)).toBe(true)
    expect(bytes.equals(Buffer.from(store.map('a')?.bytes ?? []))).toBe(true)
    expect([store.size, store.bytes()]).toEqual([1, size])
    store.set('b', new Uint8Array(bytes))
    expect(bytes.equals((await read(store, 'b')) ?? noise)).toBe(true)
    expect(store.check({ verify: true }).problems).toEqual([])
  })

  it('keeps the old value until a stream has ended, and when it fails', async () => {
    const store = open({ inlineBytes: 100 })
    store.set('a', 'old')
    const failing = store.writeStream('a')
    failing.write(Buffer.alloc(1_000))
    expect(store.get('a')).toBe('old')
    failing.destroy()
    await once(failing, 'close')
    expect(store.get('a')).toBe('old')
    expect(valueFilesOf(store)).toEqual([])
    const stream = store.writeStream('a')
    stream.write(Buffer.alloc(1_000))
    await finish(stream)
    expect(store.get('a')).toEqual(Buffer.alloc(1_000))
    expect(store.check({ verify: true }).problems).toEqual([])
  })

  it('refuses more than maxValueBytes while it writes, and leaves nothing', async () => {
    const store = open({ maxValueBytes: 1_000, inlineBytes: 100 })
    const write = () => finish(store.writeStream('a'), Buffer.alloc(900), Buffer.alloc(900))
    expect(await rejectionCode(write)).toBe('ERR_VALUE_TOO_LARGE')
    expect([store.has('a'), valueFilesOf(store)]).toEqual([false, []])
    expect(store.check().problems).toEqual([])
  })

  it('a stream that ends after the store was closed says so', async () => {
    const store = open()
    const stream = store.writeStream('a')
    stream.write(Buffer.alloc(10))
    store.close()
    expect(await rejectionCode(() => finish(stream))).toBe('ERR_CLOSED')
    expect(open({}, store.directory).has('a')).toBe(false)
  })

  it('streams bytes only', () => {
    const store = open()
    const values = ['text', 1, null, { a: 1 }, new Float64Array(1), [1]]
    for (const value of values) {
      store.set('a', value)
      expect(codeOf(() => store.readStream('a'))).toBe('ERR_UNSUPPORTED_VALUE')
    }
    expect(store.readStream('missing')).toBeUndefined()
    expect(store.check().problems).toEqual([])
  })

  it('a reader that has begun gets the whole value, whatever becomes of the entry', async () => {
    const store = open({ inlineBytes: 100 })
    const bytes = Buffer.alloc(300_000, 'old')
    store.set('a', bytes)
    const stream = store.readStream('a')
    store.set('a', 'new')
    store.delete('a')
    expect(bytes.equals(stream === undefined ? noise : await buffer(stream))).toBe(true)
    expect(store.check({ verify: true }).problems).toEqual([])
  })

  it('a view stays readable whatever becomes of the entry, until it is closed', () => {
    const store = open({ inlineBytes: 100 })
    for (const size of [0, 10, 5_000]) {
      store.set('a', Buffer.alloc(size, 'old'))
      const view = store.map('a')
      if (view === undefined) return expect.fail('there is a value')
      const { bytes } = view
      store.set('a', Buffer.alloc(size, 'new'))
      store.delete('a')
      expect(view.size).toBe(size)
      expect(Buffer.from(view.bytes)).toEqual(Buffer.alloc(size, 'old'))
      view.close()
      view[Symbol.dispose]()
      expect(codeOf(() => view.bytes)).toBe('ERR_CLOSED')
      expect(Buffer.from(bytes)).toEqual(Buffer.alloc(size, 'old'))
    }
    expect(store.check().problems).toEqual([])
  })

  it('a view of any value has its stored bytes', () => {
    const store = open()
    store.set('text', 'é')
    expect(Buffer.from(store.map('text')?.bytes ?? []).toString()).toBe('é')
    store.set('floats', new Float64Array([1.5]))
    const { bytes } = store.map('floats') ?? { bytes: Buffer.alloc(8) }
    expect(Buffer.from(bytes).readDoubleLE()).toBe(1.5)
    expect(store.map('missing')).toBeUndefined()
    expect(store.check().problems).toEqual([])
  })
})

describe.each(cacheForms)('$name: writeStream', ({ open }) => {
  it('stores with its options, its life counted from its end', async () => {
    const clock = manualClock()
    const cache = open({ clock, inlineBytes: 10 })
    const stream = cache.writeStream('a', { ttl: '1m', tag: 'x', description: 'streamed' })
    stream.write(Buffer.alloc(100))
    await clock.advance(30_000)
    await finish(stream)
    expect(cache.getEntry('a')).toMatchObject({
      value: Buffer.alloc(100),
      createdAt: clock.now(),
      expiresAt: clock.now() + 60_000,
      tags: ['x'],
      description: 'streamed',
    })
    expect(cache.check({ verify: true }).problems).toEqual([])
  })

  it('with a ttl of 0 stores nothing and removes what was there', async () => {
    const cache = open({ inlineBytes: 10 })
    cache.set('a', 'old')
    await finish(cache.writeStream('a', { ttl: 0 }), Buffer.alloc(100))
    expect([cache.has('a'), cache.size, cache.bytes()]).toEqual([false, 0, 0])
    expect(cache.check({ verify: true }).problems).toEqual([])
  })
})
