import { once } from 'node:events'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type DiskCacheOptions, encryption } from '../../src/index.ts'
import { valueFiles } from '../support/store-files.ts'
import { openCache } from './support/forms.ts'

const canSee = existsSync('/proc/self/fd')
if (!canSee) console.log('open files are not counted: there is no /proc/self/fd here')

/** Files of the store that this process has open for values. */
function openFiles(directory: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`)
      return path.startsWith(`${directory}/values`) ? [path] : []
    } catch {
      return []
    }
  })
}

const large = Buffer.from(Array.from({ length: 500_000 }, (_, index) => `${index} `).join(''))

describe.runIf(canSee).each<[string, DiskCacheOptions]>([
  ['plain', {}],
  ['compressed', { compress: { algorithm: 'gzip', level: 1 } }],
  ['encrypted', { encrypt: encryption({ keys: [Buffer.alloc(32, 1)] }) }],
])('streams of a store: %s', (_, options) => {
  it('close the file when they are destroyed before anything was read', async () => {
    const cache = openCache(options)
    cache.set('a', large)
    const stream = cache.readStream('a')
    expect(openFiles(cache.directory)).toHaveLength(1)
    stream?.destroy()
    if (stream !== undefined && !stream.closed) await once(stream, 'close')
    expect(openFiles(cache.directory)).toEqual([])
  })

  it('close the file when they are destroyed in the middle, and when they end', async () => {
    const cache = openCache(options)
    cache.set('a', large)
    for await (const chunk of cache.readStream('a') ?? []) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    let size = 0
    for await (const chunk of cache.readStream('a') ?? []) size += chunk.length
    expect(size).toBe(large.length)
    expect(openFiles(cache.directory)).toEqual([])
  })

  it('leave nothing when writing is given up while a piece is compressed', async () => {
    const cache = openCache(options)
    const stream = cache.writeStream('a')
    stream.on('error', () => {})
    stream.write(large)
    stream.destroy()
    await once(stream, 'close')
    // What was going on meanwhile has come to its end as well.
    await cache.setAsync('b', large)
    cache.delete('b')
    expect(cache.has('a')).toBe(false)
    expect(openFiles(cache.directory)).toEqual([])
    expect(valueFiles(cache.directory).length).toBeLessThanOrEqual(1)
    expect(cache.check().ok).toBe(true)
  })
})
