import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { type Codec, type Compression, typedArray } from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { allForms, openCache } from './support/forms.ts'

const text = Array.from({ length: 9_000 }, (_, index) => `to be or not ${index % 777} `).join('')

describe.each(allForms)('$name: compress', ({ open }) => {
  it.each<Compression>(['lz4', 'gzip', 'brotli', { algorithm: 'gzip', level: 1 }])(
    'stores less and gives the same back: %o',
    async (compress) => {
      const store = open({ compress, inlineBytes: 1_000 })
      store.set('text', text)
      await store.setAsync('later', text)
      await store.load('loaded', async () => text)
      for (const name of ['text', 'later', 'loaded']) expect(store.get(name)).toBe(text)
      expect(store.bytes()).toBeLessThan(text.length)
      expect(store.getEntry('text')?.size).toBeLessThan(text.length / 3)
      expect(store.check({ verify: true }).problems).toEqual([])
    },
  )

  it('leaves alone what is short or does not get smaller', () => {
    const store = open({ compress: { algorithm: 'gzip', minBytes: 200 } })
    const short = 'a'.repeat(199)
    const noise = Buffer.from(Array.from({ length: 5_000 }, () => Math.floor(Math.random() * 256)))
    store.set('short', short)
    store.set('noise', noise)
    store.set('long', `${short}a`)
    expect(store.getEntry('short')?.size).toBe(199)
    expect(store.getEntry('noise')?.size).toBe(5_000)
    expect(store.getEntry('long')?.size).toBeLessThan(199)
  })

  it('writers and readers need not agree', () => {
    const store = open({ compress: 'gzip' })
    store.set('a', text)
    const other = open({ compress: 'brotli' }, store.directory)
    other.set('b', text)
    const plain = open({}, store.directory)
    expect([plain.get('a'), plain.get('b'), store.get('b')]).toEqual([text, text, text])
  })
})

describe('compress', () => {
  it.each<[string, unknown]>([
    ['an unknown algorithm', 'zip'],
    ['a level beyond the scale', { algorithm: 'gzip', level: 10 }],
    ['an unknown name', { algorithm: 'gzip', minbytes: 1 }],
    ['null', null],
  ])('refuses %s', (_, compress) => {
    expect(codeOf(() => openCache({ compress: compress as Compression }))).toBe(
      'ERR_INVALID_OPTION',
    )
  })

  it('a higher level stores fewer bytes', () => {
    const sizes = [1, 9].map((level) => {
      const cache = openCache({ compress: { algorithm: 'gzip', level } })
      cache.set('a', text + [...text].sort().join('x'))
      return cache.bytes()
    })
    expect(sizes[1]).toBeLessThan(sizes[0] as number)
  })

  it("a codec's own compression goes before the store's", () => {
    const codec: Codec = typedArray({ compression: 'gzip' })
    const cache = openCache({ codec, compress: 'none' })
    cache.set('a', new Float64Array(10_000).fill(1.5))
    expect(cache.bytes()).toBeLessThan(20_000)
    expect(cache.get('a')).toEqual(new Float64Array(10_000).fill(1.5))
  })

  it('numbers that differ little get smaller by the grouping of their bytes', () => {
    const cache = openCache({ compress: 'gzip' })
    const numbers = Float64Array.from({ length: 20_000 }, (_, index) => 1_000 + index / 8)
    cache.set('numbers', numbers)
    cache.set('bytes', new Uint8Array(numbers.buffer))
    const [asBytes, asNumbers] = cache.list().map(({ size }) => size)
    expect(asNumbers).toBeLessThan((asBytes as number) / 2)
    expect(cache.get('numbers')).toEqual(numbers)
  })

  it('maxValueBytes is about the size before compression', () => {
    const cache = openCache({ compress: 'gzip', maxValueBytes: 1_000 })
    expect(codeOf(() => cache.set('a', text))).toBe('ERR_VALUE_TOO_LARGE')
    const other = openCache({ compress: 'gzip' }, cache.directory)
    other.set('a', text)
    expect(cache.get('a')).toBeUndefined()
    expect(other.get('a')).toBe(text)
  })

  it('a value that compresses away is stored so that it can be read', () => {
    const cache = openCache({ compress: 'brotli' })
    const zeros = Buffer.alloc(20_000_000)
    cache.set('zeros', zeros)
    expect(zeros.equals(cache.get('zeros') as Buffer)).toBe(true)
  })
})

describe('setAsync of values that take long to compress', () => {
  const large = Buffer.alloc(3_000_000, 'abcdefg')

  it('compresses beside the event loop', async () => {
    const cache = openCache({ compress: 'gzip' })
    let turns = 0
    const timer = setInterval(() => (turns += 1), 1)
    await cache.setAsync('a', large)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(0)
    expect(large.equals(cache.get('a') as Buffer)).toBe(true)
  })

  it('keeps the order of the calls, with set and with each other', async () => {
    const cache = openCache({ compress: 'gzip' })
    const first = cache.setAsync('a', large)
    cache.set('a', 'second')
    expect(cache.get('a')).toBe('second')
    await first
    expect(cache.get('a')).toBe('second')
    await Promise.all([cache.setAsync('b', large), cache.setAsync('b', 'small and quick')])
    expect(cache.get('b')).toBe('small and quick')
    expect(cache.check({ verify: true }).problems).toEqual([])
  })

  it('takes the value as it is at the call', async () => {
    const cache = openCache({ compress: 'gzip' })
    const bytes = Buffer.from(large)
    const stored = cache.setAsync('a', bytes)
    bytes.fill(0)
    await stored
    expect(large.equals(cache.get('a') as Buffer)).toBe(true)
  })

  it('is stored when the store closes meanwhile', async () => {
    const cache = openCache({ compress: 'gzip' })
    const stored = cache.setAsync('a', large)
    cache.close()
    await stored
    expect(large.equals(openCache({}, cache.directory).get('a') as Buffer)).toBe(true)
  })

  it('a stream that ends before minBytes is stored as set would store it', async () => {
    const cache = openCache({ compress: { algorithm: 'gzip', minBytes: '16KiB' } })
    for (const size of [0, 300, 20_000]) {
      const stream = cache.writeStream(size)
      stream.end(Buffer.alloc(size, 'ab'))
      await once(stream, 'finish')
      expect(cache.get(size)).toEqual(Buffer.alloc(size, 'ab'))
      const stored = cache.getEntry(size)?.size ?? -1
      if (size < 16_384) expect(stored).toBe(size)
      else expect(stored).toBeLessThan(size / 10)
    }
    expect(cache.check({ verify: true }).problems).toEqual([])
  })

  it('a stream compresses what it writes', async () => {
    const cache = openCache({ compress: 'gzip' })
    const stream = cache.writeStream('a')
    stream.end(large)
    await once(stream, 'finish')
    expect(cache.bytes()).toBeLessThan(large.length / 10)
    expect(large.equals(cache.get('a') as Buffer)).toBe(true)
  })
})
