import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import * as arrow from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { type DiskCacheOptions, encryption, parquet, signing } from '../../src/index.ts'
import { mapsAvailable } from '../../src/util/memory-map.ts'
import { columnValues, sampleTable, textOf } from '../codecs/support/arrow-tables.ts'
import { nodeVersions } from '../support/node-versions.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { transpiled } from '../support/transpiled.ts'
import { openCache } from './support/forms.ts'

const { available, reason } = mapsAvailable()
const maps = describe.skipIf(!available)
if (!available) console.log(`no memory maps here: ${reason}`)

// Large enough to be mapped, by far.
const table = sampleTable(arrow, 3_000)
const text = textOf(table)
const large = Buffer.from(Uint8Array.from({ length: 400_000 }, (_, index) => index * 7))

/** A cache with the table and bytes, both of which are mapped when they are read. */
function filled(options: DiskCacheOptions = {}) {
  const cache = openCache(options)
  cache.set('table', table)
  cache.set('bytes', large)
  return cache
}

function tableOf(cache: ReturnType<typeof filled>, key = 'table'): arrow.Table {
  const found = cache.get(key)
  if (found instanceof arrow.Table) return found
  throw new Error('no table')
}

function bytesOf(cache: ReturnType<typeof filled>, key = 'bytes'): Uint8Array {
  const mapped = cache.map(key)
  if (mapped === undefined) throw new Error('nothing mapped')
  return mapped.bytes
}

function valuesOf(from: arrow.Table, column: string): Float64Array {
  return from.getChild(column)?.data[0]?.values as Float64Array
}

