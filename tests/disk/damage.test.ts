import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Codec, DiskCache, DiskCacheOptions, StoreEvent } from '../../src/index.ts'
import { openDatabase } from '../support/sqlite-driver.mjs'
import { valueFiles } from '../support/store-files.ts'
import { openCache } from './support/forms.ts'

/** A cache whose one value lies in a file; the file's path; and what the cache tells. */
function withFile(options: DiskCacheOptions = {}) {
  const events: StoreEvent[] = []
  const cache = openCache({ inlineBytes: 10, onEvent: (event) => events.push(event), ...options })
  cache.set('a', Buffer.alloc(100, 'v'))
  const [path = ''] = valueFiles(cache.directory)
  return { cache, path, types: () => events.map(({ type }) => type), events }
}

/** Every way by which the value of `a` leaves the store. */
const reads: readonly ((cache: DiskCache) => unknown)[] = [
  (cache) => cache.get('a'),
  (cache) => cache.getEntry('a'),
  (cache) => cache.getMany(['a']).get('a'),
  (cache) => cache.map('a'),
  (cache) => cache.pop('a'),
  (cache) => [...cache.values()][0],
  (cache) => cache.transact(() => cache.get('a')),
]

const noise = Buffer.alloc(100, 'w')

describe('a damaged value file', () => {
  it.each<[string, (path: string) => void]>([
    ['truncated', (path) => truncateSync(path, 99)],
    ['emptied', (path) => truncateSync(path, 0)],
    ['deleted', (path) => rmSync(path)],
    ['noise of the same size', (path) => writeFileSync(path, noise)],
    [
      'a pipe, which nobody writes to',
      (path) => {
        rmSync(path)
        execFileSync('mkfifo', [path])
      },
    ],
    [
      'a symbolic link',
      (path) => {
        rmSync(path)
        symlinkSync('/dev/zero', path)
      },
    ],
  ])('%s: is a miss and events on every path, and its row goes', (_, damage) => {
    for (const read of reads) {
      const { cache, path, types } = withFile()
      damage(path)
      expect(read(cache)).toBeUndefined()
      expect(types()).toContain('corrupt')
      expect([cache.has('a'), cache.size, cache.bytes()]).toEqual([false, 0, 0])
      cache.set('a', 'new')
      expect(cache.check({ verify: true }).problems).toEqual([])
    }
  })

  it('tells which entry it was, and that it was removed', () => {
    const { cache, path, events } = withFile()
    rmSync(path)
    cache.get('a')
    expect(events).toMatchObject([
      { type: 'corrupt', key: 'a' },
      { type: 'repair', key: 'a' },
    ])
    expect(cache.check().problems).toEqual([])
  })

  it('is loaded anew', async () => {
    const { cache, path } = withFile()
    truncateSync(path, 5)
    expect(await cache.load('a', async () => 'loaded')).toBe('loaded')
    expect(cache.get('a')).toBe('loaded')
    expect(cache.check().problems).toEqual([])
  })
})

describe('verify', () => {
  it('first: a file is compared at its first read in the process, and again when it was touched', () => {
    const { cache, path } = withFile({ hot: false, verify: 'first' })
    expect(cache.get('a')).toEqual(Buffer.alloc(100, 'v'))
    writeFileSync(path, noise)
    // With the times set back: the change itself still leaves a trace in the inode.
    utimesSync(path, new Date(0), new Date(0))
    expect(cache.get('a')).toBeUndefined()
    expect(cache.check({ verify: true }).problems).toEqual([])
  })

  it('always: a file is compared at every read', () => {
    const { cache, path } = withFile({ verify: 'always' })
    expect(cache.get('a')).toEqual(Buffer.alloc(100, 'v'))
    writeFileSync(path, noise)
    expect(cache.get('a')).toBeUndefined()
    expect(cache.check({ verify: true }).problems).toEqual([])
  })

  it('never: what lies there is returned, as long as its length is right', () => {
    const { cache, path } = withFile({ hot: false, verify: 'never' })
    const whole = readFileSync(path)
    writeFileSync(path, Buffer.concat([whole.subarray(0, -100), noise]))
    expect(cache.get('a')).toEqual(noise)
    truncateSync(path, 50)
    expect(cache.get('a')).toBeUndefined()
    expect(cache.check().problems).toEqual([])
  })
})

