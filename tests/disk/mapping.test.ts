import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type DiskCacheOptions, encryption, type StoreEvent, signing } from '../../src/index.ts'
import { manualClock } from '../../src/testing/index.ts'
import { mapsAvailable } from '../../src/util/memory-map.ts'
import { valueFiles } from '../support/store-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { transpiled } from '../support/transpiled.ts'
import { openCache } from './support/forms.ts'

const canSee = mapsAvailable().available && existsSync('/proc/self/maps')
if (!canSee) console.log('maps are not looked at: there is no koffi or no /proc/self/maps here')

function isMapped(path: string): boolean {
  return readFileSync('/proc/self/maps', 'utf8').includes(path)
}

/** A cache whose value `a` lies in a file, that file, and what the cache tells. */
function stored(value: unknown, options: DiskCacheOptions = {}) {
  const events: StoreEvent[] = []
  const cache = openCache({ onEvent: (event) => events.push(event), ...options })
  cache.set('a', value)
  return { cache, events, path: valueFiles(cache.directory)[0] ?? '' }
}

const numbers = Float64Array.from({ length: 40_000 }, (_, index) => index / 3)
const large = Buffer.alloc(400_000, 'v')

/** `toEqual` looks at each element as at a property, which takes seconds. */
function same(found: unknown, expected: Float64Array): boolean {
  return found instanceof Float64Array && Buffer.compare(bytesOf(found), bytesOf(expected)) === 0
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

describe.runIf(canSee)('which values are mapped', () => {
  it.each<[string, unknown]>([
    ['a typed array', numbers],
    ['a Uint8Array', new Uint8Array(large)],
    ['a Buffer', large],
    ['an n-dimensional array', { data: numbers, shape: [400, 100], dtype: 'float64' }],
  ])('get maps %s of 256 KiB and more', (_, value) => {
    const { cache, path } = stored(value)
    const found = cache.get('a')
    expect(isMapped(path)).toBe(true)
    expect(found).toEqual(value)
  })

  it('get reads smaller ones, and those that are no views of their bytes', () => {
    for (const value of [large.subarray(0, 100_000), 'v'.repeat(400_000), { text: large }]) {
      const { cache, path } = stored(value)
      expect(cache.get('a')).toEqual(value)
      expect(isMapped(path)).toBe(false)
    }
  })

  it('map maps a value of any size and codec that lies in a file', () => {
    const { cache, path } = stored('v'.repeat(1_000), { inlineBytes: 100 })
    const mapped = cache.map('a')
    expect(isMapped(path)).toBe(true)
    expect(Buffer.from(mapped?.bytes ?? []).toString()).toBe('v'.repeat(1_000))
  })

  it.each<[string, DiskCacheOptions]>([
    ['compressed', { compress: { algorithm: 'gzip', level: 1 } }],
    ['encrypted', { encrypt: encryption({ keys: [Buffer.alloc(32, 1)] }) }],
    ['signed', { sign: signing({ key: 'ephemeral' }) }],
  ])('what is %s is read into memory of its own', (_, options) => {
    const { cache, path } = stored(numbers, { inlineBytes: 100, ...options })
    const found = cache.get('a')
    expect(isMapped(path)).toBe(false)
    expect(same(found, numbers)).toBe(true)
    expect(same(cache.get('a'), numbers)).toBe(true)
    expect(Buffer.compare(cache.map('a')?.bytes ?? large, Buffer.from(numbers.buffer))).toBe(0)
  })
})

describe.runIf(canSee)('without koffi', () => {
  it('reads what it cannot map', async () => {
    const programs = join(import.meta.dirname, 'programs')
    const missing = join(import.meta.dirname, '../util/programs/koffi-missing.cjs')
    const program = join(programs, 'without-maps.mjs')
    const args = [
      '--require',
      missing,
      program,
      await transpiled('src/index.ts'),
      temporaryDirectory(),
    ]
    const output = execFileSync(process.execPath, args, { encoding: 'utf8' })
    expect(JSON.parse(output)).toEqual({ sum: 75_000, size: 400_000, isMapped: false })
  })
})

describe('a view of a value file', () => {
  it('is private: what is written to it stays there', () => {
    const { cache, path } = stored(numbers)
    const before = readFileSync(path)
    const mine = cache.get('a') as Float64Array
    const theirs = cache.get('a') as Float64Array
    mine.fill(7)
    expect(same(theirs, numbers)).toBe(true)
    expect(same(cache.get('a'), numbers)).toBe(true)
    expect(before.equals(readFileSync(path))).toBe(true)
  })

  it.each<[string, (of: ReturnType<typeof stored>) => unknown]>([
    ['overwritten', ({ cache }) => cache.set('a', 'other')],
    ['deleted', ({ cache }) => cache.delete('a')],
    ['cleared, and its file unlinked', ({ cache, path }) => [cache.clear(), rmSync(path)]],
    ['in a closed store', ({ cache }) => cache.close()],
    ['in a removed directory', ({ cache }) => rmSync(cache.directory, { recursive: true })],
  ])('stays readable when its entry is %s', (_, change) => {
    const it = stored(numbers, { unlinkDelay: 0 })
    const view = it.cache.get('a') as Float64Array
    const mapped = it.cache.map('a')
    change(it)
    expect(same(view, numbers)).toBe(true)
    expect(mapped?.bytes.byteLength).toBe(numbers.byteLength)
  })

  it('throws when its handle is closed; an array taken before stays', () => {
    const { cache } = stored(large)
    const mapped = cache.map('a')
    const taken = mapped?.bytes ?? new Uint8Array()
    mapped?.close()
    mapped?.close()
    expect(() => mapped?.bytes).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
    expect(large.equals(taken)).toBe(true)
    {
      using scoped = cache.map('a')
      expect(scoped?.size).toBe(large.length)
    }
  })

  it('is a miss for what has expired, is no regular file, or was damaged', async () => {
    const clock = manualClock()
    const timed = stored(large, { clock, ttl: '1s' })
    await clock.advance(1_000)
    expect([timed.cache.get('a'), timed.cache.map('a')]).toEqual([undefined, undefined])
    const victim = stored(large).path
    for (const damage of [
      (path: string) => {
        rmSync(path)
        symlinkSync(victim, path)
      },
      (path: string) => writeFileSync(path, Buffer.alloc(readFileSync(path).length, 1)),
      (path: string) => writeFileSync(path, ''),
    ]) {
      const { cache, path, events } = stored(large)
      damage(path)
      expect(cache.map('a')).toBeUndefined()
      expect(events[0]?.type).toBe('corrupt')
    }
    expect(readFileSync(victim).includes(large)).toBe(true)
  })

  it('a changed byte in its middle is noticed at the first look, and by always at any', () => {
    for (const verify of ['first', 'always', 'never'] as const) {
      const { cache, path } = stored(large, { verify })
      if (verify !== 'first') expect(cache.map('a')?.size).toBe(large.length)
      const bytes = readFileSync(path)
      bytes[200_000] = 1
      writeFileSync(path, bytes)
      expect(cache.map('a') !== undefined, verify).toBe(verify === 'never')
    }
  })

  it('maps an empty value and one that is inline as what they are', () => {
    const cache = openCache({ inlineBytes: 0 })
    cache.set('empty', Buffer.alloc(0))
    cache.set('one', Buffer.from('1'))
    expect(cache.map('empty')?.bytes).toEqual(new Uint8Array(0))
    expect([...(cache.map('one')?.bytes ?? [])]).toEqual([0x31])
    expect(cache.map('none')).toBeUndefined()
  })
})