maps('the buffer of what is mapped', () => {
  it('is a SharedArrayBuffer where it is a table, a vector, or bytes as such', () => {
    const cache = filled()
    cache.set('vector', arrow.makeVector(new Uint8Array(large)))
    expect(valuesOf(tableOf(cache), 'float64').buffer).toBeInstanceOf(SharedArrayBuffer)
    const vector = cache.get('vector') as arrow.Vector
    expect(vector.data[0]?.values.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(bytesOf(cache).buffer).toBeInstanceOf(SharedArrayBuffer)
  })

  it.each<[string, unknown]>([
    ['a typed array', new Float64Array(50_000).fill(1.5)],
    ['a Uint8Array', new Uint8Array(large)],
    ['a Buffer', large],
    ['an n-dimensional array', { data: new Float64Array(50_000), shape: [50_000], dtype: 'f8' }],
  ])('is an ArrayBuffer where it is %s', async (_, value) => {
    const cache = openCache()
    cache.set('a', value)
    const found = cache.get('a') as Uint8Array | { data: Uint8Array }
    const array = 'data' in found ? found.data : found
    expect(array.buffer).toBeInstanceOf(ArrayBuffer)
    expect(structuredClone(array).buffer).not.toBe(array.buffer)
    const digest = await crypto.subtle.digest('SHA-256', array as Uint8Array<ArrayBuffer>)
    expect(digest.byteLength).toBe(32)
  })
})

maps('a mapped table', () => {
  it('has all that was stored, whichever way it is asked', () => {
    const found = tableOf(filled())
    expect(textOf(found)).toEqual(text)
    expect(String(found.slice(5, 9))).toBe(String(table.slice(5, 9)))
    expect(found.slice(5, 9).toArray().map(String)).toEqual(table.slice(5, 9).toArray().map(String))
    expect(found.getChild('float64')?.toArray()).toEqual(table.getChild('float64')?.toArray())
    expect(found.select(['list', 'text']).concat(found.select(['list', 'text'])).numRows).toBe(6000)
    for (const format of ['file', 'stream'] as const)
      expect(textOf(arrow.tableFromIPC(arrow.tableToIPC(found, format)))).toEqual(text)
  })

  it.each<[string, DiskCacheOptions]>([
    ['as it is', {}],
    ['compressed', { compress: 'gzip' }],
    ['encrypted', { encrypt: encryption({ keys: [Buffer.alloc(32, 1)] }) }],
    ['signed', { sign: signing({ key: 'ephemeral' }) }],
  ])('can be stored again, whole or a slice: %s', (_, options) => {
    const [cache, other] = [filled(), openCache(options)]
    const found = tableOf(cache)
    for (const to of [cache, other]) {
      to.set('again', found)
      to.set('slice', found.slice(100, 200))
      expect(textOf(tableOf(to, 'again'))).toEqual(text)
      expect(textOf(tableOf(to, 'slice'))).toEqual(textOf(table.slice(100, 200)))
    }
  })

  it('can be stored as Parquet', () => {
    const columns = ['int32', 'float64', 'text', 'list']
    const found = tableOf(filled()).select(columns)
    const cache = openCache({ codec: parquet() })
    cache.set('parquet', found)
    const back = tableOf(cache, 'parquet')
    for (const name of columns)
      expect(columnValues(back.getChild(name))).toEqual(columnValues(found.getChild(name)))
  })

  it('is private: what is written to it stays there', () => {
    const cache = filled()
    const [mine, theirs] = [tableOf(cache), tableOf(cache)]
    valuesOf(mine, 'float64').fill(7)
    expect(textOf(theirs)).toEqual(text)
    expect(textOf(tableOf(cache))).toEqual(text)
  })

  it.each<[string, (cache: ReturnType<typeof filled>) => void]>([
    ['overwritten', (cache) => cache.set('table', 1)],
    ['deleted', (cache) => cache.delete('table')],
    ['in a closed store', (cache) => cache.close()],
    [
      'in a removed directory',
      (cache) => rmSync(cache.directory, { recursive: true, maxRetries: 3 }),
    ],
  ])('stays readable when its entry is %s', (_, change) => {
    const cache = filled({ unlinkDelay: 0 })
    const found = tableOf(cache)
    change(cache)
    expect(textOf(found)).toEqual(text)
  })
})

maps('mapped bytes', () => {
  it('can be hashed, written, compared and decoded', () => {
    const bytes = bytesOf(filled())
    const hash = (of: Uint8Array) => createHash('sha256').update(of).digest('hex')
    expect(hash(bytes)).toBe(hash(large))
    const path = join(temporaryDirectory(), 'written')
    const file = openSync(path, 'w')
    writeSync(file, bytes)
    closeSync(file)
    expect(readFileSync(path).equals(large)).toBe(true)
    expect(large.equals(bytes)).toBe(true)
    expect(new TextDecoder('latin1').decode(bytes)).toBe(new TextDecoder('latin1').decode(large))
  })

  it.each<[string, DiskCacheOptions]>([
    ['as they are', {}],
    ['compressed', { compress: 'gzip' }],
    ['encrypted', { encrypt: encryption({ keys: [Buffer.alloc(32, 1)] }) }],
    ['signed', { sign: signing({ key: 'ephemeral' }) }],
  ])('can be stored again, alone, in part and within others: %s', async (_, options) => {
    const bytes = bytesOf(filled())
    const cache = openCache(options)
    cache.set('alone', bytes)
    await cache.setAsync('later', bytes)
    cache.set('part', bytes.subarray(0, 100))
    cache.set('within', { list: [bytes], map: new Map([['bytes', bytes.subarray(0, 9)]]) })
    cache.set(bytes.subarray(0, 20), 'by key')
    expect(large.equals(cache.get('alone') as Uint8Array)).toBe(true)
    expect(large.equals(cache.get('later') as Uint8Array)).toBe(true)
    expect(cache.get('part')).toEqual(new Uint8Array(large.subarray(0, 100)))
    const within = cache.get('within') as { list: Uint8Array[]; map: Map<string, Uint8Array> }
    expect(large.equals(within.list[0] ?? new Uint8Array())).toBe(true)
    expect(within.map.get('bytes')).toEqual(new Uint8Array(large.subarray(0, 9)))
    expect(cache.get(new Uint8Array(large.subarray(0, 20)))).toBe('by key')
    expect(cache.check({ verify: true }).problems).toEqual([])
  })

  it('can be posted to a thread, which sees the same pages; the file stays as it is', async () => {
    const cache = filled()
    const bytes = bytesOf(cache)
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads')
       parentPort.once('message', (bytes) => {
         const sum = bytes.reduce((a, b) => a + b, 0)
         bytes[0] = 9
         parentPort.postMessage(sum)
       })`,
      { eval: true },
    )
    const answer = new Promise((resolve) => worker.once('message', resolve))
    worker.postMessage(bytes)
    expect(await answer).toBe(large.reduce((a, b) => a + b, 0))
    expect(bytes[0]).toBe(9)
    expect(bytesOf(cache)[0]).toBe(0)
    await worker.terminate()
  })
})

for (const { name, path, missing } of nodeVersions) {
  const hasProc = existsSync('/proc/self/maps')
  if (missing) console.log(missing)
  if (!hasProc) console.log('what is mapped is read from /proc, which is not here')
  maps(`thousands of reads in one turn on ${name}`, () => {
    it.skipIf(missing !== undefined || !hasProc)('give back what they mapped', async () => {
      const program = join(import.meta.dirname, 'programs', 'many-maps.mjs')
      const args = [program, await transpiled('src/index.ts'), temporaryDirectory()]
      type Output = { wrong: number; most: number; rounds: number }
      const output = JSON.parse(execFileSync(path, args, { encoding: 'utf8' })) as Output
      expect(output.wrong).toBe(0)
      expect(output.most).toBeLessThan(output.rounds / 2)
    })
  })
}