describe('codec', () => {
  const json: Codec = {
    id: 'my-json',
    encode: (value) => Buffer.from(JSON.stringify(value)),
    decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()),
  }

  it('encodes and decodes every value, and its id is listed', () => {
    const cache = openCache({ codec: json, inlineBytes: 100 })
    cache.set('a', { n: 1, u: undefined })
    cache.set('file', 'x'.repeat(1_000))
    expect(cache.get('a')).toEqual({ n: 1 })
    expect(cache.get('file')).toBe('x'.repeat(1_000))
    expect(cache.list().map(({ codec }) => codec)).toEqual(['my-json', 'my-json'])
    expect(Buffer.from(cache.map('a')?.bytes ?? []).toString()).toBe('{"n":1}')
    expect(cache.incr('n')).toBe(1)
    expect(cache.check({ verify: true }).problems).toEqual([])
  })

  it('that is missing when the store is opened again makes misses and events, and loses nothing', () => {
    const cache = openCache({ codec: json, inlineBytes: 10 })
    cache.set('a', { n: 1 })
    cache.set('file', { text: 'x'.repeat(100) })
    cache.close()
    const types: string[] = []
    const without = openCache({ onEvent: ({ type }) => types.push(type) }, cache.directory)
    expect([without.get('a'), without.get('file'), without.pop('missing')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(types.length).toBeGreaterThan(0)
    without.set('plain', 1)
    expect(without.check({ verify: true }).problems).toEqual([])
    without.close()
    const again = openCache({ codec: json }, cache.directory)
    expect(again.get('a')).toEqual({ n: 1 })
    expect(again.get('file')).toEqual({ text: 'x'.repeat(100) })
    expect(again.get('plain')).toBe(1)
  })

  it('that throws at reading makes a miss and an event', () => {
    const types: string[] = []
    const fails: Codec = {
      ...json,
      decode() {
        throw new RangeError('damaged')
      },
    }
    const cache = openCache({ codec: fails, onEvent: ({ type }) => types.push(type) })
    cache.set('a', 1)
    expect(cache.get('a')).toBeUndefined()
    expect([...cache]).toEqual([])
    expect(types).toContain('corrupt')
    expect(cache.check().problems).toEqual([])
  })

  it('that throws at writing stores nothing', () => {
    const refuses: Codec = {
      ...json,
      encode() {
        throw new RangeError('no')
      },
    }
    const cache = openCache({ codec: refuses })
    expect(() => cache.set('a', 1)).toThrow(RangeError)
    expect(cache.size).toBe(0)
    expect(cache.check().problems).toEqual([])
  })
})

describe('bytes in the database that no codec of ours wrote', () => {
  it.each(['number', 'text', 'float64array', 'structured'])(
    'as %s are a miss and an event',
    async (codec) => {
      const types: string[] = []
      const cache = openCache({ hot: false, onEvent: ({ type }) => types.push(type) })
      const values = {
        number: 1,
        text: 'a',
        float64array: new Float64Array(1),
        structured: { a: 1 },
      }
      cache.set('a', values[codec as keyof typeof values])
      const database = await openDatabase(join(cache.directory, 'holdfast.db'))
      database.prepare('UPDATE entries SET value = ?').run(Buffer.from([0xff, 0xfe, 0xfd]))
      database.close()
      expect([cache.get('a'), types.includes('corrupt')]).toEqual([undefined, true])
      expect(cache.size).toBe(0)
      cache.set('a', 'new')
      expect(cache.get('a')).toBe('new')
    },
  )
})
